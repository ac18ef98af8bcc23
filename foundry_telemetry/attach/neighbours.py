"""Who else is watching the same client."""

from __future__ import annotations

import sys
from typing import Final

_INSTRUMENTORS: Final = {"httpx": "HTTPXClientInstrumentor", "httpx2": "HTTPX2ClientInstrumentor"}


def makes_http_span(transport: object) -> bool:
    """Whether opentelemetry-instrumentation-httpx makes a span for an exchange over `transport`.

    It patches the families' own transports, so a custom one and a mock get no span.
    """
    module = sys.modules.get("opentelemetry.instrumentation.httpx")
    if module is None or transport is None:
        return False
    own = getattr(transport, "__dict__", {})
    if "handle_request" in own or "handle_async_request" in own:
        return True  # `instrument_client` wraps the method on the instance
    if type(transport).__module__ == module.__name__:
        return True  # one of its own transports
    for cls in type(transport).__mro__:
        family = cls.__module__.partition(".")[0]
        if family in _INSTRUMENTORS and cls.__name__ in ("HTTPTransport", "AsyncHTTPTransport"):
            instrumentor = getattr(module, _INSTRUMENTORS[family], None)
            return bool(instrumentor and instrumentor().is_instrumented_by_opentelemetry)
    return False
