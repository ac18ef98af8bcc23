"""The client's timeout for what it waited for when an attempt was cut short."""

from __future__ import annotations

import pytest

from foundry_telemetry.wire.exceptions import read_timeout
from tests.support.families import FAMILIES

SET = {"connect": 1, "read": 2.5, "write": 3.0, "pool": 4.0}
FAMILY_MODULES = list(dict.fromkeys(family.module for family in FAMILIES))


@pytest.mark.parametrize("module", FAMILY_MODULES, ids=lambda module: module.__name__)
@pytest.mark.parametrize(
    ("name", "seconds"),
    [
        ("ConnectTimeout", 1.0),
        ("ConnectError", 1.0),
        ("ReadTimeout", 2.5),
        ("ReadError", 2.5),
        ("RemoteProtocolError", 2.5),
        ("WriteTimeout", 3.0),
        ("PoolTimeout", 4.0),
    ],
)
def test_the_exception_names_the_phase(module: object, name: str, seconds: float) -> None:
    """The timeout is that of the phase in the exception's name, or in that of a class above it."""
    kind = getattr(module, name)
    own = type("Own", (kind,), {})
    assert [read_timeout(SET, error("CANARY")) for error in (kind, own)] == [seconds, seconds]


def test_without_an_exception_it_is_the_wait_for_bytes() -> None:
    """A stream that ends early raises nothing."""
    assert read_timeout(SET, None) == 2.5


@pytest.mark.parametrize(
    "timeouts",
    [
        None,
        "CANARY",
        5,
        {},
        *({"read": value} for value in (None, "CANARY", -1, float("nan"), 1e400, 10**400)),
    ],
)
def test_without_a_timeout_there_is_none(timeouts: object) -> None:
    """What is no number of seconds is unknown, whatever an application has put there."""
    assert read_timeout(timeouts, TimeoutError()) is None
