"""Whether a span can be read: its lock is held by who writes it, perhaps further up in this thread."""

from __future__ import annotations

from typing import Any


def is_locked(span: Any) -> bool:
    """Whether somebody, perhaps this thread, holds a lock of a span."""
    for owner in (span, getattr(span, "_attributes", None)):
        lock = getattr(owner, "_lock", None)
        if lock is not None and lock.locked():
            return True
    return False
