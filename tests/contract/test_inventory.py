"""The inventory has all that can leave, and nothing else: held against real traffic, both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.schema.inventory import INVENTORY
from foundry_telemetry.schema.row import Row
from foundry_telemetry.schema.value import TAG_PREFIX
from tests.contract.traffic import Seen, run
from tests.support.families import has_prices, sdk_has_spans
from tests.support.recorded import canaries, cases

pytestmark = pytest.mark.skipif(not (has_prices and sdk_has_spans), reason="needs prices and the SDK's spans")

SEEN_AS = {
    "span": ("span",),
    "metric": ("metric attribute", "metric"),
    "ledger": ("ledger",),
    "log": ("log",),
}
"""A signal of the inventory in the words of the traffic."""

TAGS = f"{TAG_PREFIX}<key>"

UNSEEN: dict[str, str] = {}
"""Rows that the traffic cannot show, by name, with the reason; today there are none."""


@pytest.fixture(scope="module")
def seen() -> Seen:
    """All the traffic; it takes some seconds."""
    return run()


def row_of(place: str, name: str) -> Row | None:
    """The row for a name where it was seen."""
    if name.startswith(TAG_PREFIX):
        name = TAGS
    kinds = {"metric": ("metric",), "log": ("line",)}.get(place, ("field",))
    for row in INVENTORY:
        if row.name == name and row.kind in kinds and any(place in SEEN_AS[one] for one in row.signals):
            return row
    return None


def reported(seen: Seen) -> Iterator[tuple[str, str]]:
    """Where each name was seen; the event of a line is the application's, as are names of spans of others."""
    yield from (key for key in seen.values if key[0] not in ("span name", "body") and key != ("log", "event"))


@pytest.mark.slow
def test_what_is_seen_is_in_the_inventory(seen: Seen) -> None:
    """Every attribute, metric and field that real traffic leaves has a row for that signal."""
    unknown = [key for key in reported(seen) if row_of(*key) is None]
    assert not unknown


@pytest.mark.slow
def test_what_is_in_the_inventory_is_seen(seen: Seen) -> None:
    """Every row is seen in each signal it names: nothing is reported that does not exist."""
    names = {(place, TAGS if name.startswith(TAG_PREFIX) else name) for place, name in reported(seen)}
    for row in INVENTORY:
        if row.kind in ("field", "metric", "line") and row.name not in UNSEEN:
            for signal in row.signals:
                assert any((one, row.name) in names for one in SEEN_AS[signal]), (row.name, signal)


@pytest.mark.slow
def test_values_fit_their_constraints(seen: Seen) -> None:
    """Every value that was seen fits the constraint of its row."""
    for key in reported(seen):
        row = row_of(*key)
        assert row is not None
        wrong = [value for value in seen.values[key] if not row.constraint.fits(value)]
        assert not wrong, (key, row.constraint.says, wrong[:3])


@pytest.mark.slow
@pytest.mark.parametrize("what", ["span name", "body"])
def test_names_and_bodies_fit(seen: Seen, what: str) -> None:
    """Every name of a span of ours and every body of the event fits a constraint of the inventory."""
    kind = "span name" if what == "span name" else "event"
    constraints = [row.constraint for row in INVENTORY if row.kind == kind]
    values = [value for (place, _), each in seen.values.items() if place == what for value in each]
    assert values
    assert not [value for value in values if not any(each.fits(value) for each in constraints)]


@pytest.mark.slow
def test_no_canary_is_seen(seen: Seen) -> None:
    """Nothing of the prompts, credentials and persons that went in came out."""
    text = repr(dict(seen.values))
    assert not [canary for case in cases() for canary in canaries(case) if canary in text]
    assert "jane" not in text


def test_constraints_can_fail() -> None:
    """A constraint refuses what a secret, a prompt or an e-mail address look like; tags are the user's."""
    for row in INVENTORY:
        if row.name == TAGS:
            continue
        for wrong in ("Tell me a secret,\nplease", f"Bearer {'eyJ0eXAi' * 40}", "\x1b[31m"):
            assert not row.constraint.fits(wrong), row.name


def test_every_name_has_a_meaning() -> None:
    """Each field and each metric says what it means."""
    assert not [row.name for row in INVENTORY if row.kind in ("field", "metric") and not row.meaning]


def test_rows_are_told_apart() -> None:
    """No name stands twice for the same place."""
    places = [(row.kind, row.name) for row in INVENTORY]
    assert len(places) == len(set(places))
