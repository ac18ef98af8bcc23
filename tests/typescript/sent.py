"""The recorded calls, made once by the module in TypeScript and once by the library: what each has written."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from time import time_ns
from typing import Any

import httpx
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

import foundry_telemetry
from foundry_telemetry import attempt, attribute
from foundry_telemetry.instrumentation import FoundryMiddleware
from foundry_telemetry.instrumentation import tracker
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry
from tests.instrumentation.sdk import client_for
from tests.support.recorded import cases, request_body, request_headers, url_of

Event = dict[str, Any]

KINDS = {
    "noresp_connect_error": "refused",
    "noresp_read_timeout": "silent",
    "noresp_credential_error": "credential",
}
SHORT_S = 0.2
"""The timeout of the call that is never answered."""


def kind_of(case: dict[str, Any]) -> str:
    """How a case is played."""
    return KINDS.get(case["id"], "answer")


def script() -> list[str]:
    """What Foundry plays, for the cases whose requests reach it."""
    return [case["id"] for case in cases() if kind_of(case) in ("answer", "silent")]


def nowhere() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


class Local(httpx.HTTPTransport):
    """Finds Azure's hosts on this machine."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = httpx.URL(base)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send to the fake what goes to Azure."""
        there = request.url.copy_with(scheme="http", host=self.base.host, port=self.base.port)
        return super().handle_request(
            httpx.Request(request.method, there, headers=request.headers, stream=request.stream, extensions=request.extensions)
        )


class ClientAuthenticationError(Exception):
    """What a token provider of azure-identity raises."""


@dataclass
class Python:
    """The calls made by httpx and the SDK of Python."""

    loggers: LoggerProvider

    def events(self) -> dict[str, Event]:
        """The event of each case."""
        memory = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self.loggers.add_log_record_processor(SimpleLogRecordProcessor(memory))
        with FakeFoundry(script(), retry_after_s=None) as foundry:
            for case in cases():
                self._make(case, foundry)
        found = [dict(each.log_record.attributes or {}) for each in memory.get_finished_logs()]
        return {event["foundry.tag.case"]: event for event in found}

    def _make(self, case: dict[str, Any], foundry: FakeFoundry) -> None:
        now = case["request"]["auth"]["now"]
        attempt.time_ns = tracker.time_ns = time_ns if now is None else lambda: now * 10**9
        way = self._through_the_sdk if kind_of(case) == "credential" else self._over_http
        try:
            with attribute(case=case["id"]):
                way(case, foundry)
        except (httpx.TransportError, ClientAuthenticationError):
            assert kind_of(case) != "answer" or case["response"]["ends"] == "transport_error"
        finally:
            attempt.time_ns = tracker.time_ns = time_ns

    def _over_http(self, case: dict[str, Any], foundry: FakeFoundry) -> None:
        base = nowhere() if kind_of(case) == "refused" else foundry.base_url
        timeout = SHORT_S if kind_of(case) == "silent" else 30
        with httpx.Client(transport=Local(base), timeout=timeout) as client:
            foundry_telemetry.instrument(client, logger_provider=self.loggers)
            client.post(url_of(case), headers=request_headers(case), content=request_body(case))

    def _through_the_sdk(self, case: dict[str, Any], _: FakeFoundry) -> None:
        def provider() -> str:
            raise ClientAuthenticationError(case["expect"]["client_exception_message"])

        seen_by = [FoundryMiddleware(logger_provider=self.loggers)]
        options = {"open_telemetry": False, "middleware": seen_by, "azure_ad_token_provider": provider}
        client_for(case, False, steps=[], **options).messages.create(**case["request"]["body"])


def task(foundry: FakeFoundry, monitor: LocalAzureMonitor) -> bytes:
    """What `test/replay.ts` is given."""
    azure = {
        "connectionString": monitor.connection_string,
        "endpoint": f"{monitor.url}/v2.1",
        "allowInsecureConnection": True,
    }
    otlp = {"url": f"{monitor.url}/v1/logs", "headers": {"authorization": f"Bearer {monitor.token}"}}
    made = [
        {
            "id": case["id"],
            "kind": kind_of(case),
            "url": url_of(case),
            "headers": request_headers(case),
            "body": request_body(case).decode(),
            "now": case["request"]["auth"]["now"],
            "message": case["expect"].get("client_exception_message", ""),
        }
        for case in cases()
    ]
    base = foundry.base_url.removesuffix("/anthropic")
    return json.dumps(
        {"foundry": base, "nowhere": nowhere(), "azure": azure, "otlp": otlp, "cases": made}
    ).encode()
