"""Variables of the environment that are set for the time of a set-up."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def environment(overrides: Mapping[str, str | None], defaults: Mapping[str, str]) -> Iterator[None]:
    """Change the environment of the process while the block runs, and put it back.

    Args:
        overrides: Variables to set, or to hide with ``None``.
        defaults: Variables to set where the user has not.
    """
    changes = {name: value for name, value in defaults.items() if name not in os.environ} | dict(overrides)
    before = {name: os.environ.get(name) for name in changes}
    try:
        _apply(changes)
        yield
    finally:
        _apply(before)


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
