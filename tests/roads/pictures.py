"""The same call by each road, as the local page shows it: ``python -m tests.roads.pictures``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import httpx
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from playwright.sync_api import Browser, expect

import foundry_telemetry
from foundry_telemetry.kql import view
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.testing import FakeFoundry
from tests.page.browser import Screen, chromium, enter
from tests.roads.conftest import ABOUT, NATIVE_SPANS, Road, collector, direct, native, post
from tests.support.families import httpx as family
from tests.support.microsoft import need_microsoft
from tests.typescript.project import compiled, output

FOLDER: Final = Path(__file__).parents[2] / "docs/guides"
INTEGRATIONS: Final = FOLDER.parent / "integrations"
ROADS: Final[Mapping[str, Road]] = {
    "exporter": direct,
    "collector": collector,
    "native-otlp": native,
    "otlp": direct,
}
"""Name of the picture: how the ledger came."""
SPANS: Final = {"native-otlp": NATIVE_SPANS}
"""Where spans are posted to, if not as to the local Azure Monitor."""
SIZE: Final = {"width": 1440, "height": 900}
URL: Final = "https://res.services.ai.azure.com/anthropic/v1/messages"
BODY: Final = {
    "model": "support-chat-prod",
    "max_tokens": 64,
    "messages": [{"role": "user", "content": "Hi"}],
}


def draw(folder: Path = FOLDER, others: Path = INTEGRATIONS) -> list[Path]:
    """A call that was throttled and then answered, found by its support code or its id."""
    spans, logs = InMemorySpanExporter(), InMemoryLogRecordExporter()
    code = _play(spans, logs)
    drawn = []
    with chromium() as browser:
        for name, road in ROADS.items():
            with LocalAzureMonitor() as azure:
                road(azure, logs.get_finished_logs())
                post(azure, SPANS.get(name, "/v1/traces"), encode_spans(spans.get_finished_spans()))
                drawn.append(folder / f"road-{name}.png")
                _photograph(browser, azure, code, drawn[-1])
        for name, send in SENDERS.items():
            with LocalAzureMonitor() as azure:
                send(azure)
                call = azure.query(f"{view.TEXT}\nfoundry_attempts | summarize max(call_id)").rows[0][0]
                drawn.append(others / f"{name}.png")
                _photograph(browser, azure, str(call), drawn[-1])
    return drawn


def _by_microsoft(azure: LocalAzureMonitor) -> None:
    """Through the other distro, in a process of its own; its package may stand in a folder beside."""
    found = need_microsoft()
    paths = [str(Path(__file__).parents[2]), *([str(found)] if found else ())]
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OTEL_SERVICE_NAME": "orders"}
    environ |= {"OTEL_RESOURCE_ATTRIBUTES": "service.namespace=shop,service.version=1.4.2"}
    command = [sys.executable, "-m", "tests.roads.picture_child", azure.connection_string]
    subprocess.run(command, env=environ, check=True)


def _by_typescript(azure: LocalAzureMonitor) -> None:
    """By the module in TypeScript, over OTLP."""
    project, done = compiled()
    assert done.returncode == 0, output(done)
    otlp = {"url": f"{azure.url}/v1/logs", "headers": {"authorization": f"Bearer {azure.token}"}}
    with FakeFoundry(("err_429_rate_limit_error", "ok_json_basic"), retry_after_s=1) as foundry:
        base = foundry.base_url.removesuffix("/anthropic")
        task = {"foundry": base, "otlp": otlp, "attributes": dict(ABOUT.attributes)}
        done = project.script("test/picture.js", reported=json.dumps(task).encode())
    assert done.returncode == 0, output(done)


SENDERS: Final[Mapping[str, Callable[[LocalAzureMonitor], None]]] = {
    "microsoft-opentelemetry": _by_microsoft,
    "typescript": _by_typescript,
}
"""Name of the picture: what makes a call and sends it to the local Azure Monitor itself."""


def _play(spans: InMemorySpanExporter, logs: InMemoryLogRecordExporter) -> str:
    """Make the call; gives its support code."""
    tracers = TracerProvider(resource=ABOUT, shutdown_on_exit=False)
    tracers.add_span_processor(SimpleSpanProcessor(spans))
    loggers = LoggerProvider(resource=ABOUT, shutdown_on_exit=False)
    loggers.add_log_record_processor(SimpleLogRecordProcessor(logs))
    codes: list[str] = []
    with FakeFoundry(("err_429_rate_limit_error", "ok_json_basic")) as foundry:
        client = httpx.Client(transport=foundry.transport(family))
        foundry_telemetry.instrument(
            client,
            tracer_provider=tracers,
            logger_provider=loggers,
            sinks=(lambda observation: codes.append(observation.support_code),),
        )
        tracer = tracers.get_tracer("service", "1.0")
        request = {"http.request.method": "POST", "http.route": "/orders", "http.response.status_code": 200}
        with client, tracer.start_as_current_span("POST /orders", kind=SpanKind.SERVER, attributes=request):
            for _ in range(2):
                client.post(URL, json=BODY)
            loggers.get_logger("shop").emit(
                timestamp=time.time_ns(),
                severity_number=SeverityNumber.INFO,
                body="order 42: summary written",
            )
    return codes[-1]


def _photograph(browser: Browser, azure: LocalAzureMonitor, code: str, path: Path) -> None:
    context = browser.new_context(viewport=SIZE, color_scheme="light")
    enter(context, azure.url)
    page = context.new_page()
    screen = Screen(page, azure.url)
    screen.open(f"#Id={code}")
    screen.idle("attempts with this id").locator("tbody tr").first.locator("td").nth(1).click()
    screen.idle("trace of the call that was found")
    expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
    page.screenshot(path=path)
    context.close()


if __name__ == "__main__":
    for path in draw():
        sys.stdout.write(f"{path}\n")
