"""What of the logging of the exporters becomes telemetry, and who hears of a loss."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from opentelemetry import context
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor

from foundry_telemetry.azure import handlers


@pytest.fixture
def exported() -> Iterator[InMemoryLogRecordExporter]:
    """What an OpenTelemetry handler, on a logger above all that the tests use, has made of their records."""
    memory = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
    provider = LoggerProvider(shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(memory))
    root, handler = logging.getLogger(), LoggingHandler(logger_provider=provider)
    level, others = root.level, root.handlers[:]
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    handlers.guard()
    yield memory
    root.handlers[:] = others
    root.setLevel(level)
    for name in (handlers._LIBRARY, handlers._EXPORTER):
        logging.getLogger(name).handlers.clear()


def without_pytest() -> None:
    """Take away the handlers that pytest adds to the root for each phase of a test."""
    root = logging.getLogger()
    root.handlers[:] = filter(handlers._is_otel, root.handlers)


def bodies(memory: InMemoryLogRecordExporter) -> list[object]:
    """The bodies of all exported records."""
    return [item.log_record.body for item in memory.get_finished_logs()]


@pytest.mark.row(79)
@pytest.mark.parametrize("name", ["urllib3.connectionpool", "azure.core", "azure.identity", "app"])
def test_export_is_not_exported(name: str, exported: InMemoryLogRecordExporter) -> None:
    """Nothing that is logged during an export becomes telemetry, whoever logs it."""
    token = context.attach(context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True))
    logging.getLogger(name).warning("during an export")
    context.detach(token)
    logging.getLogger(name).warning("of the application")
    assert bodies(exported) == ["of the application"]


def test_silenced_spans_are_no_export(exported: InMemoryLogRecordExporter) -> None:
    """Where only the spans of an HTTP client are silenced, the application's lines still arrive."""
    with suppress_http_instrumentation():
        logging.getLogger("app").info("of the application")
    assert bodies(exported) == ["of the application"]


@pytest.mark.usefixtures("exported")
def test_loss_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    """Without logging of the application, warnings of ours and errors of the exporter go to stderr."""
    without_pytest()
    logging.getLogger("foundry_telemetry.azure").warning("ours")
    logging.getLogger("foundry_telemetry.azure").info("chatter of ours")
    logging.getLogger("azure.monitor.opentelemetry.exporter.export._base").error("refused")
    logging.getLogger("azure.monitor.opentelemetry.exporter.export._base").warning("kept on disk")
    assert capsys.readouterr().err == "ours\nrefused\n"


@pytest.mark.usefixtures("exported")
def test_logging_of_the_application(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the application has a handler of its own, that one hears, and nothing is printed besides."""
    own = logging.StreamHandler()
    logging.getLogger("foundry_telemetry").addHandler(own)
    logging.getLogger("foundry_telemetry.azure").warning("ours")
    assert capsys.readouterr().err == "ours\n"


def test_guard_twice(exported: InMemoryLogRecordExporter, capsys: pytest.CaptureFixture[str]) -> None:
    """Guarding again, after a handler was added, prints and filters once."""
    without_pytest()
    handlers.guard()
    logging.getLogger("foundry_telemetry.azure").warning("ours")
    assert capsys.readouterr().err == "ours\n"
    assert bodies(exported) == ["ours"]
    assert len(logging.getLogger().handlers[0].filters) == 1


@pytest.mark.row(37)
def test_no_thread_at_exit(exported: InMemoryLogRecordExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """`logging.shutdown` flushes every handler; that of OpenTelemetry would start a thread."""
    handlers.still()
    monkeypatch.setattr("threading.Thread.start", lambda _: pytest.fail("a thread was started"))
    logging.getLogger().handlers[0].flush()
    assert not bodies(exported)
