"""The drills: each cause is found with one command, and each id leads to its call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from foundry_telemetry.advice import ALL
from foundry_telemetry.advice.owner_labels import OWNER_LABELS
from foundry_telemetry.investigate.ticket.ids import support_code
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.investigate.commands import Said, run
from tests.investigate.scenarios import BAD, DRILLS, GOOD, Drill, play
from tests.investigate.service import KEY, PROMPT, SERVICE, exporting_to
from tests.support.kept_azure import empty

pytestmark = pytest.mark.slow

LEDGER = """AppEvents | where Name == 'foundry.attempt' and isnotempty(tostring(Properties['error.type']))
| project call = coalesce(tostring(Properties['foundry.call.id']), ParentId), trace = OperationId,
    azure = tostring(Properties['azure.service.request.id']),
    anthropic = tostring(Properties['anthropic.request.id']),
    answer = tostring(Properties['gen_ai.response.id'])
| top 1 by call asc"""


@dataclass(frozen=True)
class Played:
    """A drill that was played."""

    drill: Drill
    azure: LocalAzureMonitor
    _said: dict[tuple[str, ...], Said] = field(default_factory=dict)

    def run(self, *arguments: str) -> Said:
        """What a command answers of what the drill left; the same command is not run again."""
        if arguments not in self._said:
            self._said[arguments] = run(*arguments, "--url", self.azure.url)
        return self._said[arguments]

    def ids(self) -> dict[str, str]:
        """The ids of one failed attempt, by kind; those that were reported."""
        (row,) = self.azure.query(LEDGER).rows
        call, trace, azure, anthropic, answer = (str(cell or "") for cell in row)
        code = support_code(call)
        reported = {
            "call id": call,
            "trace id": trace,
            "apim-request-id": azure,
            "request-id": anthropic,
            "response id": answer,
            "support code": code,
            "support code, otherwise written": code.lower().replace("-", ""),
        }
        return {kind: value for kind, value in reported.items() if value}


@pytest.fixture(scope="module", params=DRILLS, ids=lambda drill: drill.name)
def played(request: pytest.FixtureRequest, kept_azure: LocalAzureMonitor) -> Iterator[Played]:
    """Each drill in turn."""
    empty(kept_azure)
    with exporting_to(kept_azure, ("127.0.0.1",)) as service:
        play(request.param, service)
        yield Played(request.param, kept_azure)


def test_incident_names_owner_and_cause(played: Played) -> None:
    """The failure class and the owner stand in the first line, and an incident is at most 30 lines."""
    said = played.run("incident")
    what, _, _ = " ".join(said.out.split()).partition(" affected ")
    assert f"owner: {OWNER_LABELS[played.drill.owner]} ongoing since " in what, said.out
    assert what.startswith(f"INCIDENT {played.drill.error_type}: ")
    assert said.code == 3
    assert len(said.lines) <= 30, said.out
    wrapped = [line for line in said.lines if "$ " not in line]  # commands stay whole, to be copied
    assert max(map(len, wrapped)) <= 80
    assert said.err == ""


def test_the_token_tells_why(played: Played) -> None:
    """Of a refused token: its audience, how long it was valid, and its tenant where that may be why."""
    lines = played.run("incident").lines
    begins = [number for number, line in enumerate(lines) if line.startswith("token")]
    token = " ".join(" ".join(lines[number : number + 3]) for number in begins)
    token = " ".join(token.split())
    assert bool(token) == (played.drill.token is not None)
    expected = {
        "auth_token_expired": "expired 30 min before the request",
        "auth_wrong_audience": "audience https://management.azure.com",
        "auth_tenant_mismatch": "tenant 00000000-0000-0000-0000-00000000aaaa",
        "auth_token_rejected": "tenant 00000000-0000-0000-0000-00000000aaaa",
    }
    assert expected.get(played.drill.error_type, "") in token


def test_incident_counts(played: Played) -> None:
    """The calls that are hit, who made them, and since when are those of the drill."""
    (finding,) = played.run("incident", "--json").reported["findings"]
    hidden = played.drill.retries > 0
    assert (finding["failed_calls"], finding["recovered_calls"]) == ((0, BAD) if hidden else (BAD, 0))
    assert BAD <= finding["calls"] <= GOOD + BAD  # counted from the minute in which it began
    assert finding["services"] == [SERVICE]
    (began,) = played.azure.query(
        "AppEvents | where Name == 'foundry.attempt' and isnotempty(tostring(Properties['error.type'])) "
        "| summarize min(TimeGenerated)"
    ).rows[0]
    assert finding["period"]["since"].startswith(began.isoformat()[:23])  # type: ignore[attr-defined]
    assert finding["period"]["state"] == "ongoing"
    assert finding["advice"]["about"] == played.drill.error_type
    assert len({one["call_id"] for one in finding["examples"]}) == 3


def test_every_id_leads_to_the_call(played: Played) -> None:
    """The ticket is found by each kind of id that an attempt has, and has the right entry of the advice."""
    ids = played.ids()
    assert {"call id", "trace id", "support code"} <= set(ids)
    for kind, value in ids.items():
        said = played.run("ticket", value, "--json")
        assert said.code == 0, (kind, said.err)
        assert said.reported["call_id"] == ids["call id"], kind
        assert said.reported["cause"]["error_type"] == played.drill.error_type
        assert said.reported["cause"]["owner"] == played.drill.owner
        assert said.reported["cause"]["advice"] == ALL[played.drill.error_type].about


def test_ticket_shows_call_and_trace(played: Played) -> None:
    """The attempts stand in order with both ids, and around them the request that made the call."""
    ids = played.ids()
    reported: Any = played.run("ticket", ids["call id"], "--json").reported
    assert [one["attempt_number"] for one in reported["attempts"]] == list(
        range(1, len(reported["attempts"]) + 1)
    )
    assert len(reported["attempts"]) == 1 + played.drill.retries
    assert "POST /orders" in {one.get("name") for one in reported["trace"]}
    said = played.run("ticket", ids["call id"]).out
    for kind in ("apim-request-id", "request-id"):
        if kind in ids:
            assert said.count(ids[kind]) >= 2, kind  # with its attempt, and in the block to paste
    assert ALL[played.drill.error_type].next_step in " ".join(said.split())


def test_nothing_secret_is_printed(played: Played) -> None:
    """No command prints a prompt, a key or a token, in whatever form it is asked."""
    call = played.ids()["call id"]
    for command in (("incident",), ("ticket", call)):
        for form in ((), ("--json",), *((("--markdown",),) if command[0] == "ticket" else ())):
            said = played.run(*command, *form)
            for canary in (PROMPT, "CANARY", KEY, "eyJ", "unsigned", "Bearer"):
                assert canary not in said.out + said.err
