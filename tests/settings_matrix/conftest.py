"""One stage for all tests of a process of pytest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.settings_matrix.stage import Stage, staged


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """A fake Foundry, and a run to compare with."""
    with staged() as made:
        yield made
