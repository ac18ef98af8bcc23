"""A method of a client class: how it is patched, and restored.

``_transport_for_url`` is a method of all four client classes, and every attempt asks it for its transport:
retries, redirects, re-sends of an auth flow, proxies, mounts. It is private, so it is touched here alone and
a test watches it in each family; so is what a URL keeps its path in, since to ask for it makes a new one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from foundry_telemetry.wire.request_matcher import IN_EVERY_PATH

PATCHED_METHOD: Final = "_transport_for_url"
_MARK: Final = "foundry_telemetry"
"""Attribute of each method of ours, by which another copy of this module knows it after a reload."""

Change = Callable[[Any, Any, Any], Any]
"""Given a client, the transport that it chose and the URL, gives the transport to use."""


class ClientPatch:
    """Our patch of one client class.

    Args:
        cls: Has a ``_transport_for_url`` of its own.
        change: Changes what that chooses for a path that may be ours. Must not raise.
    """

    def __init__(self, cls: Any, change: Change) -> None:
        self.cls = cls
        self.is_active = True
        self.original: Any = _beneath_inactive(vars(cls)[PATCHED_METHOD])
        original = self.original

        @wraps(original)
        def _transport_for_url(client: Any, url: Any) -> Any:
            transport = original(client, url)
            if not self.is_active:
                return transport
            try:  # all other traffic of the process turns back here: see what its path has, but make none
                may_concern = IN_EVERY_PATH in url._uri_reference.path  # noqa: SLF001
            except Exception:  # another version of the family keeps it elsewhere; `change` will ask
                may_concern = True
            return change(client, transport, url) if may_concern else transport

        setattr(_transport_for_url, _MARK, self)
        self.method: Any = _transport_for_url
        setattr(cls, PATCHED_METHOD, self.method)

    @property
    def is_in_place(self) -> bool:
        """Whether nobody has patched over it, or put the original back."""
        return vars(self.cls).get(PATCHED_METHOD) is self.method

    def restore(self) -> None:
        """Put the original back. Where somebody patched over us, ours stays below, and changes nothing."""
        self.is_active = False
        placed = vars(self.cls).get(PATCHED_METHOD)
        if (beneath := _beneath_inactive(placed)) is not placed:
            setattr(self.cls, PATCHED_METHOD, beneath)


def _beneath_inactive(method: Any) -> Any:
    """The method below patches of ours that are restored, or that another copy of this module has made.

    A reload forgets its patches, and who had patched over us may have restored our method since.
    """
    while (patch := getattr(method, _MARK, None)) is not None and patch.method is method:
        if type(patch) is ClientPatch and patch.is_active:
            break
        method = method.__wrapped__
    return method
