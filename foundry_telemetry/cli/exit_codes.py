"""The exit codes of all commands. One number means the same everywhere."""

from __future__ import annotations

from typing import Final

OK: Final = 0
FAILED: Final = 1
USAGE: Final = 2
ATTENTION: Final = 3
INTERRUPTED: Final = 130
TERMINATED: Final = 143

MEANINGS: Final = {
    OK: "success",
    FAILED: "the command could not complete",
    USAGE: "invalid option or argument",
    ATTENTION: "completed, and the result needs attention",
    INTERRUPTED: "stopped by Ctrl-C before it completed",
    TERMINATED: "stopped by SIGTERM",
}
"""What each code means for every command; a command may say more exactly what it means there."""


def epilog(exact: dict[int, str] | None = None, *, serves: bool = False) -> str:
    """The exit codes as they stand at the end of a help text.

    Args:
        exact: What codes mean for this command; `ATTENTION` is one of its codes only if it is named here.
        serves: Whether the command runs until it is stopped, so that Ctrl-C is a normal end.
    """
    meanings = MEANINGS | (exact or {})
    if ATTENTION not in (exact or {}):
        del meanings[ATTENTION]
    del meanings[INTERRUPTED if serves else TERMINATED]
    lines = (f"  {code:<3}  {meaning}" for code, meaning in meanings.items())
    return "\b\nExit codes:\n" + "\n".join(lines)  # \b keeps the lines apart
