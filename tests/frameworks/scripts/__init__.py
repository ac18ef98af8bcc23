"""One script for each framework: ``scenarios(url)`` gives what can be asked of it, by name.

A scenario takes the text that is to be asked, by which the fake service knows it, and gives the text that is
answered; it may be a coroutine function.
"""

from __future__ import annotations

from typing import Final

DEPLOYMENT: Final = "claude-sonnet-5-5"
"""A name that those accept, too, that know models by their names."""

KEY: Final = "any"
MAX_TOKENS: Final = 64
