"""Other transports in the place of those that clients choose: how the test kit answers every call itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundry_telemetry.instrumentation.class_patch import ClientPatch
from foundry_telemetry.instrumentation.families import client_classes
from foundry_telemetry.instrumentation.transport import (
    attach_process,
    beneath_ours,
    detach_process,
    patch,
    process_tracker,
    restore,
)

Choose = Callable[[Any, Any], Any]
"""Given the transport that a client chose and the URL, gives the one to use."""


class Swaps:
    """Other transports in the place of those that clients choose, below our own patches of the classes.

    Args:
        choose: Chooses the transport.
    """

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._before = process_tracker()
        self._swaps: list[ClientPatch] = []
        self._place()

    def come_to_top(self) -> None:
        """Where somebody has patched over us since, such as a mock that was started later, patch over it."""
        if not all(beneath_ours(swap.cls) is swap.method for swap in self._swaps):
            self._place()

    def undo(self) -> None:
        """Put everything back, with it whatever was instrumented since."""
        held = restore()
        self._release()
        patch(held)
        detach_process()
        if self._before is not None:
            attach_process(self._before)

    def _place(self) -> None:
        held = restore()
        self._release()
        self._swaps = [ClientPatch(cls, self._change) for cls in client_classes()]
        patch(held)

    def _change(self, _: Any, transport: Any, url: Any) -> Any:
        return self._choose(transport, url)

    def _release(self) -> None:
        for swap in self._swaps:
            swap.restore()
