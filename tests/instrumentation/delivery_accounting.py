"""The guards at the integrations hide our failures from the user's call; here they hide none from us."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.internal_errors import internal_errors


@pytest.fixture(autouse=True)
def nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No failure of our own was swallowed during the test; those of tests before it do not count."""
    monkeypatch.setattr(internal_errors, "count", 0)
    yield
    assert internal_errors.count == 0
