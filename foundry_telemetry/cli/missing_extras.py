"""The message when a package of an extra is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_REPAIR: Final = "pip install 'foundry-telemetry[{extra}]'"
_EXTRAS: Final = {"mcp": "mcp", "mcp_types": "mcp"}
"""By package, where it is not the extra that brings all commands."""


@contextmanager
def repair() -> Iterator[None]:
    """End the process with the command that repairs it, where a package is missing inside the block.

    Raises:
        SystemExit: A module could not be found.
    """
    try:
        yield
    except ModuleNotFoundError as missing:
        package = (missing.name or "a package").partition(".")[0]
        sys.exit(
            f"foundry-telemetry: the command line needs {package!r}, which is not installed; "
            f"run\n    {_REPAIR.format(extra=_EXTRAS.get(package, 'demo'))}"
        )
