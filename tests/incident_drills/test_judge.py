"""The judge: what the truth says is right, and each thing that is not so is found."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.incident_drills.answer import Answer, Claim
from tests.incident_drills.judge import judge
from tests.incident_drills.named import THURSDAY, part, where
from tests.incident_drills.scenarios import Drill, Finding, Played, play
from tests.incident_drills.world import World

ONE = Drill("one", THURSDAY, (part("auth_invalid_key", 1.0, where(service="support-bot"), 25),))
TWO = Drill("two", THURSDAY, (*ONE.parts, part("latency", 3.0, where(model="claude-haiku-5-5"), 45)))
QUIET = Drill("quiet", THURSDAY)


def true(finding: Finding) -> Claim:
    """What a right answer says."""
    return Claim(
        cause=finding.cause,
        owner=finding.owners[0],
        since=finding.since,
        over=finding.over,
        who={dimension: frozenset({value}) for dimension, value in finding.slice},
        unaffected=frozenset(dimension for dimension, _ in finding.slice),
        next_step=" ".join(finding.steps[0]),
    )


def answer(played: Played) -> Answer:
    """The truth, as an answer."""
    return Answer(bool(played.truth), tuple(map(true, played.truth)))


def test_the_truth_is_right(played: list[Played]) -> None:
    """Whoever says the truth is right, in each drill."""
    assert {each.drill.name for each in played if judge(each, answer(each)).verdict != "right"} == set()


def test_silence_is_wrong_where_something_is(played: list[Played]) -> None:
    """Whoever says that nothing is wrong is right in quiet drills alone."""
    for each in played:
        judged = judge(each, Answer(alarm=False))
        assert judged.verdict == ("wrong" if each.truth else "right")
        assert judged.criteria["not misleading"] == (not each.truth)


def test_an_alarm_is_wrong_where_nothing_is(two_days: World) -> None:
    """A false alarm is wrong, with a reason or without."""
    quiet = play(QUIET, two_days)
    for said in (Answer(alarm=True), Answer(alarm=True, claims=(Claim("overloaded", "model_service"),))):
        assert judge(quiet, said).verdict == "wrong"


@pytest.mark.parametrize(
    ("criterion", "changed", "verdict"),
    [
        ("owner", {"owner": "quota"}, "partly"),
        ("since", {"since": THURSDAY - timedelta(minutes=31)}, "partly"),
        ("since", {"since": None}, "partly"),
        ("who", {"who": {}}, "partly"),
        ("who", {"who": {"service": frozenset({"search"})}}, "partly"),
        ("who", {"who": {"service": frozenset({"support-bot", "search"})}}, "partly"),
        ("who", {"who": {"instance": frozenset({"support-bot-1"})}}, "partly"),
        ("who not", {"who": {"service": frozenset({"support-bot", "search"})}}, "partly"),
        ("who not", {"unaffected": frozenset()}, "partly"),
        ("next step", {"next_step": "Wait."}, "partly"),
        ("cause", {"cause": "overloaded"}, "wrong"),
        ("not misleading", {"cause": "overloaded"}, "wrong"),
        ("not misleading", {"over": True}, "partly"),
        ("not misleading", {"changes": (("version", "9.9", "search"),)}, "partly"),
    ],
)
def test_what_is_not_so_is_found(
    two_days: World, criterion: str, changed: dict[str, object], verdict: str
) -> None:
    """One thing that is not true is named as that, and the answer is not right."""
    one = play(ONE, two_days)
    (finding,) = one.truth
    judged = judge(one, Answer(alarm=True, claims=(replace(true(finding), **changed),)))  # type: ignore[arg-type]
    assert not judged.criteria[criterion]
    assert judged.verdict == verdict
    assert judged.notes


def test_who_may_be_named_otherwise(two_days: World) -> None:
    """Who is affected is judged by calls: the only deployment of a service stands for it."""
    one = play(ONE, two_days)
    (finding,) = one.truth
    claim = replace(true(finding), who={"deployment": frozenset({"support-chat"})})
    assert judge(one, Answer(alarm=True, claims=(claim,))).verdict == "right"


def test_one_of_two_is_partly_right(two_days: World) -> None:
    """Whoever finds one cause of two is partly right; what one brings along by its nature misleads nobody."""
    two = play(TWO, two_days)
    first, second = map(true, two.truth)
    assert judge(two, Answer(alarm=True, claims=(first,))).verdict == "partly"
    also = replace(second, cause="time_to_first_token")
    assert judge(two, Answer(alarm=True, claims=(second, first, also))).verdict == "right"
