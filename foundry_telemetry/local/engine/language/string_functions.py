"""Functions of texts, as SQL templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.local.engine.language.refusals import refusal
from foundry_telemetry.local.engine.language.templates import LIST, TEXTS, bound

_PIECES: Final = (
    "array_to_string(list_transform(str_split(url_encode(CAST({0} AS VARCHAR)), '%'), lambda _p, _i: "
    "CASE WHEN _i = 1 THEN _p ELSE lower(_p[1:2]) || _p[3:] END), '%')"
)
_KEPT: Final = {"%21": "!", "%2a": "*", "%28": "(", "%29": ")", "~": "%7e"}
"""What .NET leaves as it is, and what DuckDB leaves."""


_LONGEST_ENCODED: Final = 50_000
_TOO_LONG: Final = refusal(f"'url_encode' takes at most {_LONGEST_ENCODED:,} characters.")


def _encoded(space: str) -> str:
    sql = f"CASE WHEN strlen(CAST({{0}} AS VARCHAR)) > {_LONGEST_ENCODED} THEN {_TOO_LONG} ELSE {_PIECES} END"
    for code, character in {**_KEPT, "%20": space}.items():
        sql = f"replace({sql}, '{code}', '{character}')"
    return sql


_CODEPOINTS: Final = (
    "to_json(list_transform(regexp_extract_all(CAST({0} AS VARCHAR), '(?s).'), lambda _c: unicode(_c)))"
)
_SPLIT_AT: Final = bound(
    "CASE WHEN _b.i < 0 OR _b.i >= len(_b.parts) THEN CAST('[]' AS JSON) "
    "ELSE to_json([_b.parts[_b.i + 1]]) END",
    parts="str_split({0}, {1})",
    i="CAST({2} AS BIGINT)",
)
_INDEX_FROM: Final = bound(
    "CASE WHEN _b.f > len(_b.t) THEN -1 WHEN position(_b.n IN _b.t[_b.f + 1:]) = 0 THEN -1 "
    "ELSE position(_b.n IN _b.t[_b.f + 1:]) - 1 + _b.f END",
    t="CAST({0} AS VARCHAR)",
    n="CAST({1} AS VARCHAR)",
    f="CASE WHEN CAST({2} AS BIGINT) < 0 THEN greatest(len(CAST({0} AS VARCHAR)) + CAST({2} AS BIGINT), 0) "
    "ELSE CAST({2} AS BIGINT) END",
)
_JSON_SCALAR: Final = "coalesce(json_extract_string(TRY_CAST({1} AS JSON), {0}), '')"
_PARSED: Final = (
    "coalesce(TRY_CAST({0} AS JSON), CASE WHEN typeof({0}) = 'VARCHAR' "
    "THEN to_json(nullif(CAST({0} AS VARCHAR), '')) END)"
)
_FILLED: Final = "(coalesce(CAST({0} AS VARCHAR), '') <> '')"
_UNITS: Final = ("Bytes", "KB", "MB", "GB", "TB", "PB", "EB")
_FIT: Final = "least(CAST(floor(log2(greatest(abs(_b.n), 1)) / 10) AS BIGINT), 6)"
_BYTES: Final = bound(
    f"list_transform([{_FIT}], lambda _u: regexp_replace(regexp_replace(CAST(round(_b.n / pow(1024, _u), "
    f"CAST({{places}} AS INTEGER)) AS VARCHAR), '(\\.[0-9]*?)0+$', '\\1'), '\\.$', '') || ' ' "
    f"|| {list(_UNITS)!r}[_u + 1])[1]",
    n="CAST({0} AS DOUBLE)",
)
_VERSION: Final = bound(
    "CASE WHEN len(_b.p) BETWEEN 1 AND 4 AND list_bool_and(list_transform(_b.p, lambda _n: "
    "TRY_CAST(_n AS BIGINT) IS NOT NULL)) THEN list_sum(list_transform([1, 2, 3, 4], lambda _i: "
    "coalesce(CAST(TRY_CAST(_b.p[_i] AS BIGINT) AS HUGEINT), 0) "
    "* CAST(pow(10, 8 * (4 - _i)) AS HUGEINT))) END",
    p="str_split(CAST({0} AS VARCHAR), '.')",
)

STRING_FUNCTIONS: Final[Mapping[tuple[str, int], str]] = {
    ("strcmp", 2): "CAST(CASE WHEN {0} < {1} THEN -1 WHEN {0} > {1} THEN 1 ELSE 0 END AS BIGINT)",
    ("url_encode", 1): _encoded("+"),
    ("url_encode_component", 1): _encoded("%20"),
    ("isempty", 1): "(coalesce(CAST({0} AS VARCHAR), '') = '')",
    ("isnotempty", 1): _FILLED,
    ("notempty", 1): _FILLED,
    ("string_size", 1): "CAST(strlen(CAST({0} AS VARCHAR)) AS BIGINT)",
    ("base64_encode_tostring", 1): "to_base64(encode(CAST({0} AS VARCHAR)))",
    ("base64_encodestring", 1): "to_base64(encode(CAST({0} AS VARCHAR)))",
    # The database has a capital for ß, .NET has none.
    ("toupper", 1): "translate(upper(translate({0}, 'ß', chr(1))), chr(1), 'ß')",
    ("isascii", 1): "regexp_full_match(CAST({0} AS VARCHAR), '[\\x00-\\x7F]*')",
    ("isutf8", 1): "({0} IS NOT NULL)",
    ("split", 2): "to_json(str_split(coalesce({0}, ''), {1}))",
    ("split", 3): _SPLIT_AT,
    ("indexof", 3): _INDEX_FROM,
    ("unicode_codepoints_from_string", 1): _CODEPOINTS,
    ("to_utf8", 1): _CODEPOINTS,
    ("make_string", 1): f"array_to_string(list_transform({LIST.format('{0}')}, lambda _c: "
    "chr(CAST(_c AS INTEGER))), '')",
    ("unicode_codepoints_to_string", 1): f"array_to_string(list_transform({LIST.format('{0}')}, lambda _c: "
    "chr(CAST(_c AS INTEGER))), '')",
    ("extract_json", 2): _JSON_SCALAR,
    ("extractjson", 2): _JSON_SCALAR,
    ("parse_json", 1): _PARSED,
    ("parsejson", 1): _PARSED,
    ("todynamic", 1): _PARSED,
    ("toobject", 1): _PARSED,
    ("tohex", 1): "lower(printf('%x', CAST({0} AS BIGINT)))",
    ("parse_version", 1): _VERSION,
    ("format_bytes", 1): _BYTES.replace("{places}", "0"),
    ("format_bytes", 2): _BYTES.replace("{places}", "{1}"),
    ("has_any_index", 2): f"CAST(coalesce(list_position(list_transform({TEXTS.format(LIST.format('{1}'))}, "
    "lambda _w: regexp_matches(CAST({0} AS VARCHAR), '(?i)(^|[^\\pL\\pN])' || regexp_escape(_w) || "
    "'($|[^\\pL\\pN])')), TRUE), 0) - 1 AS BIGINT)",
    ("parse_csv", 1): "CASE WHEN contains({0}, '\"') THEN "
    + refusal("'parse_csv' with quoted fields is not supported: write split(x, ',').")
    + " ELSE to_json(str_split(regexp_extract({0}, '^[^\\r\\n]*'), ',')) END",
}
"""By name and number of arguments."""
