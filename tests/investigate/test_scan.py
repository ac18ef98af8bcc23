"""Detection and localisation: what changed, in the narrowest extent, against its own baseline."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.investigate.incident.extents import Extent, Slices
from foundry_telemetry.investigate.incident.judging import Interval, Judge
from foundry_telemetry.investigate.incident.measures import MEASURES, failures
from foundry_telemetry.investigate.incident.merging import merged
from foundry_telemetry.investigate.incident.scan import CLEAR, Found, changes, scan
from foundry_telemetry.investigate.incident.slices import BINS, EMPTY, Slice, Sums
from foundry_telemetry.investigate.incident.statistics import NOTHING, Compared
from tests.investigate.slices import BOT, ERROR, SHOP, attempts, by, of, parted, spread, together

FAILED = failures(ERROR)
WHOLE = Interval(0, BINS)
MEASURE = {one.name: one for one in MEASURES}


def found(slices: Slices) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Measures and terms of what changed."""
    return [(one.name, one.extent.terms) for one in scan(slices)[0]]


def test_what_is_as_ever_is_no_change() -> None:
    """Nothing is found where nothing differs, whatever share fails."""
    assert found(together(by(SHOP, "instance", {"a": 1, "b": 1}, normal=1))) == []


def test_the_narrowest_extent() -> None:
    """One instance of three is named, not its service, nor all."""
    slices = together(by(SHOP, "instance", {"a": 0, "b": 15, "c": 0}), by(BOT, "instance", {"d": 0}))
    assert found(slices) == [("overloaded", (("instance", "b"),))]


def test_all_of_a_service_is_the_service() -> None:
    """Where each instance fails, the service is named and no instance."""
    slices = together(by(SHOP, "instance", {"a": 9, "b": 10, "c": 11}), by(BOT, "instance", {"d": 0}))
    ((_, ((dimension, value),)),) = found(slices)
    assert (dimension, value) in {("service", "shop"), ("deployment", "shop-chat")}


def test_everything_is_everything() -> None:
    """Where all services fail alike no term is named, though one of them fails most."""
    assert found(together(by(SHOP, "instance", {"a": 10, "b": 11}), by(BOT, "instance", {"d": 12}))) == [
        ("overloaded", ())
    ]


def test_a_background_failure_of_the_class_elsewhere_is_no_part() -> None:
    """Others that fail as often as ever with the same class are not affected."""
    slices = together(
        by(SHOP, "instance", {"a": 10, "b": 10}, normal=1), by(BOT, "instance", {"d": 1}, normal=1)
    )
    ((_, terms),) = found(slices)
    assert terms in {(("service", "shop"),), (("deployment", "shop-chat"),)}


def test_two_causes_are_two() -> None:
    """Two classes in two services are two changes; so are two services with one class and others between."""
    role = ("authz_missing_role", "caller_authorization")
    bot = [
        of(BOT, "", "", spread(attempts(20, 12, role)), attempts(20)),
    ]
    slices = together(by(SHOP, "instance", {"a": 10, "b": 10}), bot)
    assert {name for name, _ in found(slices)} == {"overloaded", "authz_missing_role"}
    assert len(merged(scan(slices)[0])) == 2


def test_a_part_of_the_time() -> None:
    """What lasts for a quarter of an hour of a time that is long is found, and in its bins."""
    now = spread(*[attempts(40)] * 9, attempts(40, 10), attempts(40))
    (one,) = scan(Slices([of(SHOP, "", "", now, attempts(40))]))[0]
    assert one.interval == Interval(9, 10)
    assert one.compared.now == 0.25


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 20), min_size=1),
    st.integers(0, 20),
    st.integers(0, 4),
)
def test_no_change_is_small_or_usual(failed: dict[str, int], number: int, normal: int) -> None:
    """Whatever the counts: what is found is worse than its baseline by what matters, and in few extents."""
    own = {value: min(bad, number + normal) for value, bad in failed.items()}
    slices = together(by(SHOP, "instance", own, number=number + normal, normal=normal))
    result, comparisons = changes(FAILED, slices)
    assert len(result) <= 3
    assert comparisons > 0
    for one in result:
        assert one.compared.now - (one.compared.baseline or 0) >= FAILED.least
        assert one.compared.gain >= CLEAR


def test_what_failed_before_does_not_hide_who_fails() -> None:
    """Where the affected failed for hours their baseline is high; the others still have no failure."""
    own = {
        "a": of(SHOP, "auth_scheme", "a", spread(attempts(20, 15)), attempts(100, 5)),
        "b": of(SHOP, "auth_scheme", "b", spread(attempts(3)), attempts(45)),
    }
    slices = together(parted(SHOP, {"auth_scheme": own}), by(BOT, "auth_scheme", {"c": 0}))
    assert found(slices) == [("overloaded", (("auth_scheme", "a"),))]


def test_a_further_term_needs_others_that_are_usual() -> None:
    """No failure of nine among the others is what chance leaves of three: the service is named, no value."""
    own = {
        "a": of(SHOP, "auth_scheme", "a", (attempts(90, 30), *[EMPTY] * 11), attempts(100)),
        "b": of(SHOP, "auth_scheme", "b", (attempts(9), *[EMPTY] * 11), attempts(100)),
    }
    others = {"a": of(BOT, "auth_scheme", "a", spread(attempts(20)), attempts(20))}
    slices = together(parted(SHOP, {"auth_scheme": own}), parted(BOT, {"auth_scheme": others}))
    (one,), _ = changes(FAILED, slices)
    assert one.extent.terms in {(("service", "shop"),), (("deployment", "shop-chat"),)}


# --- baselines --------------------------------------------------------------------------------------------


def compared(one: Slice, measure: str = "overloaded") -> float:
    """The gain of a slice over all of the time."""
    return Judge(MEASURE.get(measure, FAILED), Slices([one])).compare([one], WHOLE).gain


def calls(number: int) -> Sums:
    """So many calls."""
    return attempts(number)


def test_monday_after_sunday() -> None:
    """What differs from yesterday and not from last week is usual; what differs from both is not."""
    stops = {"stops": 100.0}
    busy, quiet = attempts(100, refusals=30.0, **stops), attempts(100, refusals=1.0, **stops)
    monday = of(SHOP, "", "", spread(busy), quiet, week=busy)
    assert compared(monday, "stop_reason:refusal") == 0
    assert compared(of(SHOP, "", "", spread(busy), quiet), "stop_reason:refusal") > 16
    twice = of(SHOP, "", "", spread(calls(100)), calls(10), week=calls(90))
    assert compared(twice, "volume:more") == 0
    assert compared(of(SHOP, "", "", spread(calls(100)), calls(10)), "volume:more") > 16


def test_a_busy_hour_of_everybody_is_no_change() -> None:
    """Of all calls there must be more than of a part; what rises with the others is not its own."""
    assert compared(of(SHOP, "", "", spread(calls(260)), calls(100)), "volume:more") == 0
    assert compared(of(SHOP, "", "", spread(calls(400)), calls(100)), "volume:more") > 16
    for others, is_found in ((100, True), (240, False)):
        own = of(SHOP, "", "", spread(calls(400)), calls(100))
        rest = of(BOT, "", "", spread(calls(others)), calls(100))
        judged = Judge(MEASURE["volume:more"], Slices([own, rest]))
        assert (judged.compare([own], WHOLE).gain > 16) is is_found


def test_silence_shows_in_the_first_week() -> None:
    """Without data of a week before, the day before is enough for silence, and not for more calls."""
    silent = of(SHOP, "", "", spread(EMPTY), calls(10), week=EMPTY)
    assert compared(silent, "volume:silent") > 16
    assert compared(of(SHOP, "", "", spread(calls(100)), calls(10), week=EMPTY), "volume:more") == 0


@pytest.mark.parametrize("measure", [name for name in MEASURE if name != "latency"])
def test_without_a_baseline_nothing_is_judged(measure: str) -> None:
    """A service that is new has no change of any measure: nobody knows what is usual."""
    columns = {name: 100.0 for one in MEASURES for name in one.fields if name not in ("attempts", "calls")}
    new = of(SHOP, "", "", spread(attempts(100, **columns)))
    assert Judge(MEASURE[measure], Slices([new])).compare([new], WHOLE) == NOTHING


def test_failures_without_a_baseline_are_judged() -> None:
    """A service that is new and fails is an incident all the same; a few odd failures are none."""
    assert compared(of(SHOP, "", "", spread(attempts(10, 9)))) > 16
    assert compared(of(SHOP, "", "", (attempts(40, 1), *[EMPTY] * 11))) < 16


def test_an_outage_is_no_baseline() -> None:
    """What failed as badly all day before is an incident still."""
    assert compared(of(SHOP, "", "", spread(attempts(10, 10)), attempts(10, 10))) > 16


def test_what_is_new_is_not_compared_with_what_others_did() -> None:
    """A busy new service beside a small old one is no rise of all calls."""
    old, new = of(BOT, "", "", spread(calls(4)), calls(4)), of(SHOP, "", "", spread(calls(900)))
    assert not [name for name, _ in found(Slices([old, new])) if name.startswith("volume")]


def test_a_new_value_is_compared_with_its_unit() -> None:
    """A new version has no attempts before: those of its service stand for it."""
    new = of(SHOP, "version", "2", spread(attempts(30, 10)))
    old = of(SHOP, "version", "1", spread(attempts(10)), attempts(40))
    whole = of(SHOP, "", "", spread(attempts(40, 10)), attempts(40))
    slices = Slices([whole, new, old])
    assert found(slices) == [("overloaded", (("version", "2"),))]
    assert scan(slices)[0][0].compared.baseline == 0


def test_the_rest_of_a_unit_has_its_own_baseline() -> None:
    """Where one instance has more calls, the others are as busy as ever, in each part of the time."""
    now = {"a": 600, "b": 100, "c": 100}
    own = {name: of(SHOP, "instance", name, spread(calls(many)), calls(100)) for name, many in now.items()}
    assert found(Slices(parted(SHOP, {"instance": own}))) == [("volume:more", (("instance", "a"),))]


# --- one cause, one finding -------------------------------------------------------------------------------


def change(name: str, gain: float, unit: Slice) -> Found:
    """A change of a measure in a unit."""
    result = Compared(gain, gain, 1.0, 0.5, 100.0, 50.0)
    return Found(MEASURE.get(name, FAILED), Extent((), (unit,)), WHOLE, result)


def test_what_follows_from_a_change_is_said_with_it() -> None:
    """More cost and time by longer answers is one finding; in another service it is one of its own."""
    shop, bot = (of(unit, "", "", spread(attempts(10))) for unit in (SHOP, BOT))
    names = ("output_tokens", "cost", "latency", "stop_reason:max_tokens")
    (one,) = merged([change(name, 50.0 if name == "output_tokens" else 30.0, shop) for name in names])
    assert one.main.name in ("output_tokens", "stop_reason:max_tokens")
    assert len(one.also) == 3
    apart = merged([change("output_tokens", 50.0, shop), change("cost", 30.0, bot)])
    assert [(one.main.name, one.also) for one in apart] == [("output_tokens", ()), ("cost", ())]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_one_change_of_speed_is_one_finding(order: tuple[int, ...]) -> None:
    """Latency and its two parts are one finding, whatever their order."""
    shop = of(SHOP, "", "", spread(attempts(10)))
    each = [
        change(name, gain, shop)
        for name, gain in (("latency", 90.0), ("time_to_first_token", 70.0), ("time_per_output_token", 20.0))
    ]
    (one,) = merged([each[place] for place in order])
    assert one.main.name == "latency"
    assert len(one.also) == 2


def test_the_wider_change_of_speed_counts() -> None:
    """Time per token is known of streams alone: what latency shows of other services is a part of it."""
    shop, bot = (of(unit, "", "", spread(attempts(10))) for unit in (SHOP, BOT))
    wide = change("latency", 40.0, shop)._replace(extent=Extent((), (shop, bot)))
    (one,) = merged([change("time_per_output_token", 60.0, shop), wide])
    assert one.main is wide
