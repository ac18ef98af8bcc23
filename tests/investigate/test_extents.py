"""Extents: what attempts have in common, with the fewest terms, and nothing that is not proven."""

from __future__ import annotations

from foundry_telemetry.investigate.incident.extents import Extent, Slices, extents
from foundry_telemetry.investigate.incident.findings import _terms
from foundry_telemetry.investigate.incident.scan import _rest
from foundry_telemetry.investigate.incident.slices import EMPTY, Unit
from tests.investigate.slices import BOT, SHOP, attempts, by, of, spread, together

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


def test_unaffected_are_all_others_with_attempts() -> None:
    """Every other value that made attempts is named as not affected; what is idle is not."""
    idle = of(SHOP, "instance", "idle", spread(EMPTY), attempts(20))
    slices = Slices([*by(SHOP, "instance", INSTANCES), idle])
    (extent,) = [one for one in extents(slices) if one.terms == (("instance", "two"),)]
    (term,) = _terms(slices, extent)
    assert set(term.unaffected) == {"one", "three"}
    assert term.number == 3


def test_what_is_left_of_a_unit() -> None:
    """Without an instance the rest of the unit has the attempts of the others, and their slices."""
    slices = together(by(SHOP, "instance", INSTANCES))
    extent = Extent((("instance", "two"),), (slices.values[SHOP]["instance"]["two"],))
    whole, *others = _rest(slices, extent, SHOP)
    assert whole.now["attempts"] == sum(one.now["attempts"] for one in others) == 2 * 12 * 20
    assert {one.value for one in others} == {"one", "three"}
    rest = slices.without(extent, {SHOP: (whole, *others)})
    assert set(rest.values[SHOP]["instance"]) == {"one", "three"}
