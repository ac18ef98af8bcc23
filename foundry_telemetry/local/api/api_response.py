"""Answers in the JSON of the Log Analytics query API, as ``azure-monitor-query`` reads it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

import msgspec

from foundry_telemetry.kql.lexer import tokens
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.query import Table

_Column = Sequence[Any]

_RENDERED: Final[Mapping[str, object]] = {
    "visualization": None,
    "title": None,
    "accumulate": False,
    "isQuerySorted": False,
    "kind": None,
    "legend": None,
    "series": None,
    "yMin": "NaN",
    "yMax": "NaN",
    "xAxis": None,
    "xColumn": None,
    "xTitle": None,
    "yAxis": None,
    "yColumns": None,
    "ySplit": None,
    "yTitle": None,
    "anomalyColumns": None,
}
_PROPERTIES: Final = {name.lower(): name for name in _RENDERED}


def encode(table: Table, *, statistics: bool = False, render: bool = False) -> bytes:
    """The body of a 200.

    Args:
        table: What `Query.run` gave. Omitted rows are reported as Azure does: as a partial error.
        statistics: Whether to report the execution time and the size.
        render: Whether to report the query's ``render``.
    """
    return msgspec.json.encode(document(table, statistics=statistics, render=render))


def document(table: Table, *, statistics: bool = False, render: bool = False) -> Mapping[str, object]:
    """The same before it is encoded."""
    columns = [{"name": name, "type": kind} for name, kind in table.columns]
    rows = msgspec.Raw(msgspec.json.encode(_written(table)))
    answer: dict[str, object] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": rows}]}
    if statistics:
        size = {"tableRowCount": len(table.rows), "tableSize": len(bytes(rows))}
        answer["statistics"] = {"query": {"executionTime": table.seconds, "datasetStatistics": [size]}}
    if render:
        answer["render"] = rendered(table.kql)
    if table.cut is not None:
        inner = {"code": "-2133196797", "message": table.cut, "severity": 2, "severityName": "Error"}
        detail = {"code": "EngineError", "message": table.cut, "innererror": inner}
        answer["error"] = {"code": "PartialError", "message": table.cut, "details": [detail]}
    return answer


def encode_error(error: QueryError) -> bytes:
    """The body of an answer with the error's `status`."""
    return msgspec.json.encode(error_document(error))


def error_document(error: QueryError) -> Mapping[str, object]:
    """The same before it is encoded."""
    inner = {
        "code": error.reason,
        "message": error.message,
        "line": error.line,
        "pos": error.position,
        "token": error.construct,
    }
    known = {name: value for name, value in inner.items() if value is not None}
    return {"error": {"code": error.code, "message": error.message, "innererror": known}}


def rendered(kql: str) -> Mapping[str, object]:
    """The last ``render`` of a text, by the names of the API."""
    words = [token.text for token in tokens(kql)]
    starts = [index for index in range(len(words) - 1) if words[index : index + 2] == ["|", "render"]]
    if not starts:
        return _RENDERED
    words = words[starts[-1] + 2 :]
    requested: dict[str, object] = {"visualization": words[0] if words else None}
    for name, sign, value in zip(words, words[1:], words[2:], strict=False):
        if sign == "=" and name.lower() in _PROPERTIES:
            requested[_PROPERTIES[name.lower()]] = value.strip("@\"'")
    return {**_RENDERED, **requested}


def _written(table: Table) -> Iterable[object]:
    """The rows with every value as Azure writes it."""
    writers = [_WRITERS.get(kind) for _, kind in table.columns]
    if not any(writers):
        return table.rows
    columns: Iterable[_Column] = zip(*table.rows, strict=True)
    written = [writer(column) if writer else column for writer, column in zip(writers, columns, strict=False)]
    return list(zip(*written, strict=True))


def _texts(column: _Column) -> _Column:
    """KQL's text is never null."""
    return [value or "" for value in column] if None in column else column


def _instants(column: _Column) -> _Column:
    return [None if value is None else _instant(value) for value in column]


def _instant(value: date) -> str:
    """With a ``Z``, and no more places of a second than it has."""
    text = value.isoformat() if isinstance(value, datetime) else f"{value.isoformat()}T00:00:00"
    return f"{text.rstrip('0') if '.' in text else text}Z"


def _numbers(column: _Column) -> _Column:
    """JSON has no word for what is no number."""
    return [
        value if value is None or math.isfinite(value) else _NO_NUMBERS[str(float(value))] for value in column
    ]


_NO_NUMBERS: Final = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def _durations(column: _Column) -> _Column:
    return [None if value is None else duration(value) for value in column]


def duration(value: timedelta) -> str:
    """A timespan as .NET writes it: ``[-][d.]hh:mm:ss[.fffffff]``."""
    micros = value // timedelta(microseconds=1)
    sign = "-" if micros < 0 else ""
    seconds, fraction = divmod(abs(micros), 1_000_000)
    days, seconds = divmod(seconds, 86_400)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{sign}{f'{days}.' if days else ''}{clock}{f'.{fraction:06}0' if fraction else ''}"


def _dynamics(column: _Column) -> _Column:
    return [None if value in (None, "null") else _dynamic(value) for value in column]


def _dynamic(value: object) -> str:
    """JSON text; a text alone stands without its quotes."""
    if not isinstance(value, str):
        return msgspec.json.encode(value).decode()
    return str(msgspec.json.decode(value)) if value.startswith('"') else value


def _decimals(column: _Column) -> _Column:
    """Without the zeros that the database's fixed number of places adds."""
    return [None if value is None else f"{value.normalize():f}" for value in column]


def _plain(column: _Column) -> _Column:
    return [None if value is None else str(value) for value in column]


_WRITERS: Final[Mapping[str, Callable[[_Column], _Column]]] = {
    "string": _texts,
    "datetime": _instants,
    "real": _numbers,
    "timespan": _durations,
    "dynamic": _dynamics,
    "decimal": _decimals,
    "guid": _plain,
}
"""How a column's values are written; those of other types go as they are."""
