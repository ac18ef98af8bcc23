"""The client's clock against a server's `Date`, over real sockets, through every client."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from foundry_telemetry.schema.field_table import CLOCK_OFFSET
from tests.support.capture import Capture
from tests.support.compare import User, attempts, only, same
from tests.support.families import Family
from tests.support.fault_server import FaultServer

HOUR_S = 3600


@pytest.mark.parametrize("integration", ["process", "hooks"])
@pytest.mark.parametrize("ahead_s", [HOUR_S, -HOUR_S])
def test_a_wrong_clock_is_recorded(
    family: Family, capture: Capture, server: FaultServer, integration: str, ahead_s: int
) -> None:
    """Every attempt with a response has the offset, positive where the client's clock is ahead."""
    date_s = int(time.time()) - ahead_s

    async def scenario(user: User) -> None:
        for status in ("200", "529"):
            asked = {"x-status": status, "x-date": formatdate(date_s, usegmt=True)}
            user.record_response(await user.post("dated", headers=asked))

    same(family, capture, server, scenario, integration=integration)
    until_s = int(time.time()) - date_s
    for seen, event in zip(attempts(capture, 2), capture.ledger, strict=True):
        assert ahead_s <= seen.clock_offset_s <= until_s
        assert event[CLOCK_OFFSET] == seen.clock_offset_s


def test_a_right_clock_costs_no_field(family: Family, capture: Capture, server: FaultServer) -> None:
    """Where the `Date` is that of the answer, or none, the event has no field for it."""

    async def scenario(user: User) -> None:
        user.record(status=(await user.post("dated")).status_code)
        user.record(status=(await user.post("ok")).status_code)

    same(family, capture, server, scenario)
    assert [seen.clock_offset_s for seen in attempts(capture, 2)] == [None, None]
    assert all(CLOCK_OFFSET not in event for event in capture.ledger)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-date": formatdate(0, usegmt=True)},
        {"x-date": formatdate(time.time() - HOUR_S, usegmt=True), "x-age": "CANARY"},
        {"x-date": "CANARY, 22 Nov 2026 12:00:00 GMT"},
        {"x-date": "CANARY" * 1000},
    ],
    ids=["recording", "cache", "malformed", "long"],
)
def test_what_is_no_date_of_now_is_not_recorded(
    family: Family, capture: Capture, server: FaultServer, headers: dict[str, str]
) -> None:
    """A response that was kept, and a `Date` that is none, change nothing and leave nothing behind."""

    async def scenario(user: User) -> None:
        user.record_response(await user.post("dated", headers=headers))

    same(family, capture, server, scenario)
    assert only(capture).clock_offset_s is None
    assert "CANARY" not in capture.everything()
