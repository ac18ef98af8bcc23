"""Other transports in the place of those that clients choose: how the test kit answers every call itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundry_telemetry.attach.transport import (
    _classes,
    _Seam,
    attach_process,
    detach_process,
    process_recorder,
)

Choose = Callable[[Any, Any], Any]
"""Given the transport that a client chose and the URL, gives the one to use."""


class _Swap(_Seam):
    """A hold on one client class that watches nothing, but lets another transport answer.

    Args:
        owner: A client class.
        choose: Chooses the transport.
    """

    def __init__(self, owner: type, choose: Choose) -> None:
        self._choose: Choose | None = choose
        super().__init__(owner, None)

    def _shimmed(self, transport: Any, url: Any) -> Any:
        return transport if self._choose is None else self._choose(transport, url)

    def release(self) -> None:
        """Put the original back; where somebody patched over us, only step aside."""
        self._choose = None
        super().release()


def swap_transports(choose: Choose) -> Callable[[], None]:
    """Put other transports in the place of those that clients choose, below our own hold on the process.

    Args:
        choose: Chooses the transport.

    Returns:
        What undoes it, and with it whatever was done since to our hold on the process.
    """
    recorder = process_recorder()
    detach_process()
    swaps = [_Swap(cls, choose) for cls in _classes()]
    if recorder is not None:
        attach_process(recorder)

    def undo() -> None:
        detach_process()
        for swap in swaps:
            swap.release()
        if recorder is not None:
            attach_process(recorder)

    return undo
