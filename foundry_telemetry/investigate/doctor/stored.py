"""What the workspace has: which services report calls, what is dropped on the way, how far back it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from foundry_telemetry.ingestion import access_token
from foundry_telemetry.investigate.doctor import content, table_plans, texts
from foundry_telemetry.investigate.doctor.exporting import ingestion_endpoint
from foundry_telemetry.investigate.doctor.finding import (
    Finding,
    Scene,
    State,
    failure,
    ok,
    skipped,
    warning,
)
from foundry_telemetry.investigate.formatting import many, percent
from foundry_telemetry.investigate.texts import ATTEMPT
from foundry_telemetry.kql import compose, roads

Row = Mapping[str, Any]
Ask = Callable[[str], list[Row]]
"""Answers KQL."""

_TIMES: Final = {"{TimeRange:start}": "ago(1d)", "{TimeRange:end}": "now()"}
"""What stands in the queries for the time that the workbook shows, and the last day in its place."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_MOST: Final = 10
"""Services that are shown."""
_WEEK: Final = 7
_MONTH: Final = 30
"""Days that the template keeps every table at least, and that the screens compare with."""
_FINE: Final = 10_000
"""Parts of a percent."""
_HEALTHY: Final[tuple[State, str, str | None]] = ("ok", texts.HEALTHY, None)
_STATES: Final[Mapping[str, tuple[State, str, str | None]]] = {
    "no_ledger": ("failure", texts.NO_LEDGER_EVENTS, texts.FIX_NO_LEDGER_EVENTS),
    "dropping": ("warning", texts.ITEMS_DROPPED, texts.FIX_DROPPED),
    "drops_not_counted": ("ok", texts.NOT_COUNTED_SERVICE, None),
    "idle": ("ok", texts.IDLE, None),
    "no_heartbeat": ("warning", texts.SILENT, texts.FIX_SILENT),
}
"""By the state that the query gives: how it is, its words and its fix."""
_SHOW_RETENTION: Final = (
    "az monitor log-analytics workspace table show -g <resource-group> --workspace-name <workspace> "
    "-n {table} --query retentionInDays"
)
AGE_UNKNOWN: Final = "age of the oldest row unknown"
RETENTION_ENOUGH: Final = "{table}: {age}; retention of at least {days}"
_ANY_ROW: Final = "{rows} | where TimeGenerated > ago(30d) | take 1"


def check(scene: Scene) -> Iterator[Finding]:
    """Ask the local Azure Monitor that the connection string names, or the workspace that was given."""
    endpoint = ingestion_endpoint(scene)
    local = endpoint if endpoint and urlsplit(endpoint).hostname in _LOOPBACK else None
    if scene.workspace is None and local is None:
        yield skipped(texts.RECEIVED, texts.NO_WORKSPACE, scene.command("--workspace", "<workspace-id>"))
        return
    try:
        ask = _of_workspace(scene) if scene.workspace else _of_local(str(local), scene)
        services, refused = _narrowed(ask, _last_day("telemetry_by_service"))
        kept = None if scene.workspace else _local_retention(str(local), scene)
    except Exception as error:
        yield _not_asked(error, scene)
        return
    yield from _services(services)
    yield from refused
    tables: list[Row] | None = None
    try:
        tables = ask(_last_day("stored"))
    except Exception as error:
        if not refused:
            yield table_plans.refused(_kind(error)) if scene.workspace else _not_asked(error, scene)
        if scene.workspace is None:
            return
    for table in _ledger_tables(ask):
        yield _retention(tables, kept, table)
    if scene.workspace and tables is not None:
        yield table_plans.unknown()
    yield from content.check_table(ask, is_local=scene.workspace is None, is_on=content.is_wanted(scene))


def _narrowed(ask: Ask, text: str) -> tuple[list[Row], list[Finding]]:
    """The answer to a query over the ledger; where only that over AppEvents has one, a finding as well."""
    try:
        return ask(text), []
    except Exception as error:
        try:
            rows = ask(roads.without(text, {road.table for road in roads.OTHERS}))
        except Exception:
            raise error from None
        return rows, [table_plans.refused(_kind(error))]


def _ledger_tables(ask: Ask) -> Iterator[str]:
    """The table of the Azure exporter, and each other that ledger events reached."""
    yield roads.DIRECT.table
    for road in roads.OTHERS:
        with suppress(Exception):  # a workspace may not have it, or not on a plan for this query
            if ask(_ANY_ROW.format(rows=road.rows)):
                yield road.table


def _last_day(name: str) -> str:
    text = compose.whole(name)
    for parameter, value in _TIMES.items():
        text = text.replace(parameter, value)
    return text


def _of_local(url: str, scene: Scene) -> Ask:
    def ask(text: str) -> list[Row]:
        answer = httpx.post(
            f"{url}/v1/workspaces/local/query",
            json={"query": text},
            headers=_access(url, scene),
            timeout=4 * scene.patience_s,
        )
        answer.raise_for_status()
        (table,) = answer.json()["tables"]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]

    return ask


def _access(url: str, scene: Scene) -> dict[str, str]:
    return access_token.headers(access_token.of_server(url, scene.environ))


def _of_workspace(scene: Scene) -> Ask:
    from azure.identity import DefaultAzureCredential  # noqa: PLC0415 - takes half a second
    from azure.monitor.query import LogsQueryClient  # noqa: PLC0415 - as above

    def ask(text: str) -> list[Row]:
        with DefaultAzureCredential() as credential, LogsQueryClient(credential) as client:
            result: Any = client.query_workspace(str(scene.workspace), text, timespan=None)
        table = (getattr(result, "tables", None) or result.partial_data)[0]
        return [dict(zip(table.columns, row, strict=True)) for row in table.rows]

    return ask


def _local_retention(url: str, scene: Scene) -> float | None:
    answer = httpx.get(f"{url}/status.json", headers=_access(url, scene), timeout=scene.patience_s)
    reported = answer.json().get("retention_days")
    return reported if isinstance(reported, (int, float)) else None


def _kind(error: Exception) -> str:
    """Of an error its class and its status: the text may quote what was read."""
    response = getattr(error, "response", None)
    status = getattr(error, "status_code", None) or getattr(response, "status_code", "")
    return f"{type(error).__name__} {status}".rstrip()


def _not_asked(error: Exception, scene: Scene) -> Finding:
    seen = texts.QUERY_FAILED.format(error=_kind(error))
    if scene.workspace is None:
        return failure(texts.RECEIVED, seen, "foundry-telemetry local")
    return failure(texts.RECEIVED, seen, texts.FIX_QUERY, texts.FIX_ROLE)


def _services(rows: list[Row]) -> Iterator[Finding]:
    if not rows:
        yield warning(texts.RECEIVED, texts.NO_SERVICES, texts.FIX_NO_SERVICES)
    for row in rows[:_MOST]:
        yield _service(row)
    if len(rows) > _MOST:
        yield ok(texts.RECEIVED, texts.FURTHER_SERVICES.format(number=len(rows) - _MOST))


def _service(row: Row) -> Finding:
    name = "".join(filter(str.isprintable, str(row["service"])))[:64] or texts.UNNAMED
    kept = row["spans_kept_percent"]
    state, seen, fix = _STATES.get(row["state"], _HEALTHY)
    text = seen.format(
        name=name,
        dropped=row["dropped"] or 0,
        reason=texts.REASON.format(reason=row["main_reason"]) if row["main_reason"] else "",
        attempts=many(row["attempts"] or 0, ATTEMPT),
        spans=texts.SPANS_KEPT.format(percent=_percent(kept)) if kept is not None else "",
    )
    return Finding(texts.RECEIVED, state, text, fix)


def _retention(tables: list[Row] | None, kept: float | None, table: str) -> Finding:
    """How long a table keeps its rows: as somebody reports it, or as far as its oldest row shows it."""
    found = next((row["days_kept"] for row in tables or () if row["table_name"] == table), None)
    age = texts.OLDEST_ROW.format(age=_days(found)) if found is not None else texts.NO_ROWS
    age = age if tables is not None else AGE_UNKNOWN
    if kept is None and found is not None and found >= _MONTH:
        return ok(texts.RETENTION, RETENTION_ENOUGH.format(table=table, age=age, days=_days(_MONTH)))
    if kept is None:
        seen = texts.RETENTION_UNKNOWN.format(table=table, age=age)
        return skipped(texts.RETENTION, seen, _SHOW_RETENTION.format(table=table))
    seen = texts.RETENTION_DAYS.format(table=table, age=age, days=_days(kept))
    if kept < _WEEK:
        return warning(texts.RETENTION, seen, "foundry-telemetry local --retention-days 30")
    return ok(texts.RETENTION, seen)


def _days(days: float) -> str:
    """Whole days; the query rounds what is less to 0."""
    return many(round(days), texts.DAY) if days >= 1 else texts.LESS_THAN_A_DAY


def _percent(share: float) -> str:
    """As `formatting.percent` has it."""
    return percent(round(share * _FINE), 100 * _FINE)
