"""Fields of the ledger event that the rest of a row gives: a row for Azure may leave them out.

Each is a function of its own row, so that a field that is missing and not given by the others stays unknown.
A value that differs from the derived one is written. Whoever reads rows derives what is missing: the typed
view in KQL, the local Azure Monitor in SQL, the demonstration here; all by this one table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.value import OPERATION_PATHS

Properties = Mapping[str, str]
"""Of a row: every value as text."""

_HOST: Final = ".services.ai.azure.com"
_BASE: Final = "/anthropic"
_METHOD: Final = "POST"
_PATHS: Final = {operation: _BASE + end for operation, end in OPERATION_PATHS.items()}


class Derived(NamedTuple):
    """One field, and how it follows."""

    name: str
    value: Callable[[Properties, str], str | None]
    """Of the other properties of the row and its ``ParentId``; ``None`` where they do not give it."""
    kql: str
    """The same in KQL: null or empty where they do not give it; ``{column}`` is one of the typed view's."""
    sql: str
    """The same for DuckDB."""
    why: str
    """Why it is not missed."""


_SHORT: Final = "{cache_write_tokens} - {cache_write_1h_tokens}"
_IS_SPLIT: Final = "{cache_write_1h_tokens} >= 0 and {cache_write_tokens} >= {cache_write_1h_tokens}"
"""Where it is, no difference overflows; one in one row would end a query of DuckDB's with an error."""


def _server(properties: Properties, _: str) -> str | None:
    resource = properties.get(names.RESOURCE)
    return resource + _HOST if resource and not resource.startswith(".") else None


def _cache_write_5m(properties: Properties, _: str) -> str | None:
    all_, hour = (
        properties.get(name, "") for name in (names.CACHE_WRITE_TOKENS, names.CACHE_WRITE_1H_TOKENS)
    )
    is_known = all_.isdecimal() and hour.isdecimal() and int(all_) >= int(hour)
    return str(int(all_) - int(hour)) if is_known else None


def _complete(properties: Properties, _: str) -> str | None:
    return "True" if names.OUTPUT_TOKENS in properties else None


DERIVED: Final = (
    Derived(
        names.CALL_ID,
        lambda _, parent_id: parent_id,
        "{ParentId}",
        "{ParentId}",
        "`ParentId` is the id of the call's span; written where there is none",
    ),
    Derived(
        names.SERVER_ADDRESS,
        _server,
        f'extract("(?s)^[^.].*", 0, strcat({{resource}}, "{_HOST}"))',
        f"CASE WHEN regexp_matches({{resource}}, '^[^.]') THEN {{resource}} || '{_HOST}' END",
        f"`{names.RESOURCE}` and `{_HOST}`; any other host is written",
    ),
    Derived(
        names.URL_TEMPLATE,
        lambda properties, _: _PATHS.get(properties.get(names.OPERATION, "")),
        "case(" + "".join(f'{{operation}} == "{name}", "{path}", ' for name, path in _PATHS.items()) + '"")',
        "CASE {operation} "
        + " ".join(f"WHEN '{name}' THEN '{path}'" for name, path in _PATHS.items())
        + " END",
        f"`{_BASE}` and the path of `{names.OPERATION}`; any other path is written",
    ),
    Derived(
        names.METHOD,
        lambda properties, _: _METHOD if names.OPERATION in properties else None,
        f'iff(isempty({{operation}}), "", "{_METHOD}")',
        f"CASE WHEN {{operation}} <> '' THEN '{_METHOD}' END",
        f"`{_METHOD}`, where there is a `{names.OPERATION}`; any other method is written",
    ),
    Derived(
        names.CACHE_WRITE_5M_TOKENS,
        _cache_write_5m,
        f"iff({_IS_SPLIT}, {_SHORT}, long(null))",
        f"CASE WHEN {_IS_SPLIT} THEN {_SHORT} END",
        f"`{names.CACHE_WRITE_TOKENS}` without `{names.CACHE_WRITE_1H_TOKENS}`; any other is written",
    ),
    Derived(
        names.USAGE_COMPLETE,
        _complete,
        "iff(isnotnull({output_tokens}), true, bool(null))",
        "CASE WHEN {output_tokens} IS NOT NULL THEN TRUE END",
        f"`{names.OUTPUT_TOKENS}` is only there when final; `False` is written",
    ),
)
"""Every such field; none is made of another of them."""

BY_NAME: Final = {derived.name: derived for derived in DERIVED}
"""Each by its name."""


def restored(properties: Properties, parent_id: str) -> dict[str, str]:
    """The properties of a ledger row, with those that it leaves out."""
    found = {derived.name: derived.value(properties, parent_id) for derived in DERIVED}
    return {name: value for name, value in found.items() if value} | dict(properties)
