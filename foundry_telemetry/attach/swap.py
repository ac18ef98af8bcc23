"""Other transports in the place of those that clients choose: how the test kit answers every call itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from foundry_telemetry.attach.recorder import Recorder
from foundry_telemetry.attach.transport import (
    _SEAM,
    _classes,
    _process,
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

    def is_on_top(self) -> bool:
        """Whether nobody has patched over this hold, nor between it and our own hold on the process."""
        owner = self._owner()
        placed = vars(owner).get(_SEAM)
        for seam in _process:
            if seam._ours is placed:  # noqa: SLF001 - a hold of the same kind
                placed = seam._own  # noqa: SLF001
        return placed is self._ours

    def release(self) -> None:
        """Put the original back; where somebody patched over us, only step aside."""
        self._choose = None
        super().release()


class Swaps:
    """Other transports in the place of those that clients choose, below our own hold on the process.

    Args:
        choose: Chooses the transport.
    """

    def __init__(self, choose: Choose) -> None:
        self._choose = choose
        self._before = process_recorder()
        self._swaps: list[_Swap] = []
        self._place(self._before)

    def come_to_top(self) -> None:
        """Where somebody has patched over us since, such as a mock that was started later, patch over it."""
        if not all(swap.is_on_top() for swap in self._swaps):
            recorder = process_recorder()
            self._release()
            self._place(recorder)

    def undo(self) -> None:
        """Put everything back, with it whatever was done since to our hold on the process."""
        self._release()
        if self._before is not None:
            attach_process(self._before)

    def _place(self, recorder: Recorder | None) -> None:
        detach_process()
        self._swaps = [_Swap(cls, self._choose) for cls in _classes()]
        if recorder is not None:
            attach_process(recorder)

    def _release(self) -> None:
        detach_process()
        for swap in self._swaps:
            swap.release()
        for cls in _classes():
            setattr(cls, _SEAM, _beneath_ours(vars(cls)[_SEAM]))


def _beneath_ours(placed: Any) -> Any:
    """What stands under holds that were released: who had patched over one of them has put it back since."""
    while isinstance(seam := getattr(getattr(placed, "__wrapped__", None), "__self__", None), _Seam):
        placed = seam._own  # noqa: SLF001
    return placed
