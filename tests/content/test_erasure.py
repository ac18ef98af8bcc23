"""`content erase`: what would go is shown, what went is counted, and what remains is named."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from azure.core.pipeline.policies import HeadersPolicy
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from foundry_telemetry.attribution.tags import clean
from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.erasure import management, report, run
from foundry_telemetry.investigate.erasure.management import Management, Outcome
from foundry_telemetry.investigate.erasure.plan import Api, Plan, plan
from foundry_telemetry.investigate.erasure.subject import read_subject
from foundry_telemetry.kql.tables import tables
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema.content_table import CONTENT_EVENT, CONTENT_TABLE
from foundry_telemetry.serving import LoopbackServer
from tests.content.stored_calls import AT, call, refusing, workspace
from tests.investigate.commands import Said
from tests.investigate.commands import run as command

EVENTS: Final = "AppEvents"
MAIL: Final = "bob@example.com"
OLD: Final = AT - timedelta(days=10)
WORKSPACE: Final = (
    "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/prod"
    "/providers/Microsoft.OperationalInsights/workspaces/logs-prod"
)


@contextmanager
def three_calls() -> Iterator[LocalAzureMonitor]:
    """Two of a tenant, one of them old and of a person; one of another tenant."""
    with workspace(
        call("a", tenant="acme"),
        call("b", OLD, tenant="acme", user=clean("user", MAIL)),
        call("c", tenant="other"),
    ) as azure:
        yield azure


def erase(azure: LocalAzureMonitor, *options: str) -> Said:
    """The command at the local source."""
    return command("content", "erase", "--url", azure.url, *options)


def kept(azure: LocalAzureMonitor) -> dict[str, str]:
    """First letters of the calls whose content is in each table."""
    found = {}
    for table, column in ((CONTENT_TABLE, "SpanId"), (EVENTS, "ParentId")):
        where = "TRUE" if table == CONTENT_TABLE else f"\"Name\" = '{CONTENT_EVENT}'"
        cursor = azure.store.cursor()
        rows = cursor.execute(f'SELECT "{column}" FROM "{table}" WHERE {where} ORDER BY 1').fetchall()  # noqa: S608
        cursor.close()
        found[table] = "".join(value[0] for (value,) in rows)
    return found


@pytest.mark.parametrize(
    ("options", "remaining"),
    [
        (("--tenant", "acme"), "c"),
        (("--tenant", "acme", "--before", "5d"), "ac"),
        (("--user", MAIL), "ac"),
        (("--user", clean("user", MAIL)), "ac"),
        (("--call", "a" * 16), "bc"),
        (("--call", "FT-CCCCC-CCCCC"), "ab"),
    ],
)
def test_what_is_meant_goes_and_nothing_else(options: tuple[str, ...], remaining: str) -> None:
    """Content of the subject before the time goes from both tables; ledger and other content stay."""
    with three_calls() as azure:
        said = erase(azure, *options, "--yes")
        assert kept(azure) == {CONTENT_TABLE: remaining, EVENTS: remaining}
        cursor = azure.store.cursor()
        assert cursor.execute("SELECT count(*) FROM foundry_attempts").fetchall() == [(3,)]
        cursor.close()
    assert said.code == 0, said.err
    count = 3 - len(remaining)
    rows = f"{count} row{'s' * (count != 1)}"
    assert f"{CONTENT_TABLE}: {rows} deleted\n{EVENTS}: {rows} deleted" in said.out
    assert "What remains:" in said.out
    assert MAIL not in said.out


def test_it_is_shown_before() -> None:
    """Tables, rows and range are shown; without an answer nothing is deleted."""
    with three_calls() as azure:
        said = erase(azure, "--tenant", "acme")
        printed = erase(azure, "--tenant", "acme", "--print")
        assert kept(azure) == {CONTENT_TABLE: "abc", EVENTS: "abc"}
    assert said.code == 2
    assert "pass --yes" in said.err
    assert printed.code == 0
    lines = printed.lines
    assert "tenant acme" in lines[0]
    for table, line in zip((CONTENT_TABLE, EVENTS), lines[1:3], strict=True):
        assert line.split()[:3] == [table, "2", "rows,"]
        assert f"{OLD:%Y-%m-%d}" in line
    assert len([line for line in lines if line.startswith("az rest --method post")]) == 2


def test_nothing_of_the_content_is_shown() -> None:
    """Neither the plan nor the requests nor the outcome have a word of it."""
    with three_calls() as azure:
        texts = [
            erase(azure, "--tenant", "acme", "--print").out,
            erase(azure, "--tenant", "acme", "--yes").out,
        ]
    assert not [text for text in texts if "question" in text or "answer to" in text or "be kind" in text]


def test_a_second_run_finds_nothing() -> None:
    """What was erased is found no more, and `--json` says what was done."""
    with three_calls() as azure:
        first = erase(azure, "--tenant", "acme", "--yes", "--json").reported
        second = erase(azure, "--tenant", "acme", "--yes", "--json").reported
    assert [(one["table"], one["state"], one["rows"]) for one in first["requests"]] == [
        (CONTENT_TABLE, "deleted", 2),
        (EVENTS, "deleted", 2),
    ]
    assert second["calls"] == 0
    assert second["requests"] == []


@pytest.mark.parametrize(
    "options", [(), ("--tenant", "a", "--user", "b"), ("--call", "req_123"), ("--tenant", " ")]
)
def test_one_subject(options: tuple[str, ...]) -> None:
    """No subject, two of them, or one that is none is refused before anything is asked."""
    said = command("content", "erase", *options)
    assert said.code == 2
    assert "expected" in said.err


@pytest.mark.parametrize("tenant", ["') or true //", "acme') | take 1 //", "\\", "{Window:start}", "%"])
def test_a_subject_is_a_value(tenant: str) -> None:
    """Whatever stands in it ends no string of a query: of nobody's content nothing goes."""
    with three_calls() as azure:
        said = erase(azure, "--tenant", tenant, "--yes")
        assert kept(azure) == {CONTENT_TABLE: "abc", EVENTS: "abc"}
    assert said.code == 0, said.err
    assert said.out.startswith("No content of tenant")


def test_azure_needs_the_workspace() -> None:
    """A token goes to the resource manager over https alone, and for a workspace alone."""
    with pytest.raises(management.EndpointError, match="https"):
        management.azure(WORKSPACE, "http://management.azure.com", print)
    with pytest.raises(management.EndpointError, match="workspaces/NAME"):
        management.checked_resource("/subscriptions/x")
    assert management.checked_resource(WORKSPACE) == WORKSPACE


class FakeManagement:
    """Azure's API on loopback: takes deletions, and answers with what it was given.

    Args:
        answers: Status, headers and body of each request for a deletion, in order; the last one repeats.
        statuses: Bodies of the status of an operation, in order; the last one repeats.
    """

    def __init__(self, answers: list[tuple[int, dict[str, str], Any]], statuses: list[Any]) -> None:
        self.answers, self.statuses = answers, statuses
        self.asked: list[tuple[str, Any]] = []
        self.polled = 0
        self.slept: list[float] = []

    async def answer(self, request: Request) -> Response:
        """One answer."""
        if request.method == "GET":
            body = self.statuses[min(self.polled, len(self.statuses) - 1)]
            self.polled += 1
            return Response(json.dumps(body), headers={"retry-after": "7"}, media_type="application/json")
        self.asked.append((f"{request.url.path}?{request.url.query}", json.loads(await request.body())))
        status, headers, body = self.answers[min(len(self.asked), len(self.answers)) - 1]
        host = request.headers["host"]
        headers = {name: value.format(host=host) for name, value in headers.items()}
        return Response(json.dumps(body), status, headers, media_type="application/json")

    @contextmanager
    def serving(self) -> Iterator[Management]:
        """It, and what sends to it."""
        app = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST"])])
        with LoopbackServer(app) as server:
            client = management.client(server.url, HeadersPolicy(), is_local=True)
            with Management(client, server.url, WORKSPACE, self.slept.append) as made:
                yield made


ACCEPTED: Final = (202, {"azure-asyncoperation": "http://{host}/operation"}, None)
PURGING: Final = (202, {"x-ms-status-location": "http://{host}/operation"}, {"operationId": "purge-1"})
UPDATING: Final = {"status": "Updating"}
DONE: Final = {"status": "Succeeded", "properties": {"RecordCount": 2, "Status": "Completed"}}


def planned() -> Plan:
    """Of the tenant with two calls."""
    with three_calls() as azure, sources.local(azure.url) as source:
        return plan(source, read_subject("acme", None, None), datetime.now(UTC))


def sent(
    fake: FakeManagement, api: Api = "delete", wait_s: float = 300
) -> tuple[list[Outcome], list[str], bool]:
    """What became of the requests, the tables that were not asked for, and whether all is done."""
    with fake.serving() as made:
        outcomes, waiting = run.erase(planned(), made, api, str, wait_s)
    return outcomes, [request.table for request in waiting], run.is_done(outcomes, waiting)


def test_the_request_as_azure_documents_it() -> None:
    """Address, version and filters of the Delete Data API; content first, and only until the time."""
    fake = FakeManagement([ACCEPTED], [UPDATING, UPDATING, DONE])
    outcomes, waiting, is_done = sent(fake)
    assert (waiting, is_done) == ([], True)
    assert [(one.table, one.state, one.rows) for one in outcomes] == [
        (CONTENT_TABLE, "deleted", 2),
        (EVENTS, "deleted", 2),
    ]
    assert fake.slept == [7, 7]
    for (path, body), table, column in zip(
        fake.asked, (CONTENT_TABLE, EVENTS), ("SpanId", "ParentId"), strict=True
    ):
        assert path == f"{WORKSPACE}/tables/{table}/deleteData?api-version=2023-09-01"
        by = {one["column"]: one for one in body["filters"]}
        assert by[column] == {"column": column, "operator": "in", "value": ["b" * 16, "a" * 16]}
        assert by["TimeGenerated"]["operator"] == "<"
        assert set(by) <= {column.name for column in tables()[table].columns}
    assert {"column": "Name", "operator": "==", "value": CONTENT_EVENT} in fake.asked[1][1]["filters"]


def test_the_purge_api() -> None:
    """One table a request, in the body; events by the call they are of; nobody waits for thirty days."""
    fake = FakeManagement([PURGING], [{"status": "pending"}])
    outcomes, waiting, is_done = sent(fake, "purge")
    assert [one.state for one in outcomes] == ["accepted", "accepted"]
    assert (waiting, is_done, fake.slept) == ([], False, [])
    assert [(path, body["table"]) for path, body in fake.asked] == [
        (f"{WORKSPACE}/purge?api-version=2023-09-01", table) for table in (CONTENT_TABLE, EVENTS)
    ]
    by_call = {
        "column": "Properties",
        "operator": "in",
        "value": ["b" * 16, "a" * 16],
        "key": "foundry.call.id",
    }
    assert by_call in fake.asked[1][1]["filters"]
    assert "/operation" in report.line(outcomes[0], "purge")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((403, {}, {"error": {"code": "AuthorizationFailed", "message": MAIL}}), "deleteData/action"),
        ((429, {"retry-after": "1800"}, None), "again in 1800 s"),
        ((429, {}, None), "in an hour"),
        ((400, {}, {"error": {"code": "InvalidTablePlan", "message": MAIL}}), "InvalidTablePlan"),
        ((500, {}, None), "status 500"),
    ],
)
def test_a_refusal_stops(answer: tuple[int, dict[str, str], Any], said: str) -> None:
    """What was refused is named with what to do; nothing more is sent, and the events stay."""
    fake = FakeManagement([answer], [])
    outcomes, waiting, is_done = sent(fake)
    assert len(fake.asked) == 1
    assert (waiting, is_done) == ([CONTENT_TABLE, EVENTS], False)
    line = report.line(outcomes[0], "delete")
    assert said in line
    assert MAIL not in line


def test_without_the_permission(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command ends with what is missing and the requests, for somebody who may send them."""
    fake = FakeManagement([(403, {}, None)], [])
    with three_calls() as azure, fake.serving() as made:
        monkeypatch.setattr(management, "local", lambda *_: made)
        said = erase(azure, "--tenant", "acme", "--yes")
    assert said.code == 3
    assert "Log Analytics Contributor" in said.out
    requests = [line for line in said.lines if line.startswith("az rest --method post")]
    assert [table in line for table, line in zip((CONTENT_TABLE, EVENTS), requests, strict=True)] == [
        True
    ] * 2
    assert "The rows of AppEvents stay" in said.out


def test_accepted_and_then_failed() -> None:
    """A request that fails after it was accepted is no success, and its events stay."""
    fake = FakeManagement([ACCEPTED], [{"status": "Failed", "error": {"code": "BadFilter", "message": MAIL}}])
    outcomes, waiting, is_done = sent(fake)
    assert [one.state for one in outcomes] == ["failed"]
    assert (waiting, is_done) == ([CONTENT_TABLE, EVENTS], False)
    assert "BadFilter" in report.line(outcomes[0], "delete")


def test_a_deletion_that_goes_on() -> None:
    """Its time is waited for and no longer; then its status can be asked for elsewhere."""
    fake = FakeManagement([ACCEPTED], [UPDATING])
    outcomes, _, is_done = sent(fake, wait_s=20)
    assert (outcomes[0].state, is_done, fake.slept) == ("accepted", False, [7, 7])
    assert "/operation" in report.line(outcomes[0], "delete")


def test_a_status_elsewhere_is_not_asked_for() -> None:
    """The token goes to the host that was named, whatever an answer says."""
    fake = FakeManagement([(202, {"azure-asyncoperation": "http://127.0.0.1:9/x"}, None)], [DONE])
    outcomes, *_ = sent(fake)
    assert (outcomes[0].state, fake.polled) == ("accepted", 0)


def test_a_workspace_without_the_table() -> None:
    """Where content never had a table of its own, the events go all the same."""
    fake = FakeManagement([(404, {}, None), ACCEPTED], [DONE])
    outcomes, waiting, is_done = sent(fake)
    assert [one.state for one in outcomes] == ["absent", "deleted"]
    assert (waiting, is_done) == ([], True)


def test_nobody_answers() -> None:
    """A connection that fails is said, without a stack."""
    client = management.client("http://127.0.0.1:9", HeadersPolicy(), is_local=True)
    with Management(client, "http://127.0.0.1:9", WORKSPACE, print) as made:
        outcomes, waiting = run.erase(planned(), made, "delete", str)
    assert [one.state for one in outcomes] == ["unreachable"]
    assert len(waiting) == 2


def test_rows_that_may_not_be_counted() -> None:
    """A reader without the role sees why rows are not counted; they are found by their events."""
    with three_calls() as azure, refusing(azure, 403) as source:
        found = plan(source, read_subject("acme", None, None), datetime.now(UTC))
    assert found.content is None
    assert "rows not countable" in "\n".join(report.head(found, "w", "delete"))
    assert len(list(found.requests("delete"))) == 2
