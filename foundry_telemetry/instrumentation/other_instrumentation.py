"""Who else is watching the same client."""

from __future__ import annotations

import sys
from typing import Final

from foundry_telemetry.instrumentation.families import FAMILIES, NETWORK_TRANSPORTS

_INSTRUMENTORS: Final = {family.name: family.instrumentor for family in FAMILIES}

_CARRIERS: Final = (*(name for name, _ in NETWORK_TRANSPORTS), "Request")


def makes_http_span(transport: object) -> bool:
    """Whether opentelemetry-instrumentation-httpx makes a span for an exchange over `transport`.

    It patches the families' own transports, so a custom one and a mock get no span.

    Args:
        transport: The transport; where an integration does not know it, the class of the request, whose
            family's own transport is then taken to carry it.
    """
    module = sys.modules.get("opentelemetry.instrumentation.httpx")
    if module is None or transport is None:
        return False
    own = getattr(transport, "__dict__", {})
    if "handle_request" in own or "handle_async_request" in own:
        return True  # `instrument_client` wraps the method on the instance
    kind = transport if isinstance(transport, type) else type(transport)
    if kind.__module__ == module.__name__:
        return True  # one of its own transports
    for cls in kind.__mro__:
        family = cls.__module__.partition(".")[0]
        if family in _INSTRUMENTORS and cls.__name__ in _CARRIERS:
            instrumentor = getattr(module, _INSTRUMENTORS[family], None)
            return bool(instrumentor and instrumentor().is_instrumented_by_opentelemetry)
    return False
