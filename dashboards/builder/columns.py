"""Whether the columns that a workbook names are those that its queries give, with the types they must have.

The queries are run on empty tables with the local engine, which needs the extra `local`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from dashboards.builder.visualizations import matched
from foundry_telemetry.kql.parameters import ALL, TimeRange, Value, substitute
from foundry_telemetry.kql.problems import QUERY, Item, Problem, inputs_of, name_of, steps

Columns = Mapping[str, str]
"""Name and DuckDB's type of each column of a result."""

Ask = Callable[[str], Columns]
"""Runs KQL; an error of the engine, which has many kinds, where it does not run."""

_SQL_TYPES: Final = {
    "string": "VARCHAR",
    "datetime": "TIMESTAMP",
    "real": "DOUBLE",
    "long": "BIGINT",
    "int": "INTEGER",
    "bool": "BOOLEAN",
    "dynamic": "JSON",
}
_END: Final = datetime(2026, 1, 2, tzinfo=UTC)
_TIME_INPUT: Final = 4
_NUMBERS: Final = ("BIGINT", "INTEGER", "DOUBLE", "HUGEINT", "DECIMAL")
_TILE_PARTS: Final = ("titleContent", "subtitleContent", "leftContent", "rightContent", "secondaryContent")


def wrong_columns(workbook: Item) -> Iterator[Problem]:
    """Every query that does not run, and every column that a step names and its query does not give.

    Raises:
        ImportError: The extra `local` is not installed.
    """
    ask = engine()
    values = sample_values(workbook)
    for item in steps(workbook):
        for each in inputs_of(item):
            if each.get("query"):
                asked = _asked(ask, each["query"], values, name_of(item))
                if isinstance(asked, Problem):
                    yield asked
        if item.get("type") == QUERY:
            yield from _step(ask, item, values)


def sample_values(workbook: Item) -> dict[str, Value]:
    """A value for each parameter: a day, everything, or no text."""
    values: dict[str, Value] = {}
    for item in steps(workbook):
        content = item.get("content", {})
        values |= {link["cellValue"]: "" for link in content.get("links", ()) if "cellValue" in link}
        if "exportParameterName" in content:
            values[content["exportParameterName"]] = content.get("exportDefaultValue") or ""
        for each in inputs_of(item):
            time = TimeRange(_END - timedelta(days=1), _END, timedelta(minutes=30))
            chosen = ALL if each.get("multiSelect") else str(each.get("value") or "")
            values[each["name"]] = time if each["type"] == _TIME_INPUT else chosen
    return values


def engine() -> Ask:
    """What runs KQL on empty tables, and reports the columns of the answer.

    Raises:
        ImportError: The extra `local` is not installed.
    """
    try:
        import duckdb_kql  # noqa: F401, PLC0415 - an extra

        from foundry_telemetry.local.engine import (  # noqa: PLC0415 - needs the extra
            single_evaluation,
            two_stage_parser,
        )
    except ImportError as error:
        raise ImportError("checking columns needs: pip install 'foundry-telemetry[local]'") from error
    single_evaluation.install()
    two_stage_parser.install()
    return _columns


@cache
def _columns(text: str) -> Columns:
    """Remembered: empty tables stay so, and steps, tabs and artefacts ask much the same."""
    import duckdb_kql  # noqa: PLC0415 - an extra

    answer = duckdb_kql.execute(_workspace().cursor(), text)
    answer.fetchall()
    return {name: str(kind) for name, kind, *_ in answer.description or ()}


@cache
def _workspace() -> Any:
    import duckdb_kql  # noqa: PLC0415 - an extra

    connection = duckdb_kql.connect()
    for statement in empty_tables():
        connection.execute(statement)
    return connection


def empty_tables() -> Iterator[str]:
    """SQL that makes every table of Application Insights, empty."""
    from dashboards.builder.kusto.schema import azure_tables  # noqa: PLC0415 - needs the extra too

    for table, columns in azure_tables().items():
        reported = ", ".join(f'"{name}" {_SQL_TYPES.get(kind, "VARCHAR")}' for name, kind in columns.items())
        yield f'CREATE TABLE "{table}" ({reported})'


def _asked(ask: Ask, query: str, values: Mapping[str, Value], step: str) -> Columns | Problem:
    try:
        return ask(substitute(query, values))
    except Exception as error:  # of the engine, which has many kinds
        return Problem(step, f"the query does not run: {error}")


def _step(ask: Ask, item: Item, values: Mapping[str, Value]) -> Iterator[Problem]:
    content, step = item["content"], name_of(item)
    columns = _asked(ask, content["query"], values, step)
    if isinstance(columns, Problem):
        yield columns
        return
    for place, name in _named(content):
        if name not in columns:
            yield Problem(step, f"{place} names the column {name}; there are {', '.join(columns)}")
    yield from _types(content, columns, step)


def _named(content: Item) -> Iterator[tuple[str, str]]:
    """Where a step names a column, and which."""
    chart, grid, tiles = (content.get(f"{kind}Settings", {}) for kind in ("chart", "grid", "tile"))
    reported = [("xAxis", chart.get("xAxis")), ("group", chart.get("group"))]
    reported += [("yAxis", name) for name in chart.get("yAxis", ())]
    if not chart.get("group"):
        reported += [
            ("seriesLabelSettings", each["seriesName"]) for each in chart.get("seriesLabelSettings", ())
        ]
    rules = grid.get("formatters", ())
    reported += [("formatters", name) for each in rules for name in matched(each["columnMatch"])]
    reported += [("labelSettings", each["columnId"]) for each in grid.get("labelSettings", ())]
    reported += [(part, tiles[part]["columnMatch"]) for part in _TILE_PARTS if part in tiles]
    reported += [("sortCriteriaField", tiles.get("sortCriteriaField"))]
    reported += [("exportFieldName", content.get("exportFieldName"))]
    reported += [("exportedParameters", each["fieldName"]) for each in content.get("exportedParameters", ())]
    yield from ((place, name) for place, name in reported if name)


def _types(content: Item, columns: Columns, step: str) -> Iterator[Problem]:
    chart = content.get("chartSettings", {})
    for name in chart.get("yAxis", ()):
        if not columns.get(name, "BIGINT").startswith(_NUMBERS):
            yield Problem(step, f"yAxis names {name}, which is not a number but {columns[name]}")
    if content.get("timeBrushParameterName") and columns.get(chart.get("xAxis", ""), "") != "TIMESTAMP":
        yield Problem(step, "has a time brush, but the x axis is not a time")
