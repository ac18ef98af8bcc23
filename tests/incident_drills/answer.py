"""What `foundry-telemetry incident --json` says, as claims to be judged: the one place that knows its keys.

*Claim*: one thing that is said to be wrong. Where the answer gets other keys, `read` is what changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.incident_drills.world import DIMENSIONS, Call

_HOST = ".services.ai.azure.com"
_MOST = 0.8
"""Share of the failures from which a value of a tag is understood as who is affected."""


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
    main = reported.get("main")
    claims = [_main(main)] if main else []
    claims += [
        Claim(other["error_type"], other["owner"]) for other in reported.get("others", ()) if other["wrong"]
    ]
    return Answer(reported["verdict"] != "ok", tuple(claims))


def _main(main: Mapping[str, Any]) -> Claim:
    by = list(main["affected"])
    return Claim(
        cause=main["cause"]["error_type"],
        owner=main["cause"]["owner"],
        since=datetime.fromisoformat(main["change"]["since"]),
        over=main["change"]["over"],
        who=dict(_who(by)) | dict(_tags(main["tags"])),
        unaffected=frozenset(_dimension(one["by"]) for one in by if one["unaffected"]),
        changes=tuple(
            (one["what"].replace(" ", "_"), one["value"], one["service"] or "") for one in main["newly_seen"]
        ),
    )


def _who(by: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, frozenset[str]]]:
    for one in by:
        values = (share["value"].removesuffix(_HOST) for share in one["shares"])
        yield _dimension(one["by"]), frozenset(values)


def _tags(by: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, frozenset[str]]]:
    """Tags of failures, which come without those of other calls: a value that nearly all have is named."""
    for one in by:
        worst = one["shares"][0]
        if one["by"] in DIMENSIONS and worst["failed"] >= _MOST * worst["attempts"]:
            yield one["by"], frozenset({worst["value"]})


def _dimension(by: str) -> str:
    return "resource" if by == "server" else by
