"""What other libraries have open, or record, for the same calls as we: seen around real attempts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from foundry_telemetry.warn_once import Once

_MOST: Final = 64
"""Different sets of scopes that are counted at most."""

_log: Final = logging.getLogger("foundry_telemetry")


class Doubling:
    """Whose spans stood for the attempts of this process. No lock: a count may lack one, a set none."""

    def __init__(self) -> None:
        self._attempts: dict[tuple[str, ...], int] = {}

    def note(self, scopes: tuple[str, ...]) -> None:
        """Note an attempt.

        Args:
            scopes: Of the spans of other libraries that stand for its call, sorted; empty if only ours does.
        """
        attempts = self._attempts
        try:
            attempts[scopes] += 1
        except KeyError:
            if len(attempts) < _MOST:
                attempts[scopes] = 1
        if len(scopes) > 1:
            _warn(scopes)

    @property
    def attempts(self) -> Mapping[tuple[str, ...], int]:
        """How many attempts there were by the scopes around them."""
        return dict(self._attempts)

    def clear(self) -> None:
        """Forget the warnings given, and warn anew."""
        self._attempts.clear()
        _warn.cache_clear()


doubling: Final = Doubling()
"""Of this process."""


@Once
def _warn(scopes: tuple[str, ...]) -> None:
    _log.warning(
        "several libraries create a span for the same call: %s. If each records token usage, sums over spans "
        "count it more than once. Keep one of them; ANTHROPIC_OPEN_TELEMETRY=false, or open_telemetry=False "
        "on the client, disables that of the anthropic SDK",
        ", ".join(scopes),
    )
