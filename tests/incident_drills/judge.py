"""An answer against the truth: what of it is right, and what that makes in all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from tests.incident_drills.answer import Answer, Claim
from tests.incident_drills.next_steps import has
from tests.incident_drills.scenarios import Finding, Played
from tests.incident_drills.world import DIMENSIONS

CRITERIA = ("alarm", "cause", "owner", "since", "who", "who not", "next step", "not misleading")
ALIKE = 0.97
"""Share of the calls named or affected that must be both: who is judged by calls, however they are named."""

Verdict = Literal["right", "partly", "wrong"]


@dataclass(frozen=True)
class Judged:
    """What is right about an answer."""

    verdict: Verdict
    criteria: dict[str, bool]
    """By name; where nothing goes wrong the first and the last alone."""
    notes: tuple[str, ...]
    """What is not right, in words."""
    found: frozenset[str] = frozenset()
    """The findings, by cause, of which the cause is right."""


def judge(played: Played, answer: Answer) -> Judged:
    """What of an answer is right."""
    notes = list(_misleading(played, answer))
    if not played.truth:
        criteria = {"alarm": not answer.alarm, "not misleading": not answer.alarm}
        return Judged("wrong" if answer.alarm else "right", criteria, tuple(notes))
    pairs = [(finding, _claim(finding, answer)) for finding in played.truth]
    found = [_criteria(finding, claim) for finding, claim in pairs]
    criteria = {"alarm": answer.alarm}
    criteria |= {name: all(one[name] for one in found) for name in CRITERIA[1:-1]}
    criteria["not misleading"] = not notes
    named = frozenset(finding.cause for finding, claim in pairs if claim)
    notes += [note for finding, claim in pairs for note in _notes(finding, claim)]
    verdict: Verdict = "partly" if answer.alarm and named else "wrong"
    return Judged("right" if all(criteria.values()) else verdict, criteria, tuple(notes), named)


def _claim(finding: Finding, answer: Answer) -> Claim | None:
    """The claim that is about a finding: of those with its cause the one that names it best."""
    fitting = [claim for claim in answer.claims if claim.cause in finding.causes]
    return max(fitting, key=lambda claim: _alike(finding, claim), default=None)


def _criteria(finding: Finding, claim: Claim | None) -> dict[str, bool]:
    if claim is None:
        return dict.fromkeys(CRITERIA[1:-1], False)
    return {
        "cause": True,
        "owner": claim.owner in finding.owners,
        "since": claim.since is not None and finding.is_since(claim.since),
        "who": _alike(finding, claim) >= ALIKE,
        "who not": _names_others(finding, claim),
        "next step": has(claim.next_step, finding.steps),
    }


def _alike(finding: Finding, claim: Claim) -> float:
    """How alike the calls that are named and those that are affected are; 0 where nobody is named."""
    if not claim.who and finding.slice:
        return 0.0
    named = {call.call_id for call in finding.scope if claim.names(call)}
    both = named | finding.affected
    return len(named & finding.affected) / len(both) if both else 0.0


def _names_others(finding: Finding, claim: Claim) -> bool:
    """Whether nobody is named who is not affected, and it is said that there are others, where there are."""
    wrong = any(set(values) & claim.who.get(dimension, frozenset()) for dimension, values in finding.others)
    rest = len({call.call_id for call in finding.scope} - finding.affected)
    return not wrong and (bool(claim.unaffected) or not rest)


def _notes(finding: Finding, claim: Claim | None) -> Iterator[str]:
    if claim is None:
        yield f"{finding.cause} is not named"
        return
    for name, holds in _criteria(finding, claim).items():
        if not holds:
            yield f"{name}: {_said(name, finding, claim)}"


def _said(name: str, finding: Finding, claim: Claim) -> str:
    slice_ = ", ".join(f"{dimension} {value}" for dimension, value in finding.slice)
    who = ", ".join(f"{by} {'|'.join(sorted(values))}" for by, values in claim.who.items())
    since = f"{claim.since:%d %H:%M:%S}" if claim.since else "nothing"
    steps = " or ".join(" and ".join(one) for one in finding.steps)
    owners = " or ".join(one or "nobody" for one in finding.owners)
    return {
        "owner": f"said {claim.owner or 'nobody'}, is {owners}",
        "since": f"said {since}, is {finding.since:%d %H:%M:%S}",
        "who": f"said {who or 'nobody'}, is {slice_}",
        "next step": f"said {claim.next_step!r}, has to name {steps}",
        "who not": f"said others of {', '.join(sorted(claim.unaffected)) or 'nothing'}",
    }[name]


def _misleading(played: Played, answer: Answer) -> Iterator[str]:
    """What is said and not so."""
    if played.truth and not answer.alarm:
        yield "says that nothing is wrong"
    for claim in answer.claims:
        about = [one for one in played.truth if claim.cause in (*one.causes, *one.also)]
        if not about:
            yield f"says {claim.cause}, which is not so"
        if claim.over is not None and about and all(claim.over != one.over for one in about):
            yield "says that it is over" if claim.over else "says that it goes on"
        yield from _changes(played, claim)
    if answer.alarm and not played.truth and not answer.claims:
        yield "says that something is wrong"


def _changes(played: Played, claim: Claim) -> Iterator[str]:
    """What is said to be new, and has nothing to do with most of the calls that are affected.

    What comes and goes changes a part of them; what no other call has is a part of the change.
    """
    own = [call for one in played.truth for call in one.scope if call.call_id in one.affected]
    for dimension, value, service in claim.changes:
        if dimension in DIMENSIONS:
            have, of_all = (
                sum(call.value(dimension) == value and service in ("", call.service) for call in calls)
                for calls in (own, played.calls)
            )
            if 2 * have < len(own) and not 0 < have == of_all:
                yield f"names {dimension} {value} of {service or 'a service'} as new"
