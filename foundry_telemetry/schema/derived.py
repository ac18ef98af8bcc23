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


def _server(properties: Properties, _: str) -> str | None:
    resource = properties.get(names.RESOURCE)
    return resource and resource + _HOST


def _operation(properties: Properties, _: str) -> str | None:
    path = properties.get(names.URL_TEMPLATE, "")
    return next((operation for operation, end in OPERATION_PATHS.items() if path.endswith(end)), None)


def _uncached(properties: Properties, _: str) -> str | None:
    total, cached = properties.get(names.INPUT_TOKENS, ""), properties.get(names.CACHE_READ_TOKENS, "0")
    if not (total.isdecimal() and cached.isdecimal()):
        return None
    return str(int(total) - int(cached))


def _cache_write(properties: Properties, _: str) -> str | None:
    short, long = (
        properties.get(names.CACHE_WRITE_5M_TOKENS, ""),
        properties.get(names.CACHE_WRITE_1H_TOKENS, ""),
    )
    return str(int(short) + int(long)) if short.isdecimal() and long.isdecimal() else None


def _complete(properties: Properties, _: str) -> str | None:
    return "True" if names.OUTPUT_TOKENS in properties else None


def _long(real: str) -> str:
    """DuckDB's expression for KQL's ``tolong``: it cuts off, and stops at the ends of 64 bits.

    Counts are below 2**51, so sums are exact as floats. Sums of integers would end a query with an error for
    one row that somebody else wrote.
    """
    return (
        f"CASE WHEN {real} >= 9223372036854775807::DOUBLE THEN 9223372036854775807 "
        f"WHEN {real} <= -9223372036854775808::DOUBLE THEN (-9223372036854775808)::BIGINT "
        f"ELSE trunc({real})::BIGINT END"
    )


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
        f'iff(isempty({{resource}}), "", strcat({{resource}}, "{_HOST}"))',
        f"nullif({{resource}}, '') || '{_HOST}'",
        f"`{names.RESOURCE}` and `{_HOST}`; any other host is written",
    ),
    Derived(
        names.OPERATION,
        _operation,
        "case("
        + "".join(f'{{path}} endswith_cs "{end}", "{name}", ' for name, end in OPERATION_PATHS.items())
        + '"")',
        "CASE "
        + " ".join(
            f"WHEN ends_with({{path}}, '{end}') THEN '{name}'" for name, end in OPERATION_PATHS.items()
        )
        + " END",
        f"the end of `{names.URL_TEMPLATE}` names it",
    ),
    Derived(
        names.UNCACHED_TOKENS,
        _uncached,
        "tolong(todouble({input_tokens}) - coalesce(todouble({cache_read_tokens}), 0.0))",
        _long("{input_tokens}::DOUBLE - coalesce({cache_read_tokens}::DOUBLE, 0)"),
        f"`{names.INPUT_TOKENS}` without `{names.CACHE_READ_TOKENS}`",
    ),
    Derived(
        names.CACHE_WRITE_TOKENS,
        _cache_write,
        "tolong(todouble({cache_write_5m_tokens}) + todouble({cache_write_1h_tokens}))",
        _long("{cache_write_5m_tokens}::DOUBLE + {cache_write_1h_tokens}::DOUBLE"),
        f"the sum of `{names.CACHE_WRITE_5M_TOKENS}` and `{names.CACHE_WRITE_1H_TOKENS}`; another is written",
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
