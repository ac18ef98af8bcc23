"""What the commands that build, check and export say: the same on a terminal, on a pipe and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dashboards.builder.check import Finding

Json = dict[str, object]

_WIDTH: Final = len("left out")


@dataclass(frozen=True)
class Line:
    """One line; the state is its first word, which may have a colour."""

    state: str
    text: str

    def __str__(self) -> str:
        return f"{self.state:{_WIDTH}} {self.text}"


def lines(findings: Iterable[Finding]) -> Iterator[Line]:
    """One line for each rule, and one below it for each problem."""
    for found in findings:
        yield Line(found.state, found.rule if found.left_out is None else f"{found.rule}: {found.left_out}")
        yield from (Line("", str(problem)) for problem in found.problems)


def as_json(findings: Sequence[Finding]) -> Json:
    """All of it as one object."""
    return {"ok": holds(findings), "rules": [_rule(found) for found in findings]}


def holds(findings: Iterable[Finding]) -> bool:
    """Whether nothing is wrong; what was left out is not known to be."""
    return not any(found.problems for found in findings)


def built(names: Sequence[str]) -> str:
    """What a build did."""
    return f"wrote {', '.join(names)}" if names else "everything is up to date"


def _rule(found: Finding) -> Json:
    reported = [{"where": problem.step, "what": problem.message} for problem in found.problems]
    return {
        "rule": found.rule,
        "state": found.state.lower(),
        "problems": reported,
        "left_out": found.left_out,
    }
