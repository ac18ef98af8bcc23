"""From a record to its advice, whatever the record says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.advice import ALL, FALLBACKS, UNKNOWN, Advice, advice_for
from foundry_telemetry.observation import Origin
from foundry_telemetry.wire.causes import CLASSES, make_failure
from tests.support.recorded import cases

ROOT = Path(__file__).parents[2]
FAILED = [case for case in cases() if case["expect"]["error"]]


@pytest.mark.parametrize("case", FAILED, ids=lambda case: case["id"])
def test_every_recorded_failure_gets_its_own_advice(case: dict[str, Any]) -> None:
    """The advice on a recorded answer names the owner that its record names."""
    error = case["expect"]["error"]
    status = case["response"]["status"] if case["response"] else None
    failure = make_failure(error["class"], origin=error["origin"], status=status)
    entry = advice_for(failure.type, failure.owner)
    assert entry.owner == failure.owner
    if failure.owner == CLASSES[failure.type].owner:
        assert entry is ALL[failure.type]
        assert entry.retryable == error["retryable"]


@pytest.mark.parametrize("origin", get_args(Origin))
@pytest.mark.parametrize("status", [402, 409, 418, 499, 500, 502, 507, 599])
def test_an_answer_that_fits_no_class_is_advised_by_its_owner(status: int, origin: Origin) -> None:
    """The advice on `http_<status>` is that of the owner in its record; without one nobody is named."""
    failure = make_failure(f"http_{status}", origin=origin, status=status)
    assert advice_for(failure.type, failure.owner).owner == failure.owner
    assert advice_for(failure.type) is UNKNOWN


@pytest.mark.parametrize("origin", get_args(Origin))
@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_from_everywhere_agrees_with_the_record(name: str, origin: Origin) -> None:
    """Who answered can change the owner, and then the advice changes with it."""
    failure = make_failure(name, origin=origin)
    assert advice_for(failure.type, failure.owner).owner == failure.owner


def test_a_gateway_has_advice_of_its_own() -> None:
    """Nobody is sent for more quota at Azure because of a limit that his own gateway sets."""
    assert advice_for("rate_limited", "customer_gateway") is FALLBACKS["customer_gateway"]
    assert advice_for("rate_limited", "quota") is ALL["rate_limited"]
    assert advice_for("gateway_html", "customer_gateway") is ALL["gateway_html"]


def test_a_class_of_a_newer_version_is_advised_by_its_owner() -> None:
    """An old tool reads new records."""
    assert advice_for("quota_of_tomorrow", "quota") is FALLBACKS["quota"]
    assert advice_for("quota_of_tomorrow") is UNKNOWN
    assert advice_for("quota_of_tomorrow", "owner_of_tomorrow") is UNKNOWN
    assert advice_for(None) is UNKNOWN


@given(st.none() | st.text(), st.none() | st.text())
def test_no_record_makes_it_fail(error_type: str | None, owner: str | None) -> None:
    """Whatever stands in a record, there is advice."""
    assert isinstance(advice_for(error_type, owner), Advice)


def test_the_table_cannot_be_changed() -> None:
    """All readers share it."""
    with pytest.raises(TypeError):
        ALL["mine"] = UNKNOWN  # type: ignore[index]
    with pytest.raises(AttributeError):
        UNKNOWN.meaning = "mine"


PROBE = """
import sys
import foundry_telemetry
from foundry_telemetry import instrument, configure
early = "foundry_telemetry.advice" in sys.modules
before = set(sys.modules)
from foundry_telemetry.advice import advice_for
advice_for("rate_limited")
print(early, sorted({name.partition(".")[0] for name in set(sys.modules) - before} - {"foundry_telemetry"}))
print("foundry_telemetry.advice.page" in sys.modules)
"""


def test_it_is_loaded_only_when_asked_for() -> None:
    """Neither the package nor an integration loads the advice; it brings in nothing, the page comes last."""
    done = subprocess.run([sys.executable, "-c", PROBE], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.splitlines() == ["False []", "False"]
