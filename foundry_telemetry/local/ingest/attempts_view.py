# ruff: noqa: S608 - every name in this SQL is one of our own tables
"""The typed view of the ledger as SQL over what the store keeps of it: by one road, or by all of them.

The rule by which an attempt counts once is that of ``docs/concepts/roads.md``. To go by it in every query
would group all attempts each time; only hours in which one came more than once need it, and `repeated_hours`
finds these, once for as long as no rows come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from foundry_telemetry.kql import files, view
from foundry_telemetry.kql.roads import DIRECT, OTHERS, ROADS, Road
from foundry_telemetry.kql.tables import STORED, quoted, stored_table
from foundry_telemetry.local.ingest.row_builder import AT_ONCE, HIDDEN, LEDGER_EVENT, TAGS
from foundry_telemetry.schema.value import EVENT_NAME

_ALL_ROADS: Final = f"{STORED}.attempts_by_road"
"""The same view over all roads, an attempt as often as it came: no query can name it."""

_RANK: Final = "road"
_HOUR: Final = "date_trunc('hour', \"TimeGenerated\")"
_KEY: Final = "coalesce(nullif(call_id, ''), CAST(\"TimeGenerated\" AS VARCHAR)), attempt_number"
"""What tells attempts apart, as in `foundry_telemetry.kql.roads`."""

_IS_DIRECT: Final = f'"Name" = {quoted(EVENT_NAME)}'


def one_road_ddl(plain: Mapping[str, str]) -> str:
    """SQL that creates the typed view of what came by the Azure exporter: its KQL's columns, and `TAGS`.

    Args:
        plain: The columns of AppEvents, each with the SQL that gives it.
    """
    return f'CREATE OR REPLACE VIEW "{files.VIEW}" AS {_select(DIRECT, plain, ())}'


def all_roads_ddl(plain: Mapping[str, Mapping[str, str]]) -> str:
    """SQL that creates the same over all roads.

    Args:
        plain: By table, as in `one_road_ddl`.
    """
    parts = (_select(road, plain[road.table], (f'{road.rank.sql} AS "{_RANK}"',)) for road in ROADS)
    return f"CREATE OR REPLACE VIEW {_ALL_ROADS} AS {' UNION ALL '.join(parts)}"


def other_roads() -> str:
    """A query for whether a ledger event came by another road than the Azure exporter of a service."""
    parts = [f'SELECT 1 FROM {stored_table(road.table)} WHERE "{LEDGER_EVENT}"' for road in OTHERS]
    without_role = f"{_IS_DIRECT} AND \"AppRoleName\" = ''"
    parts.append(f"SELECT 1 FROM {stored_table(DIRECT.table)} WHERE {without_role}")
    return f"SELECT {' OR '.join(f'EXISTS ({part})' for part in parts)}"


def repeated_hours() -> str:
    """A query for the hours with an attempt that has another row."""
    return (
        f"WITH keyed AS (SELECT {_HOUR} AS hour, hash({_KEY}) AS key FROM {_ALL_ROADS}), "
        "repeated AS (SELECT key FROM keyed GROUP BY key HAVING count(*) > 1) "
        "SELECT DISTINCT hour FROM keyed WHERE key IN (SELECT key FROM repeated)"
    )


def attempts(database: str, columns: Sequence[str], where: str, repeated: Iterable[datetime] | None) -> str:
    """SQL of the attempts, each once.

    Args:
        database: Its name, quoted.
        columns: What to select of the typed view, as SQL.
        where: A condition with its ``WHERE``, or nothing.
        repeated: What `repeated_hours` found; ``None`` where `other_roads` said no.
    """
    shown = ", ".join(columns)
    if repeated is None:
        return f"SELECT {shown} FROM {database}.main.{files.VIEW}{where}"
    source = f"{database}.{_ALL_ROADS}"
    hours = ", ".join(f"TIMESTAMP '{hour}'" for hour in repeated)
    if not hours:
        return f"SELECT {shown} FROM {source}{where}"
    once = (
        f"SELECT * FROM {source} WHERE {_HOUR} IN ({hours}) "
        f'QUALIFY row_number() OVER (PARTITION BY {_KEY} ORDER BY "{_RANK}") = 1'
    )
    return (
        f"SELECT {shown} FROM (SELECT * FROM {source} WHERE {_HOUR} NOT IN ({hours}) UNION ALL {once}){where}"
    )


def _select(road: Road, plain: Mapping[str, str], more: Sequence[str]) -> str:
    values = {column.name: f'"{name}"' for name, column in HIDDEN.items()}
    for column in view.COLUMNS:
        if column.key is None:
            taken = road.columns.get(column.name)
            values[column.name] = taken.sql if taken else plain[column.name]
    columns = [f'{_shown(column, values)} AS "{column.name}"' for column in view.COLUMNS]
    where = _IS_DIRECT if road is DIRECT else f'"{LEDGER_EVENT}"'
    listed = ", ".join((*columns, f'"{TAGS}"', *more))
    return f"SELECT {listed} FROM {stored_table(road.table)} WHERE {where}"


def _shown(column: view.Column, values: Mapping[str, str]) -> str:
    return values[column.name] if column.name in AT_ONCE else column.whole(values)
