"""The manifest says all that can leave, and nothing else: held against real traffic, both ways."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry import conventions
from foundry_telemetry.manifest import ENTRIES, Entry, meaning
from tests.contract.test_face import EMITTED
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
"""A place of the manifest in the words of the traffic."""

TAGS = f"{conventions.TAG_PREFIX}<key>"

UNSEEN: dict[str, str] = {}
"""Entries that the traffic cannot show, by name, with the reason; today there are none."""


@pytest.fixture(scope="module")
def seen() -> Seen:
    """All the traffic; it takes some seconds."""
    return run()


def entry_of(place: str, name: str) -> Entry | None:
    """The entry for a name where it was seen."""
    if name.startswith(conventions.TAG_PREFIX):
        name = TAGS
    kinds = {"metric": ("metric",), "log": ("line",)}.get(place, ("field",))
    for entry in ENTRIES:
        if entry.name == name and entry.what in kinds and any(place in SEEN_AS[one] for one in entry.places):
            return entry
    return None


def told(seen: Seen) -> Iterator[tuple[str, str]]:
    """Where each name was seen; the event of a line is the application's, as are names of spans of others."""
    yield from (key for key in seen.values if key[0] not in ("span name", "body") and key != ("log", "event"))


@pytest.mark.slow
def test_what_is_seen_is_in_the_manifest(seen: Seen) -> None:
    """Every attribute, metric and field that real traffic leaves has an entry for that place."""
    unknown = [key for key in told(seen) if entry_of(*key) is None]
    assert not unknown


@pytest.mark.slow
def test_what_is_in_the_manifest_is_seen(seen: Seen) -> None:
    """Every entry is seen in each place it names: nothing is told of that does not exist."""
    names = {(place, TAGS if name.startswith(conventions.TAG_PREFIX) else name) for place, name in told(seen)}
    for entry in ENTRIES:
        if entry.what in ("field", "metric", "line") and entry.name not in UNSEEN:
            for place in entry.places:
                assert any((one, entry.name) in names for one in SEEN_AS[place]), (entry.name, place)


@pytest.mark.slow
def test_values_fit_their_forms(seen: Seen) -> None:
    """Every value that was seen is of the form that its entry says."""
    for key in told(seen):
        entry = entry_of(*key)
        assert entry is not None
        wrong = [value for value in seen.values[key] if not entry.form.fits(value)]
        assert not wrong, (key, entry.form.says, wrong[:3])


@pytest.mark.slow
@pytest.mark.parametrize("what", ["span name", "body"])
def test_names_and_bodies_fit(seen: Seen, what: str) -> None:
    """Every name of a span of ours and every body of the event is of one of the forms in the manifest."""
    kind = "span name" if what == "span name" else "event"
    forms = [entry.form for entry in ENTRIES if entry.what == kind]
    values = [value for (place, _), each in seen.values.items() if place == what for value in each]
    assert values
    assert not [value for value in values if not any(form.fits(value) for form in forms)]


@pytest.mark.slow
def test_no_canary_is_seen(seen: Seen) -> None:
    """Nothing of the prompts, credentials and persons that went in came out."""
    text = repr(dict(seen.values))
    assert not [canary for case in cases() for canary in canaries(case) if canary in text]
    assert "jane" not in text


def test_forms_can_fail() -> None:
    """A form refuses what a secret, a prompt or an e-mail address looks like; tags are the user's own."""
    for entry in ENTRIES:
        if entry.name == TAGS:
            continue
        for wrong in ("Tell me a secret,\nplease", f"Bearer {'eyJ0eXAi' * 40}", "\x1b[31m"):
            assert not entry.form.fits(wrong), entry.name


def test_names_are_those_of_the_conventions() -> None:
    """Each name that the conventions say we emit has an entry, and each entry's meaning stands there."""
    known = {TAGS if entry.name == TAGS else entry.name for entry in ENTRIES}
    emitted = {TAGS if name == conventions.TAG_PREFIX else name for name in EMITTED}
    assert emitted <= known
    for entry in ENTRIES:
        if entry.what in ("field", "metric"):
            assert meaning(entry), entry.name


def test_entries_are_told_apart() -> None:
    """No name stands twice for the same place."""
    places = [(entry.what, entry.name) for entry in ENTRIES]
    assert len(places) == len(set(places))
