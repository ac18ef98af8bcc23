"""What every test of the signals gets."""

from __future__ import annotations

from tests.attach.unlost import nothing_is_lost

__all__ = ["nothing_is_lost"]
