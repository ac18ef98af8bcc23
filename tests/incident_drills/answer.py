"""What `foundry-telemetry incident --json` says, as claims to be judged: the one place that knows its keys.

*Claim*: one thing that is said to be wrong. Where the answer gets other keys, `read` is what changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.incident_drills.world import Call


@dataclass(frozen=True)
class Claim:
    """One thing that is said to be wrong; what is not said is empty."""

    cause: str
    owner: str = ""
    since: datetime | None = None
    over: bool | None = None
    who: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Dimension to the values that are said to be affected."""
    unaffected: frozenset[str] = frozenset()
    """Dimensions of which it is said that other values are not affected."""
    changes: tuple[tuple[str, str, str], ...] = ()
    """What is said to be new: dimension, value, service."""
    next_step: str = ""

    def names(self, call: Call) -> bool:
        """Whether a call is one of those that are said to be affected."""
        return all(call.value(dimension) in values for dimension, values in self.who.items())


@dataclass(frozen=True)
class Answer:
    """What is said."""

    alarm: bool
    claims: tuple[Claim, ...] = ()


def read(reported: Mapping[str, Any]) -> Answer:
    """The claims of an answer, the first said first."""
    return Answer(reported["verdict"] != "ok", tuple(map(_claim, reported["findings"])))


def _claim(finding: Mapping[str, Any]) -> Claim:
    terms = finding["extent"]
    return Claim(
        cause=finding["cause"],
        owner=finding["owner"] or "",
        since=datetime.fromisoformat(finding["period"]["since"]),
        over=finding["period"]["state"] == "ended",
        who={term["dimension"]: frozenset({term["value"]}) for term in terms},
        unaffected=frozenset(term["dimension"] for term in terms if term["unaffected"]),
        changes=tuple(
            (one["dimension"], one["value"], finding["services"][0] if len(finding["services"]) == 1 else "")
            for one in finding.get("first_seen", ())
        ),
        next_step=finding["next_step"]["text"],
    )
