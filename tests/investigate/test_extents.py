"""Extents: what attempts have in common, with the fewest terms, and nothing that is not proven."""

from __future__ import annotations

from foundry_telemetry.investigate.incident.extents import Extent, Slices, extents
from foundry_telemetry.investigate.incident.judging import Interval, Judge
from foundry_telemetry.investigate.incident.measures import failures
from foundry_telemetry.investigate.incident.scan import Found, _rest
from foundry_telemetry.investigate.incident.slices import BINS, EMPTY, Unit
from foundry_telemetry.investigate.incident.terms import terms as terms_of
from tests.investigate.slices import BOT, ERROR, SHOP, attempts, by, of, spread, together

FAILED = failures(ERROR)
INSTANCES = {"one": 0, "two": 0, "three": 0}


def terms(slices: Slices) -> list[tuple[tuple[str, str], ...]]:
    """Of every extent."""
    return [one.terms for one in extents(slices)]


def test_the_same_attempts_are_one_extent_with_the_fewest_terms() -> None:
    """A unit is named by its service alone; an instance without it, and all without any term."""
    found = terms(together(by(SHOP, "instance", INSTANCES), by(BOT, "instance", {"four": 0})))
    assert found.count(()) == 1
    assert (("service", "shop"),) in found
    assert (("deployment", "shop-chat"),) not in found
    assert (("instance", "one"),) in found
    assert not any(len(one) > 1 for one in found)


def test_a_dimension_with_one_value_proves_nothing() -> None:
    """Where a unit has one region, the region is the unit; where it is the only unit, it is all."""
    (alone,) = terms(together(by(SHOP, "region", {"north": 0})))
    assert alone == ()
    found = terms(together(by(SHOP, "region", {"north": 0}), by(BOT, "region", {"south": 0})))
    assert sorted(found) == [(), (("region", "north"),), (("region", "south"),)] or sorted(found) == [
        (),
        (("service", "bot"),),
        (("service", "shop"),),
    ]


def test_two_terms_where_one_is_not_enough() -> None:
    """A tenant of one service among tenants of both needs the service too."""
    tenants = {"acme": 0, "globex": 0}
    found = terms(together(by(SHOP, "tag tenant", tenants), by(BOT, "tag tenant", tenants)))
    assert (("tag tenant", "acme"),) in found
    assert (("service", "shop"), ("tag tenant", "acme")) in found


def test_no_two_extents_have_the_same_attempts() -> None:
    """Each set of attempts is compared once: else chance would get more tries."""
    tenants = {"acme": 0, "globex": 0}
    slices = together(
        by(SHOP, "tag tenant", tenants),
        by(BOT, "tag tenant", tenants),
        by(Unit("x", "y"), "region", {"z": 0}),
    )
    selected = [frozenset(map(id, one.slices)) for one in extents(slices)]
    assert len(set(selected)) == len(selected)
    assert all(selected)


def unaffected(slices: Slices, *terms: tuple[str, str]) -> list[tuple[str, int, tuple[str, ...]]]:
    """Of failures in the extent of these terms: each value, of how many, and those that are not affected."""
    (extent,) = [one for one in extents(slices) if one.terms == terms]
    whole = Interval(0, BINS)
    compared = Judge(FAILED, slices).compare(extent.slices, whole)
    found = Found(FAILED, extent, whole, compared)
    return [(one.value, one.number, one.unaffected) for one in terms_of(slices, found)]


def test_unaffected_are_those_who_would_show_it() -> None:
    """Others with traffic and without the change are named; what is idle does not count."""
    idle = of(SHOP, "instance", "idle", spread(EMPTY), attempts(20))
    slices = Slices([*by(SHOP, "instance", {"one": 0, "two": 15, "three": 0}), idle])
    ((value, number, others),) = unaffected(slices, ("instance", "two"))
    assert (value, number, set(others)) == ("two", 3, {"one", "three"})


def test_who_is_changed_too_or_made_few_attempts_is_not_said_to_be_unaffected() -> None:
    """Another one that fails by more than half as much is affected; of two attempts nobody knows."""
    few = of(SHOP, "instance", "few", (attempts(2), *[EMPTY] * (BINS - 1)), attempts(20))
    slices = Slices([*by(SHOP, "instance", {"one": 0, "two": 15, "three": 9}), few])
    assert unaffected(slices, ("instance", "two")) == [("two", 4, ("one",))]


def test_what_is_left_of_a_unit() -> None:
    """Without an instance the rest of the unit has the attempts of the others, and their slices."""
    slices = together(by(SHOP, "instance", INSTANCES))
    extent = Extent((("instance", "two"),), (slices.values[SHOP]["instance"]["two"],))
    whole, *others = _rest(slices, extent, SHOP)
    assert whole.now["attempts"] == sum(one.now["attempts"] for one in others) == 2 * 12 * 20
    assert {one.value for one in others} == {"one", "three"}
    rest = slices.without(extent, {SHOP: (whole, *others)})
    assert set(rest.values[SHOP]["instance"]) == {"one", "three"}
