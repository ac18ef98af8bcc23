"""Reports of incidents as the engine makes them, made up: what is said about them is tested without data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

from rich.console import Console

from foundry_telemetry.investigate.incident.finding import (
    Change,
    Finding,
    FirstSeen,
    Period,
    Report,
    Term,
    Totals,
)
from foundry_telemetry.investigate.incident.rendering import show
from foundry_telemetry.investigate.queries import Failure

END = datetime(2026, 11, 22, 15, 7, tzinfo=UTC)
SINCE = END - timedelta(minutes=45)

UNITS = {
    "latency": ("ms", 5_200.0, 1_700.0),
    "time_to_first_token": ("ms", 3_200.0, 800.0),
    "time_per_output_token": ("ms", 40.0, 14.0),
    "input_tokens": ("tokens", 4_812.0, 1_203.0),
    "output_tokens": ("tokens", 900.0, 300.0),
    "cache_hit_rate": ("share", 0.04, 0.61),
    "cost": ("usd", 0.0123, 0.0072),
    "price": ("usd", 5.0, 3.0),
    "attempts": ("attempts", 2.1, 1.0),
    "volume:silent": ("calls", 0.0, 25.0),
    "volume:more": ("calls", 412.0, 103.0),
}
"""Unit, value and baseline of measures; all others are shares, of 40 % and before of 0.4 %."""


def change(measure: str, direction: str = "higher", **given: Any) -> Change:
    """A change of a measure; what is given is otherwise than usual."""
    unit, now, baseline = UNITS.get(measure, ("share", 0.4, 0.004))
    if direction == "lower" and now > baseline:
        now, baseline = baseline, now
    normal = {"unit": unit, "now": now, "baseline": baseline, "count": 120}
    return Change(measure=measure, direction=direction, **normal | given)  # type: ignore[arg-type]


def term(dimension: str, value: str, *unaffected: str, number: int | None = None) -> Term:
    """A value that all affected have."""
    total = len(unaffected) + 1 if number is None else number
    return Term(dimension=dimension, value=value, number=total, unaffected=unaffected)


def example(properties: dict[str, Any] | None = None, minute: int = 1, **given: Any) -> Failure:
    """An affected attempt."""
    normal: dict[str, Any] = {
        "call_id": f"{minute:02x}6b321dc337ce0a",
        "service": "orders-api",
        "deployment": "orders-chat",
    }
    text = json.dumps(properties or {})
    return Failure(ended=SINCE + timedelta(minutes=minute), properties=text, **normal | given)


def examples(properties: dict[str, Any], number: int = 3, **given: Any) -> tuple[Failure, ...]:
    """As many that are alike."""
    return tuple(example(properties, minute, **given) for minute in range(1, number + 1))


def seen(dimension: str, value: str, *before: str) -> FirstSeen:
    """A value that is new."""
    return FirstSeen(dimension=dimension, value=value, at=SINCE - timedelta(minutes=1), before=before)


def finding(cause: str, owner: str | None = None, direction: str = "higher", **given: Any) -> Finding:
    """A finding."""
    normal: dict[str, Any] = {
        "main": change(cause, direction),
        "also": (),
        "extent": (term("service", "orders-api", "search"), term("deployment", "orders-chat")),
        "services": ("orders-api",),
        "deployments": ("orders-chat",),
        "period": period(),
        "attempts": 300,
        "calls": 290,
        "failed_calls": 0,
        "recovered_calls": 0,
    }
    return Finding(cause=cause, owner=owner, **normal | given)


def period(**given: Any) -> Period:
    """When it was."""
    normal: dict[str, Any] = {"since": SINCE, "is_earliest": False, "last": END, "state": "ongoing"}
    return Period(**normal | given)


def report(*findings: Finding, **given: Any) -> Report:
    """A report with some findings."""
    totals = Totals(
        attempts=1_300,
        calls=1_204,
        failed_calls=0,
        recovered_calls=12,
        baseline_attempts=12_000,
        oldest=END - timedelta(days=7),
        newest=END,
        services=("orders-api", "search"),
        deployments=("orders-chat", "search-rank"),
    )
    normal: dict[str, Any] = {
        "verdict": "incident" if findings else "ok",
        "source": "local Azure Monitor at http://127.0.0.1:4319",
        "start": END - timedelta(hours=1),
        "end": END,
        "totals": totals,
        "findings": findings,
        "notes": (),
        "at_baseline": (),
        "unjudged": (),
        "comparisons": 412,
    }
    return Report(**normal | given)


def drawn(made: Report, width: int = 200) -> list[str]:
    """The lines of a screen."""
    written = StringIO()
    show(made, Console(file=written, width=width, highlight=False, markup=False, emoji=False))
    return written.getvalue().splitlines()
