"""Functions of dynamic arrays and property bags, as SQL templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.local.engine.language.refusals import refusal
from foundry_telemetry.local.engine.language.templates import BAG, LIST, NO_BAG, TEXTS, bound

MOST_ELEMENTS: Final = 1_048_576
"""Elements that a dynamic array of Kusto has at most."""

MOST_LISTED: Final = 10_000_000
"""Elements that a step may look at, if it looks at all of them again for each."""
_TOO_LARGE: Final = refusal("'array_split' has too many places for an array of this length.")
_MOST_REPEATED: Final = 10_000
_LONGEST: Final = 250_000
"""Elements and characters of an array that is made of one value: the database makes those of two thousand
rows at a time, and does not count them."""
_TOO_LONG: Final = refusal(f"'repeat' gives at most {_LONGEST:,} characters here.")
_TOO_MANY: Final = refusal(f"'repeat' gives at most {_MOST_REPEATED:,} elements here.")
_NO_PATH: Final = refusal("A JSON path is not supported here: name a property of the bag itself.")
_KEYS: Final = TEXTS.format(LIST.format("{1}"))

_REMOVED: Final = bound(
    f"CASE WHEN list_bool_or(list_transform(_b.k, lambda _k: starts_with(_k, '$'))) THEN {_NO_PATH} "
    "WHEN _b.m IS NOT NULL THEN to_json(map_from_entries(list_filter(map_entries(_b.m), "
    "lambda _e: NOT list_contains(_b.k, _e.key)))) END",
    m=BAG.format("{0}"),
    k=_KEYS,
)
_SET: Final = bound(
    f"CASE WHEN starts_with(_b.k, '$') THEN {_NO_PATH} "
    "WHEN _b.m IS NOT NULL THEN to_json(map_concat(_b.m, MAP([_b.k], [_b.v]))) END",
    m=BAG.format("{0}"),
    k="CAST({1} AS VARCHAR)",
    v="to_json({2})",
)
_HAS: Final = bound(
    "CASE WHEN json_type(_b.j) <> 'OBJECT' THEN FALSE WHEN starts_with(_b.k, '$') "
    "THEN json_exists(_b.j, _b.k) ELSE list_contains(json_keys(_b.j), _b.k) END",
    j="to_json({0})",
    k="CAST({1} AS VARCHAR)",
)
_TURNED: Final = bound(
    "to_json(list_concat(_b.l[_b.n + 1:], _b.l[1:_b.n]))",
    l=LIST.format("{0}"),
    n="(({sign}CAST({1} AS BIGINT)) % greatest(len(" + LIST.format("{0}") + "), 1) "
    "+ greatest(len(" + LIST.format("{0}") + "), 1)) % greatest(len(" + LIST.format("{0}") + "), 1)",
)
_SHIFTED: Final = bound(
    "to_json(CASE WHEN _b.n >= 0 THEN list_resize(_b.l[_b.n + 1:], len(_b.l), _b.f) "
    "ELSE list_concat(list_resize(_b.l[:0], least(-_b.n, len(_b.l)), _b.f), "
    "_b.l[:greatest(len(_b.l) + _b.n, 0)]) END)",
    l=LIST.format("{0}"),
    n="{sign}CAST({1} AS BIGINT)",
    f="{fill}",
)
_CUT: Final = bound(
    f"CASE WHEN len(_b.i) * len(_b.l) > {MOST_LISTED} THEN {_TOO_LARGE} ELSE to_json("
    "list_transform(range(len(_b.i) + 1), lambda _n: _b.l[coalesce(CASE WHEN _n = 0 THEN 0 "
    "ELSE _b.i[_n] END, 0) + 1 : "
    "coalesce(CASE WHEN _n = len(_b.i) THEN len(_b.l) ELSE _b.i[_n + 1] END, 0)])) END",
    l=LIST.format("{0}"),
    i="list_transform(CASE WHEN json_type(to_json({1})) = 'ARRAY' THEN "
    + LIST.format("{1}")
    + " ELSE [to_json({1})] END, lambda _p: CASE WHEN CAST(_p AS BIGINT) < 0 THEN greatest(len("
    + LIST.format("{0}")
    + ") + CAST(_p AS BIGINT), 0) ELSE CAST(_p AS BIGINT) END)",
)


_FILL: Final = "to_json({2})"

_REPEATED: Final = bound(
    f"CASE WHEN _b.n > {_MOST_REPEATED} THEN {_TOO_MANY} "
    f"WHEN strlen(CAST(_b.v AS VARCHAR)) * _b.n > {_LONGEST} "
    f"THEN {_TOO_LONG} ELSE to_json(list_resize([_b.v], greatest(_b.n, 0), _b.v)) END",
    v="{0}",
    n="CAST({1} AS BIGINT)",
)
_SORTED: Final = bound(
    "CASE WHEN _b.l IS NOT NULL THEN to_json(list_concat(list_transform({sort}(list_transform("
    "list_filter(_b.l, lambda _e: coalesce(json_type(_e), 'NULL') <> 'NULL'), lambda _e: struct_pack("
    "n := CASE WHEN json_type(_e) IN ('BIGINT', 'UBIGINT', 'DOUBLE') THEN CAST(_e AS DOUBLE) END, "
    "t := _e ->> '$', v := _e))), lambda _s: _s.v), "
    "list_filter(_b.l, lambda _e: coalesce(json_type(_e), 'NULL') = 'NULL'))) END",
    l=LIST.format("{0}"),
)
"""Numbers by their size, texts by their characters, and nulls last, whichever the order."""

DYNAMIC_FUNCTIONS: Final[Mapping[tuple[str, int], str]] = {
    ("array_sort_asc", 1): _SORTED.replace("{sort}", "list_sort"),
    ("array_sort_desc", 1): _SORTED.replace("{sort}", "list_reverse_sort"),
    ("bag_keys", 1): "CASE WHEN json_type(to_json({0})) = 'OBJECT' THEN to_json(json_keys(to_json({0}))) END",
    ("bag_has_key", 2): _HAS,
    ("bag_remove_keys", 2): _REMOVED,
    ("bag_set_key", 3): _SET,
    ("array_rotate_left", 2): _TURNED.replace("{sign}", ""),
    ("array_rotate_right", 2): _TURNED.replace("{sign}", "-"),
    ("array_shift_left", 2): _SHIFTED.replace("{sign}", "").replace("{fill}", "CAST('null' AS JSON)"),
    ("array_shift_right", 2): _SHIFTED.replace("{sign}", "-").replace("{fill}", "CAST('null' AS JSON)"),
    ("array_shift_left", 3): _SHIFTED.replace("{sign}", "").replace("{fill}", _FILL),
    ("array_shift_right", 3): _SHIFTED.replace("{sign}", "-").replace("{fill}", _FILL),
    ("array_index_of", 2): f"CAST(coalesce(list_position({LIST.format('{0}')}, "
    "CAST(to_json({1}) AS JSON)) - 1, -1) AS BIGINT)",
    ("array_split", 2): _CUT,
    ("repeat", 2): _REPEATED,
    ("isarray", 1): "coalesce(json_type(to_json({0})) = 'ARRAY', FALSE)",
}
"""By name and number of arguments."""


def merged_bags(bags: list[str]) -> str:
    """``bag_merge``: the value of the first bag that has a property."""
    maps = ", ".join(f"coalesce({BAG.format(bag)}, {NO_BAG})" for bag in reversed(bags))
    return f"to_json(map_concat({maps}))"


_MOST_ORDERED: Final = 2_000
"""Elements of a set that stay in the order in which they came; a larger set has none, as in Kusto."""


def _distinct(elements: str) -> str:
    return bound(
        f"CASE WHEN len(_b.l) > {_MOST_ORDERED} THEN list_distinct(_b.l) ELSE "
        "list_filter(_b.l, lambda _e, _i: list_position(_b.l, _e) = _i) END",
        l=elements,
    )


def combined_sets(name: str, sets: list[str]) -> str:
    """``set_union``, ``set_intersect`` and ``set_difference`` of arrays."""
    lists = [LIST.format(one) for one in sets]
    if name == "set_union":
        return f"to_json({_distinct('list_concat(' + ', '.join(lists) + ')')})"
    result = _distinct(lists[0])
    negated = "NOT " if name == "set_difference" else ""
    for index, other in enumerate(lists[1:]):
        result = f"list_filter({result}, lambda _s{index}: {negated}list_contains({other}, _s{index}))"
    return f"to_json({result})"
