"""A service under ``configure(distro="microsoft")`` that makes one call for a picture, in its own process."""

from __future__ import annotations

import logging
import sys

import httpx
from opentelemetry import trace
from opentelemetry.trace import SpanKind

import foundry_telemetry
from foundry_telemetry.testing import FakeFoundry
from tests.support.families import httpx as family

URL = "https://res.services.ai.azure.com/anthropic/v1/messages"
BODY = {"model": "support-chat-prod", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


def main(connection_string: str) -> None:
    """Make the call: throttled, then answered."""
    foundry_telemetry.configure(distro="microsoft", connection_string=connection_string)
    request = {"http.request.method": "POST", "http.route": "/orders", "http.response.status_code": 200}
    tracer = trace.get_tracer("service", "1.0")
    with FakeFoundry(("err_429_rate_limit_error", "ok_json_basic")) as foundry:
        client = httpx.Client(transport=foundry.transport(family))
        with client, tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, attributes=request):
            foundry_telemetry.instrument(client)
            for _ in range(2):
                client.post(URL, json=BODY)
            logging.getLogger("shop").warning("order 42: summary written after a retry")


if __name__ == "__main__":
    main(sys.argv[1])
