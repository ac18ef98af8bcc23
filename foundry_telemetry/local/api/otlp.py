"""OTLP over HTTP: ``/v1/traces``, ``/v1/logs`` and ``/v1/metrics``, in protobuf and in JSON.

Beside them the paths of Azure's native OTLP ingestion for logs and spans, which end in ``OTelLogs`` and
``OTelSpans``; metrics end in an Azure Monitor workspace there, and this one has none.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from foundry_telemetry.local.api.access import Access
    from foundry_telemetry.local.api.otlp_requests import OtlpRequests
    from foundry_telemetry.local.store.store import Store

PATHS: Final = ("/v1/traces", "/v1/logs", "/v1/metrics")
NATIVE_PATHS: Final = tuple(
    f"/datacollectionRules/{{rule}}/streams/{{stream}}/otlp/v1/{signal}" for signal in ("logs", "traces")
)
"""Any rule and stream will do."""


class OtlpIngestion:
    """The paths that senders of OTLP post to. What answers is imported with the first request, in a thread.

    Args:
        store: Where telemetry goes.
        access: Who may send.
    """

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access
        self._started_ns = time.time_ns()
        self._importing = asyncio.Lock()
        self._requests: OtlpRequests | None = None

    def routes(self) -> Iterator[Route]:
        """One route for each signal."""
        for path in (*PATHS, *NATIVE_PATHS):
            yield Route(path, partial(self._answer, path), methods=["POST"])

    async def _answer(self, path: str, request: Request) -> Response:
        async with self._importing:
            if self._requests is None:
                self._requests = await asyncio.to_thread(self._imported)
        return await self._requests.answer(path, request)

    def _imported(self) -> OtlpRequests:
        from foundry_telemetry.local.api.otlp_requests import OtlpRequests  # noqa: PLC0415 - takes 0.2 s

        return OtlpRequests(self._store, self._access, self._started_ns)
