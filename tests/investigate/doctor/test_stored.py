"""What arrived, asked of a real local Azure Monitor over HTTP with the shipped queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foundry_telemetry.investigate.doctor import stored
from foundry_telemetry.investigate.doctor.finding import Scene
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.doctor.scenes import named, scene
from tests.support.telemetry import envelope, fill

VARIABLE = "APPLICATIONINSIGHTS_CONNECTION_STRING"
HEARTBEAT = "foundry.telemetry.heartbeat"
COUNTED = "foundry.telemetry.losses_counted"


@pytest.fixture
def azure() -> Iterator[LocalAzureMonitor]:
    """An empty one, in memory."""
    with LocalAzureMonitor(retention_days=30) as azure:
        yield azure


def at(azure: LocalAzureMonitor) -> Scene:
    """A scene whose connection string names it."""
    return scene(variables={VARIABLE: azure.connection_string})


def ago(age: timedelta = timedelta(hours=1)) -> datetime:
    """So long before now: that of the test, not that of the import, which may be much earlier."""
    return datetime.now(UTC) - age


def attempt(service: str, age: timedelta = timedelta(hours=1)) -> dict[str, Any]:
    """An event of the ledger."""
    data = {"name": "foundry.attempt", "properties": {"foundry.outcome": "ok"}}
    return envelope("EventData", data, ago(age), tags={"ai.cloud.role": service})


def counted(service: str, name: str, value: float, **properties: str) -> dict[str, Any]:
    """A point of a metric."""
    data = {"metrics": [{"name": name, "value": value, "count": 1}], "properties": properties}
    return envelope("MetricData", data, ago(), tags={"ai.cloud.role": service})


def span(service: str, rate: float) -> dict[str, Any]:
    """A dependency of a call, kept at this percentage."""
    data = {
        "id": "0123456789abcdef",
        "name": "chat",
        "duration": "0.00:00:01.000",
        "success": True,
        "properties": {"foundry.attempt.count": "1"},
    }
    return envelope("RemoteDependencyData", data, ago(), tags={"ai.cloud.role": service}, rate=rate)


@pytest.mark.parametrize(
    ("envelopes", "state", "words"),
    [
        (
            lambda: [attempt("shop"), attempt("shop")],
            "ok",
            "shop: 2 attempts in 24 h; dropped telemetry is not counted",
        ),
        (
            lambda: [attempt("shop"), counted("shop", HEARTBEAT, 1, **{COUNTED: "true"})],
            "ok",
            "shop: 1 attempt in 24 h, none dropped",
        ),
        (lambda: [attempt("shop"), span("shop", 25.0)], "ok", "25% of spans kept"),
        (lambda: [attempt("shop", timedelta(days=3))], "warning", "shop: no call in 24 h"),
        (
            lambda: [attempt("shop"), counted("shop", "Item_Dropped_Count", 7)],
            "warning",
            "7 items of telemetry dropped",
        ),
        (
            lambda: [attempt("shop"), counted("shop", "foundry.telemetry.dropped", 3)],
            "warning",
            "3 items of telemetry dropped",
        ),
        (lambda: [span("shop", 100.0)], "failure", "no ledger events"),
        (list, "warning", "No Foundry telemetry received in 30 days"),
    ],
)
def test_services(
    envelopes: Callable[[], list[dict[str, Any]]], state: str, words: str, azure: LocalAzureMonitor
) -> None:
    """Each service: silent, dropping telemetry, without a ledger, or healthy, with its spans kept."""
    fill(azure.store, envelopes())
    found = named(stored.check(at(azure)), "received telemetry")
    assert found.state == state
    assert words in found.seen


def test_names_from_outside(azure: LocalAzureMonitor) -> None:
    """The name of a service is shown without control characters, and not without end."""
    fill(azure.store, [attempt("\x1b[31mshop\u202e" + "x" * 500)])
    found = named(stored.check(at(azure)), "received telemetry")
    assert found.seen.isprintable()
    assert len(found.seen) < 200


def test_many_services(azure: LocalAzureMonitor) -> None:
    """Many services do not fill the screen."""
    fill(azure.store, [attempt(f"service-{number:02}") for number in range(13)])
    found = [finding for finding in stored.check(at(azure)) if finding.check == "received telemetry"]
    assert len(found) == 11
    assert found[-1].seen.startswith("3 further services")


def test_retention(azure: LocalAzureMonitor) -> None:
    """How far the records reach back, and how long they stay."""
    assert named(stored.check(at(azure)), "retention").seen == "AppEvents: no rows yet; retention 30 days"
    fill(azure.store, [attempt("shop")])
    recent = named(stored.check(at(azure)), "retention").seen
    assert recent == "AppEvents: oldest row less than a day old; retention 30 days"
    fill(azure.store, [attempt("shop", timedelta(days=12, hours=1))])
    found = named(stored.check(at(azure)), "retention")
    assert (found.state, found.seen) == (
        "ok",
        "AppEvents: oldest row 12 days old; retention 30 days",
    )


def test_short_retention() -> None:
    """Records that go within the week are a warning."""
    with LocalAzureMonitor(retention_days=2) as azure:
        assert named(stored.check(at(azure)), "retention").state == "warning"


def test_nobody_to_ask() -> None:
    """Without a workspace nobody is asked; one that does not answer is a failure, shown without its words."""
    found = named(stored.check(scene()), "received telemetry")
    assert (found.state, found.fix) == ("skipped", "foundry-telemetry doctor --workspace <workspace-id>")
    with LocalAzureMonitor() as azure:
        gone = at(azure)
    assert named(stored.check(gone), "received telemetry").state == "failure"


def test_a_workspace_in_azure(monkeypatch: pytest.MonkeyPatch, azure: LocalAzureMonitor) -> None:
    """The real client of Log Analytics asks the same; the retention there is for `az` to tell."""
    from azure.core.pipeline.policies import HeadersPolicy
    from azure.monitor import query

    real = query.LogsQueryClient

    def client(credential: Any) -> Any:
        return real(credential, endpoint=azure.url, authentication_policy=HeadersPolicy(azure.headers))

    monkeypatch.setattr(query, "LogsQueryClient", client)
    fill(azure.store, [attempt("shop")])
    findings = list(stored.check(scene(workspace="00000000-0000-0000-0000-000000000000")))
    assert named(findings, "received telemetry").seen.startswith("shop: 1 attempt in 24 h")
    assert "az monitor log-analytics workspace table show" in str(named(findings, "retention").fix)
    plans = named(findings, "table plans")
    assert (plans.state, "AppTraces, AppGenAIContent, OTelLogs" in plans.seen) == ("skipped", True)
    assert str(plans.fix).startswith("az monitor log-analytics workspace table list")


def test_an_old_row_shows_the_retention() -> None:
    """What a table has of a month ago says that it keeps its rows so long, where nobody reports it."""
    for age, state in ((29.0, "skipped"), (45.0, "ok")):
        found = stored._retention([{"table_name": "AppTraces", "days_kept": age}], None, "AppTraces")
        assert (found.check, found.state) == ("retention", state)
        assert found.seen.startswith(f"AppTraces: oldest row {age:.0f} days old; retention ")


def test_a_table_on_another_plan(monkeypatch: pytest.MonkeyPatch, azure: LocalAzureMonitor) -> None:
    """Where only the query that reads AppTraces fails, the services are shown, and the plan is suspected."""
    from azure.core.exceptions import HttpResponseError
    from azure.core.pipeline.policies import HeadersPolicy
    from azure.monitor import query

    class Refusing(query.LogsQueryClient):
        def query_workspace(self, workspace_id: str, text: str, **options: Any) -> Any:
            if "AppTraces" in text:
                error = HttpResponseError("CANARY")
                error.status_code = 400
                raise error
            return super().query_workspace(workspace_id, text, **options)

    def client(credential: Any) -> Any:
        return Refusing(credential, endpoint=azure.url, authentication_policy=HeadersPolicy(azure.headers))

    monkeypatch.setattr(query, "LogsQueryClient", client)
    fill(azure.store, [attempt("shop")])
    findings = list(stored.check(scene(workspace="00000000-0000-0000-0000-000000000000")))
    assert named(findings, "received telemetry").seen.startswith("shop: 1 attempt in 24 h")
    plans = named(findings, "table plans")
    assert plans.state == "warning"
    assert "HttpResponseError 400" in plans.seen
    assert "CANARY" not in plans.seen
    assert "--without TABLE" in str(plans.fix)
    assert "--query" in str(plans.command)
    retention = named(findings, "retention")
    assert retention.seen == "AppEvents: age of the oldest row unknown; retention unknown"
    assert "table show" in str(retention.fix)


def test_retention_by_road(azure: LocalAzureMonitor) -> None:
    """Each table that ledger events reached is looked at."""
    message = attempt("shop")
    message["data"]["baseType"] = "MessageData"
    base = message["data"]["baseData"]
    base["properties"] |= {"microsoft.custom_event.name": base.pop("name")}
    fill(azure.store, [{**message, "data": {**message["data"], "baseData": {**base, "message": "m"}}}])
    findings = list(stored.check(at(azure)))
    assert named(findings, "received telemetry").seen.startswith("shop: 1 attempt in 24 h")
    assert [one.seen.partition(":")[0] for one in findings if one.check == "retention"] == [
        "AppEvents",
        "AppTraces",
    ]


def test_a_workspace_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal names the role that is missing, and repeats nothing of the answer."""
    from azure.core.exceptions import HttpResponseError
    from azure.monitor import query

    def refuse(_: Any) -> Any:
        error = HttpResponseError("CANARY")
        error.status_code = 403
        raise error

    monkeypatch.setattr(query, "LogsQueryClient", refuse)
    found = named(stored.check(scene(workspace="x")), "received telemetry")
    assert found.state == "failure"
    assert "HttpResponseError 403" in found.seen
    assert "Log Analytics Reader" in str(found.command)
    assert "CANARY" not in f"{found}"
