"""What is done around every request of the exporters, through the two hooks azure-core offers."""

from __future__ import annotations

import copy
import logging
import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from azure.core.exceptions import ServiceRequestError
from azure.core.pipeline.policies import CustomHookPolicy, RetryPolicy

_LEAST_S: Final = 0.1
_AGAIN_S: Final = 3600.0
"""Seconds until a refusal is reported again."""

_SILENT_REFUSALS: Final = {402: "the quota", 439: "the daily cap"}
"""Answers on which the exporter drops a batch without a log line."""

_log = logging.getLogger("foundry_telemetry.azure")


class RequestHooks:
    """The hooks.

    Args:
        read_timeout: Seconds to wait for an answer in normal times.
        on_request: The application's own hook, called after ours.
        on_response: The same for answers.
        has_disk: Whether the exporters keep on disk what they cannot send.
    """

    def __init__(
        self,
        read_timeout: float,
        on_request: Callable[[Any], object] | None = None,
        on_response: Callable[[Any], object] | None = None,
        *,
        has_disk: bool = True,
    ) -> None:
        self.deadline: float | None = None
        """When the process ends, on the monotonic clock."""
        self._read_timeout = read_timeout
        self._on_request = on_request
        self._on_response = on_response
        self._has_disk = has_disk
        self._owners: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._left_to_parent: list[Any] = []
        self._reported_at = -_AGAIN_S

    def request(self, request: Any) -> None:
        """Keep a request within the life of the process, and a fork's connection out of its parent's.

        Raises:
            ServiceRequestError: No time is left to send anything; the exporter takes it for a failed
                connection and puts the batch on disk.
        """
        with suppress(Exception):
            self._leave_connections_to_parent(request.context.transport)
        request.context.options.setdefault("read_timeout", self._read_timeout)
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0 and self._has_disk:
                raise ServiceRequestError("the process ends, so this is kept on disk")
            left = max(left, _LEAST_S)
            request.context.options["read_timeout"] = min(self._read_timeout, left)
            request.context.options["connection_timeout"] = left
        if self._on_request is not None:
            self._on_request(request)

    def response(self, response: Any) -> None:
        """Say aloud that Azure throws telemetry away, where the exporter would not."""
        reason = _SILENT_REFUSALS.get(response.http_response.status_code)
        now = time.monotonic()
        if reason is not None and now - self._reported_at >= _AGAIN_S:
            self._reported_at = now
            _log.warning("Azure Monitor rejects telemetry: %s is reached. New telemetry is dropped", reason)
        if self._on_response is not None:
            self._on_response(response)

    def _leave_connections_to_parent(self, transport: Any) -> None:
        """Two processes that write on one inherited connection would read each other's answers."""
        pid = os.getpid()
        if self._owners.setdefault(transport, pid) == pid:
            return
        session = transport.session
        for prefix, adapter in list(session.adapters.items()) if session is not None else ():
            # A copy has the settings, and connections of its own. It is put in place and not mounted: that
            # would reorder what the thread of another exporter may be searching.
            session.adapters[prefix] = copy.copy(adapter)
            # Kept alive: letting a pool go would take a lock that a thread of the parent may have held.
            self._left_to_parent.append(adapter)
        self._owners[transport] = (
            pid  # last: until then other threads do the same, and use none of the parent's
        )


Hook = Callable[[Any], object]
"""Called with what azure-core is about to send, or has got."""


def hook_into(exporter: Any, on_request: Hook, on_response: Hook, *, retries: int | None) -> None:
    """Let an exporter that others have made send as ours do; hooks that it has are called after ours.

    Args:
        exporter: Of any signal.
        on_request: Called before each request.
        on_response: Called with each answer.
        retries: Of a request, before its batch goes to disk; as many as it has by default.
    """
    for policy in _policies(exporter):
        if isinstance(policy, CustomHookPolicy):
            policy._request_callback = _both(on_request, policy._request_callback)  # noqa: SLF001
            policy._response_callback = _both(on_response, policy._response_callback)  # noqa: SLF001
        elif isinstance(policy, RetryPolicy) and retries is not None and exporter.storage is not None:
            policy.total_retries = retries


def _policies(exporter: Any) -> Iterator[object]:
    """What each request of an exporter goes through; it takes them when it is made only."""
    for runner in exporter.client._client._pipeline._impl_policies:  # noqa: SLF001
        yield getattr(runner, "_policy", runner)


def _both(ours: Hook, theirs: Hook | None) -> Hook:
    def call(exchanged: Any) -> None:
        ours(exchanged)
        if theirs is not None:
            theirs(exchanged)

    return call
