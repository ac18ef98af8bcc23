"""Calls to hosts that nobody named: which the SDK knows as Foundry's, and a word on those that are lost."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.context import Context

from foundry_telemetry.wire.request_matcher import resembles_claude

_log: Final = logging.getLogger("foundry_telemetry")

_FOUNDRY_SCOPE: Final = "com.anthropic.sdk.python.foundry"
"""Instrumentation scope of the spans that the SDK's Foundry clients open, from anthropic 1.14 on."""

_MOST: Final = 20
"""Hosts that are logged in a process. More are no gateways, but addresses made by a program."""

_MAX_HOST: Final = 253
"""Characters; the DNS knows no longer names."""

_ODD: Final = re.compile(r"[^A-Za-z0-9._:-]")


def in_foundry_span(context: Context | None) -> bool:
    """Whether the current span is the one that an ``AnthropicFoundry`` client opened for this call.

    Args:
        context: Where the call was made; the current one by default.
    """
    span = trace.get_current_span(context)
    if getattr(span, "kind", None) is not trace.SpanKind.CLIENT:
        return False  # a tool that a Foundry client runs may call anybody
    return getattr(getattr(span, "instrumentation_scope", None), "name", None) == _FOUNDRY_SCOPE


class UnnamedHosts:
    """Logs one line for each host to which calls go that look like calls to Claude and are not recorded."""

    def __init__(self) -> None:
        self._known: dict[bytes, object] = {}
        self._left = [None] * _MOST

    def notice(self, request: Any) -> None:
        """See a request that is not recorded, and log it where it looks like Claude. Never raises.

        No lock is taken, neither ours nor one of OpenTelemetry: a handler of the log may call Claude in turn.
        """
        host = request.url.raw_host[:_MAX_HOST]
        if not self._left or host in self._known:
            return
        if resembles_claude(host, request.url.raw_path, request.headers.raw) and self._is_first(host):
            with suppress(Exception):  # a handler of the log that raises is no business of the call
                _warn(_ODD.sub("?", host.decode("ascii", "replace")))

    def _is_first(self, host: bytes) -> bool:
        """Whether this host is to be logged now; of threads that ask at the same time one gets it."""
        mine = object()
        if self._known.setdefault(host, mine) is not mine:
            return False
        try:
            self._left.pop()
        except IndexError:  # other threads were faster
            return False
        return True


def _warn(host: str) -> None:
    shown = f"[{host}]" if ":" in host else host
    _log.warning(
        "calls to %s are not recorded: they look like calls to Claude, but the host is not known as "
        'Foundry. If it is a gateway to Foundry, add configure(hosts=["%s"]) or instrument(hosts=["%s"])',
        shown,
        shown,
        shown,
    )


unnamed_hosts: Final = UnnamedHosts()
"""Those of the process."""
