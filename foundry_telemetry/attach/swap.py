"""Other transports in the place of those that clients choose: how the test kit answers every call itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundry_telemetry.attach.families import client_classes
from foundry_telemetry.attach.transport import ClassPatch, patch, restore

Choose = Callable[[Any, Any], Any]
"""Given the transport that a client chose and the URL, gives the one to use."""


def swap_transports(choose: Choose) -> Callable[[], None]:
    """Put other transports in the place of those that clients choose, below our own hold on them.

    Args:
        choose: Chooses the transport.

    Returns:
        What undoes it.
    """
    held = restore()
    swaps = [ClassPatch(cls, lambda _, transport, url: choose(transport, url)) for cls in client_classes()]
    patch(held)

    def undo() -> None:
        held = restore()
        for swap in reversed(swaps):
            swap.restore()
        patch(held)

    return undo
