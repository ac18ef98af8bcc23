"""The real client of Log Analytics, pointed at a local Azure Monitor."""

from __future__ import annotations

import os
from typing import Any

from azure.core.pipeline.policies import HeadersPolicy
from azure.core.pipeline.transport import AsyncioRequestsTransport
from azure.monitor.query import LogsQueryClient
from azure.monitor.query.aio import LogsQueryClient as AsyncLogsQueryClient

from foundry_telemetry.ingestion.access_token import headers, of_server

WORKSPACE = "00000000-0000-0000-0000-000000000000"
RESOURCE = "/subscriptions/s/resourceGroups/g/providers/microsoft.insights/components/c"


class NoCredential:
    """Never used: the policy that would use it is replaced, because tokens are not sent over plain HTTP."""

    def get_token(self, *_: str, **__: Any) -> Any:
        """Fail."""
        raise AssertionError("nobody asks for a token")


def logs_client(url: str) -> LogsQueryClient:
    """A client; close it."""
    return LogsQueryClient(NoCredential(), **_options(url))


def async_logs_client(url: str) -> AsyncLogsQueryClient:
    """The same for asyncio, over the transport that needs no further package."""
    return AsyncLogsQueryClient(NoCredential(), transport=AsyncioRequestsTransport(), **_options(url))


def _options(url: str) -> dict[str, Any]:
    policy = HeadersPolicy(headers(of_server(url, os.environ)))
    return {"endpoint": url, "authentication_policy": policy, "retry_total": 0}
