"""Which values are hashed, and what `set_tags` takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundry_telemetry.attribution import attribute, current_tags, metric_tags, set_tags
from foundry_telemetry.attribution.tags import PERSONAL

PERSON = "jane.doe@example.com"


@pytest.fixture(autouse=True)
def _as_at_the_start() -> Iterator[None]:
    """Settings are the process's: each test leaves them as they were."""
    yield
    set_tags()


def reported(**tags: str) -> dict[str, str]:
    """The tags in force inside a block."""
    with attribute(**tags):
        return dict(current_tags())


@pytest.mark.parametrize("key", sorted(PERSONAL))
def test_values_that_name_a_person_are_hashed(key: str) -> None:
    """They become 16 hex digits: the same for the same person, others for another, never the value."""
    value = reported(**{key: PERSON})[key]
    assert len(bytes.fromhex(value)) == 8
    assert reported(**{key: f" {PERSON}\n"})[key] == value
    assert reported(**{key: PERSON + "x"})[key] != value
    assert reported(**{key: ""}) == {}


def test_long_values_are_hashed_whole() -> None:
    """Two persons whose first 128 characters agree are still two."""
    assert reported(user="x" * 128 + "a") != reported(user="x" * 128 + "b")


def test_other_values_stay() -> None:
    """What names no person is reported as it is."""
    assert reported(tenant="acme", feature="user") == {"tenant": "acme", "feature": "user"}


def test_who_says_otherwise() -> None:
    """The application may hash other keys, or none."""
    set_tags(hashed=("tenant",))
    assert reported(user=PERSON)["user"] == PERSON
    assert reported(tenant="acme")["tenant"] != "acme"
    set_tags(hashed=())
    assert reported(tenant="acme") == {"tenant": "acme"}


def test_a_key_changes_every_hash() -> None:
    """With a key of one's own nobody else can tell a value from guesses; the same key gives the same hash."""
    plain = reported(user=PERSON)
    set_tags(hash_key="pepper")
    keyed = reported(user=PERSON)
    assert keyed == reported(user=PERSON) != plain
    set_tags(hash_key="salt")
    assert reported(user=PERSON) not in (plain, keyed)


def test_tags_on_metrics() -> None:
    """None at the start; then those named, each once, in order."""
    assert metric_tags() == ()
    set_tags(on_metrics=["tenant", "team", "tenant"])
    assert metric_tags() == ("tenant", "team")


@pytest.mark.parametrize(
    ("options", "error", "text"),
    [
        ({"on_metrics": "tenant"}, TypeError, "on_metrics='tenant'; expected a sequence"),
        ({"hashed": 7}, TypeError, "hashed=7; expected a sequence"),
        ({"on_metrics": [7]}, TypeError, "on_metrics has 7"),
        ({"on_metrics": ["Tenant"]}, ValueError, r"on_metrics has 'Tenant'; expected \[a-z\]"),
        ({"hash_key": "x" * 65}, ValueError, "65 bytes; expected 64"),
    ],
)
def test_bad_settings_change_nothing(options: dict[str, Any], error: type[Exception], text: str) -> None:
    """What cannot be is refused with the value, and all stays as it was."""
    set_tags(on_metrics=("team",))
    with pytest.raises(error, match=text):
        set_tags(**options)
    assert metric_tags() == ("team",)


def test_more_than_eight_are_refused_where_they_are_written() -> None:
    """A decorator with nine tags fails where it stands, not at its first call."""
    with pytest.raises(ValueError, match="expected at most 8"):
        attribute(**{f"k{number}": "v" for number in range(9)})
