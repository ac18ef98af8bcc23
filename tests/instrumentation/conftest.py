"""What every test of the integrations gets."""

from __future__ import annotations

from tests.instrumentation.delivery_accounting import nothing_is_lost

__all__ = ["nothing_is_lost"]
