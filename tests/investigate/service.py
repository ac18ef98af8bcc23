"""A small service on the real SDK, the real exporter and a local Azure Monitor, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from anthropic import AnthropicFoundry
from azure.monitor.opentelemetry.exporter import AzureMonitorLogExporter, AzureMonitorTraceExporter
from opentelemetry import trace
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

import foundry_telemetry
from foundry_telemetry.local.api.server import LocalAzureMonitor

DEPLOYMENT = "support-chat-prod"
SERVICE = "orders-api"
PROMPT = "CANARY-PROMPT-was-the-invoice-of-Ms-Miller-paid"
KEY = "CANARYKEY" + "k" * 75
"""As long as a key of a Foundry resource."""

_ALONE = ("STATSBEAT_DISABLED_ALL", "CONTROLPLANE_DISABLED", "SDKSTATS_DISABLED")


class Service:
    """Makes calls inside a request of its own; what it does is recorded and exported as in production."""

    def __init__(self, azure: LocalAzureMonitor, hosts: tuple[str, ...]) -> None:
        about = Resource(
            {"service.name": SERVICE, "service.version": "1.4.2", "service.instance.id": "pod-7"}
        )
        exporters: Any = {"connection_string": azure.connection_string, "disable_offline_storage": True}
        self._spans = AzureMonitorTraceExporter(**exporters)
        self._logs = AzureMonitorLogExporter(**exporters)
        self._tracers = TracerProvider(resource=about, shutdown_on_exit=False)
        self._loggers = LoggerProvider(resource=about, shutdown_on_exit=False)
        self._tracers.add_span_processor(BatchSpanProcessor(self._spans))
        self._loggers.add_log_record_processor(BatchLogRecordProcessor(self._logs))
        self._hosts = hosts

    def client(self, **options: Any) -> AnthropicFoundry:
        """An instrumented client of the SDK."""
        client = AnthropicFoundry(**options)
        foundry_telemetry.instrument(
            client, tracer_provider=self._tracers, logger_provider=self._loggers, hosts=self._hosts
        )
        return client

    def handle(self, call: Callable[[], object]) -> None:
        """Serve one request that makes a call, whatever comes of it."""
        tracer = self._tracers.get_tracer("service")
        with tracer.start_as_current_span(
            "POST /orders",
            kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": "POST", "http.response.status_code": 502},
        ):
            try:
                with foundry_telemetry.attribute(tenant="acme"):
                    call()
            except Exception:  # it is what the drill is about
                pass

    def export(self) -> None:
        """Send all that was recorded, and end."""
        self._tracers.shutdown()
        self._loggers.shutdown()


def whole(client: AnthropicFoundry) -> object:
    """A call that asks for the answer in one piece."""
    return client.messages.create(
        model=DEPLOYMENT, max_tokens=64, messages=[{"role": "user", "content": PROMPT}]
    )


def streamed(client: AnthropicFoundry) -> object:
    """A call that asks for a stream, and reads it to its end."""
    with client.messages.stream(
        model=DEPLOYMENT, max_tokens=64, messages=[{"role": "user", "content": PROMPT}]
    ) as stream:
        return stream.get_final_message()


@contextmanager
def running(hosts: tuple[str, ...] = ()) -> Iterator[tuple[Service, LocalAzureMonitor]]:
    """A service that exports to a local Azure Monitor, and nowhere else."""
    with LocalAzureMonitor() as azure, exporting_to(azure, hosts) as service:
        yield service, azure


@contextmanager
def exporting_to(azure: LocalAzureMonitor, hosts: tuple[str, ...] = ()) -> Iterator[Service]:
    """A service that exports to this one, and nowhere else."""
    with pytest.MonkeyPatch.context() as patch:
        for name in _ALONE:
            patch.setenv(f"APPLICATIONINSIGHTS_{name}", "true")
        yield Service(azure, hosts)
