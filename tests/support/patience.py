"""How long a test waits for what must come."""

from __future__ import annotations

from typing import Final

PATIENCE_S: Final = 300.0
"""Seconds until a test fails for a process, a thread or an answer that does not come.

Nothing is measured by it, so it is far above what a slow machine needs. A test that something ends in time
takes away the time instead: what would be waited for never comes, and then there is no end but the right one.
"""
