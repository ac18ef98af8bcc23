"""The kit, as a test of ours uses it: without the plugin, so that these tests pass wherever they run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from foundry_telemetry.testing import FoundryKit


@pytest.fixture
def foundry() -> Iterator[FoundryKit]:
    """A kit that answers."""
    with FoundryKit() as kit:
        yield kit
