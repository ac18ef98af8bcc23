"""The part of the queries with the rows whose values are as long as Azure keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from foundry_telemetry.local.ingest import limits
from foundry_telemetry.local.ingest.column_mapping import MAPPED, POINT, Source

NAME: Final = "long_rows"
"""Of the part, and of the rows."""

_TABLES: Final = ("AppEvents", "AppDependencies", "AppRequests", "AppTraces", "AppExceptions", "AppMetrics")
_THROWN: Final = "OuterMessage"
"""Where the message of an exception stands; ``Message`` may have it too."""

_HEAD: Final = """\
// Which rows have a column, or properties, that may be as long as Azure keeps them?
// Reads: {tables}.
// Sampling: rows as they are stored, after sampling.
//
// Made from foundry_telemetry/local/ingest/limits.py by `python -m dashboards.builder build`; do not edit it.
// `at_limit` names the columns with as many characters as Azure keeps, a blank after each. A row has at
// least as many bytes as characters: so the properties, which take the time, are read of few rows.
"""


def columns() -> Mapping[str, int]:
    """Columns whose values Azure cuts, in order, and how many characters it keeps."""
    found = {
        column: limit
        for mapped in MAPPED
        if mapped.table in _TABLES
        for column, source in mapped.columns.items()
        if (limit := _limit(source))
    }
    return dict(sorted(found.items()))


def _limit(source: Source) -> int | None:
    *above, name = source.path
    return limits.FIELDS.get(name) if above in (["data", "baseData"], [POINT]) else None


def cut_query() -> str:
    """The rows, and how long a property can be."""
    tables, found = ", ".join(_TABLES), columns()
    typed = ", ".join(f"{column}: string" for column in (*found, _THROWN))
    at_limit = ",\n    ".join(_named(column, limit) for column, limit in found.items())
    return (
        f"{_HEAD.format(tables=tables)}let longest_property = {limits.VALUE};\n"
        f"let {NAME} = union withsource=table_name isfuzzy=true {tables},\n"
        f"    (datatable({typed})[])\n"
        f"| where TimeGenerated >= since and TimeGenerated < until\n"
        f"| where isnull(_BilledSize) or _BilledSize >= {min(found.values())}\n"
        f"| extend at_limit = strcat({at_limit})\n"
        f"| where isnotempty(at_limit) or isnull(_BilledSize) or _BilledSize >= longest_property;\n"
    )


def _named(column: str, limit: int) -> str:
    thrown = f" or strlen({_THROWN}) == {limit}" if column == "Message" else ""
    return f"iff(strlen({column}) == {limit}{thrown}, '{column} ', '')"
