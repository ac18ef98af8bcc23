"""What the workspace says: which services tell of calls, what is lost on the way, how far back it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from foundry_telemetry.investigate.doctor.exporting import ingestion_endpoint
from foundry_telemetry.investigate.doctor.finding import Finding, Scene, failure, ok, skipped, warning
from foundry_telemetry.kql import compose

Row = Mapping[str, Any]
Ask = Callable[[str], list[Row]]
"""Answers KQL."""

_TIMES: Final = {"{TimeRange:start}": "ago(1d)", "{TimeRange:end}": "now()"}
"""What stands in the queries for the time that the workbook shows, and the last day in its place."""
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
_MOST: Final = 10
"""Services that are shown."""
_LEDGER: Final = "AppEvents"
_WEEK: Final = 7
_SHOW_RETENTION: Final = (
    "az monitor log-analytics workspace table show -g <resource-group> --workspace-name <workspace> "
    f"-n {_LEDGER} --query retentionInDays"
)


def check(scene: Scene) -> Iterator[Finding]:
    """Ask the local Azure Monitor that the connection string names, or the workspace that was given."""
    endpoint = ingestion_endpoint(scene)
    local = endpoint if endpoint and urlsplit(endpoint).hostname in _LOOPBACK else None
    if scene.workspace is None and local is None:
        seen = "no workspace was given, so what arrives there was not looked at"
        yield skipped("stored records", seen, "foundry-telemetry doctor --workspace <workspace id>")
        return
    try:
        ask = _of_workspace(scene) if scene.workspace else _of_local(str(local), scene)
        services, tables = ask(_last_day("telemetry_by_service")), ask(_last_day("stored"))
        kept = None if scene.workspace else _local_retention(str(local), scene)
    except Exception as error:
        yield _not_asked(error, scene)
        return
    yield from _services(services)
    yield _retention(tables, kept)


def _last_day(name: str) -> str:
    text = compose.whole(name)
    for parameter, value in _TIMES.items():
        text = text.replace(parameter, value)
    return text


def _of_local(url: str, scene: Scene) -> Ask:
    def ask(text: str) -> list[Row]:
        answer = httpx.post(
            f"{url}/v1/workspaces/local/query", json={"query": text}, timeout=4 * scene.patience_s
        )
        answer.raise_for_status()
        (table,) = answer.json()["tables"]
        names = [column["name"] for column in table["columns"]]
        return [dict(zip(names, row, strict=True)) for row in table["rows"]]

    return ask


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
    reported = httpx.get(f"{url}/status.json", timeout=scene.patience_s).json().get("retention_days")
    return reported if isinstance(reported, (int, float)) else None


def _not_asked(error: Exception, scene: Scene) -> Finding:
    status = getattr(error, "status_code", None) or getattr(
        getattr(error, "response", None), "status_code", ""
    )
    seen = f"the workspace did not answer the question ({type(error).__name__} {status}".rstrip() + ")"
    if scene.workspace is None:
        return failure("stored records", seen, "foundry-telemetry local")
    fix = (
        "az role assignment create --role 'Log Analytics Reader' --assignee <principal-id> "
        "--scope <resource-id>"
    )
    return failure("stored records", seen, "Check the id of the workspace, and the role there:", fix)


def _services(rows: list[Row]) -> Iterator[Finding]:
    if not rows:
        yield warning(
            "stored records", "no service told of a call in 30 days", "foundry_telemetry.configure()"
        )
    for row in rows[:_MOST]:
        yield _service(row)
    if len(rows) > _MOST:
        yield ok("stored records", f"{len(rows) - _MOST} further services; see the tab Is it working")


def _service(row: Row) -> Finding:
    name = "".join(filter(str.isprintable, str(row["service"])))[:64] or "(no name)"
    kept = row["spans_kept_percent"]
    spans = f", {kept:g} % of spans kept" if kept is not None else ""
    if row["state"] == "no_ledger":
        seen = f"{name}: spans of Foundry calls, but no ledger"
        return failure("stored records", seen, "foundry_telemetry.configure(), or a logger provider")
    if row["state"] == "dropping":
        why = f", mostly {row['main_reason']}" if row["main_reason"] else ""
        seen = f"{name}: {row['dropped']:,g} items of telemetry lost in a day{why}"
        return warning("stored records", seen, "The README says of each reason what to do about it.")
    if row["state"] == "idle":
        return ok("stored records", f"{name}: alive, and no call in a day")
    if row["state"] == "no_heartbeat":
        return warning(
            "stored records", f"{name}: no call in a day", "See whether it runs, and whether it calls."
        )
    return ok("stored records", f"{name}: {row['attempts']:,} attempts in a day{spans}, none lost")


def _retention(tables: list[Row], kept: float | None) -> Finding:
    found = next((row["days_kept"] for row in tables if row["table_name"] == _LEDGER), None)
    age = f"the oldest row is {found:g} days old" if found is not None else "no rows yet"
    if kept is None:
        return skipped("retention", f"{_LEDGER}: {age}; how long rows stay is told by", _SHOW_RETENTION)
    seen = f"{_LEDGER}: {age}; rows stay for {kept:g} days"
    if kept < _WEEK:
        return warning("retention", seen, "foundry-telemetry local --retention-days 30")
    return ok("retention", seen)
