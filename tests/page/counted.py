"""What the tiles must show, counted in plain Python from the attempts that were sent."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from tests.page.ledger import Attempt


def within(attempts: list[Attempt], back: timedelta, **reported: object) -> list[Attempt]:
    """The attempts of the last `back`, of one service where it is named."""
    start = datetime.now(UTC) - back
    service = reported.get("service")
    return [one for one in attempts if one.at >= start and service in (None, one.service)]


def calls(attempts: list[Attempt]) -> dict[str, list[Attempt]]:
    """The attempts of each call in order."""
    found = defaultdict(list)
    for one in attempts:
        found[str(one.reported["call_id"])].append(one)
    return {
        call: sorted(tries, key=lambda one: int(str(one.reported["attempt_number"])))
        for call, tries in found.items()
    }


_MAY_FAIL = 0.01
"""The share of calls that may fail, at the target that the page begins with."""


def tiles(attempts: list[Attempt]) -> dict[str, float]:
    """The numbers of all tiles of the shipped workbook."""
    by_call = calls(attempts)
    cost = total(attempts, "cost_usd")
    failed = sum(tries[-1].failed for tries in by_call.values())
    return {
        "Calls": len(by_call),
        "Attempts": len(attempts),
        "Failed calls": failed,
        "Input tokens": total(attempts, "input_tokens"),
        "Output tokens": total(attempts, "output_tokens"),
        "Error budget burn rate": round(failed / len(by_call) / _MAY_FAIL, 2),
        "Cost": round(cost, 4),
    }


def total(attempts: list[Attempt], name: str) -> float:
    """The sum of what was reported."""
    return sum(float(str(one.reported.get(name, 0))) for one in attempts)
