"""What of logging becomes telemetry under `configure`, and who hears of a loss."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from logging.handlers import QueueHandler, QueueListener
from queue import Queue
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.instrumentation.logging.handler import LoggingHandler
from opentelemetry.instrumentation.utils import suppress_http_instrumentation
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import SpanLimits, TracerProvider

from foundry_telemetry.azure import log_pipeline, logging_loop
from foundry_telemetry.azure.drop_counting import CountedExporter
from foundry_telemetry.azure.log_pipeline import LogPipeline, mark_records_of_exports
from foundry_telemetry.dropped_items import Reason, Signal, dropped


class Exported:
    """A provider, a pipeline before its processor, and what came of records."""

    def __init__(self) -> None:
        self._memory = InMemoryLogRecordExporter()  # type: ignore[no-untyped-call]
        self.provider = LoggerProvider(shutdown_on_exit=False)
        self.processor = SimpleLogRecordProcessor(self._memory)
        self.pipeline = LogPipeline(self.processor)
        self.provider.add_log_record_processor(self.processor)

    @property
    def bodies(self) -> list[object]:
        """The bodies of all exported records."""
        return [item.log_record.body for item in self._memory.get_finished_logs()]


@pytest.fixture
def exported() -> Iterator[Exported]:
    """An OpenTelemetry handler is the only one of the root logger."""
    made = Exported()
    root, factory = logging.getLogger(), logging.getLogRecordFactory()
    level, others = root.level, root.handlers[:]
    root.handlers[:] = [LoggingHandler(logger_provider=made.provider)]
    root.setLevel(logging.INFO)
    logging_loop.surface_losses()
    mark_records_of_exports()
    yield made
    root.handlers[:] = others
    root.setLevel(level)
    logging.setLogRecordFactory(factory)
    for name in (logging_loop._LIBRARY, log_pipeline.EXPORTER):
        logging.getLogger(name).handlers.clear()


def without_pytest() -> None:
    """Take away the handlers that pytest adds to the root for each phase of a test."""
    root = logging.getLogger()
    root.handlers[:] = filter(logging_loop._is_otel, root.handlers)


def during_an_export(log: Callable[[], object]) -> None:
    """Log as the threads of the SDK do while they export."""
    token = context.attach(context.set_value(context._SUPPRESS_INSTRUMENTATION_KEY, True))
    log()
    context.detach(token)


@pytest.mark.row(89)
@pytest.mark.parametrize(
    ("log_format", "line", "arguments"),
    [("%(nobody)s", "fits", ()), (None, "%d calls", ("many",)), (None, "%s and %s", ("one",))],
)
def test_a_line_that_does_not_fit(
    log_format: str | None,
    line: str,
    arguments: tuple[str, ...],
    exported: Exported,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It breaks no call: Python prints it as for its own handlers, it is counted, and the next one goes."""
    without_pytest()
    [handler] = logging.getLogger().handlers
    handler.setFormatter(logging.Formatter(log_format) if log_format else None)
    logging_loop.protect_callers()
    logging_loop.protect_callers()
    before = dropped.totals()[Reason.FORMAT_ERROR, Signal.LOGS]
    logging.getLogger("app").warning(line, *arguments)
    assert "--- Logging error ---" in capsys.readouterr().err
    assert dropped.totals()[Reason.FORMAT_ERROR, Signal.LOGS] == before + 1
    handler.setFormatter(None)
    logging.getLogger("app").warning("fits")
    assert exported.bodies == ["fits"]


@pytest.mark.row(79)
@pytest.mark.parametrize("name", ["urllib3.connectionpool", "azure.core", "azure.identity", "app"])
def test_export_is_not_exported(name: str, exported: Exported) -> None:
    """Nothing that is logged during an export becomes telemetry, whoever logs it."""
    during_an_export(lambda: logging.getLogger(name).warning("during an export"))
    logging.getLogger(name).warning("of the application")
    assert exported.bodies == ["of the application"]


@pytest.mark.parametrize("name", ["azure.monitor.opentelemetry", "microsoft.opentelemetry._distro"])
def test_what_a_distro_logs_of_itself_is_not_exported(name: str, exported: Exported) -> None:
    """Whichever it is: that its pipelines were built is no line of the application."""
    logging.getLogger(name).warning("Azure Monitor enabled.")
    assert exported.bodies == []


@pytest.mark.row(79)
@pytest.mark.parametrize("way", ["a handler that comes later", "a handler of one's own", "a queue"])
def test_export_is_not_exported_by_any_way(way: str, exported: Exported) -> None:
    """Nor by handlers that came after the set-up, of any class, nor in another thread."""

    class OwnHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            attributes = {key: value for key, value in vars(record).items() if key.startswith("_")}
            logger = exported.provider.get_logger("own")
            logger.emit(body=record.getMessage(), attributes=attributes)

    later = LoggingHandler(logger_provider=exported.provider)
    queue: Queue[Any] = Queue()
    listener = QueueListener(queue, later)
    root = logging.getLogger()
    root.handlers[:] = [
        {"a queue": QueueHandler(queue), "a handler of one's own": OwnHandler()}.get(way, later)
    ]
    listener.start()
    during_an_export(lambda: logging.getLogger("azure.core").warning("during an export"))
    logging.getLogger("azure.monitor.opentelemetry.exporter").warning("of the exporter")
    logging.getLogger("app").warning("of the application")
    listener.stop()
    assert set(exported.bodies) - {"of the exporter"} == {"of the application"}
    if way != "a handler of one's own":  # whose scope does not say who logged
        assert exported.bodies == ["of the application"]


def test_silenced_spans_are_no_export(exported: Exported) -> None:
    """Where only the spans of an HTTP client are silenced, the application's lines still arrive."""
    with suppress_http_instrumentation():
        logging.getLogger("app").info("of the application")
    assert exported.bodies == ["of the application"]


@pytest.mark.row(88)
def test_record_made_under_a_lock_of_its_span(exported: Exported) -> None:
    """A processor that reads the current span never waits for the lock under which a record was made."""
    tracer = TracerProvider(span_limits=SpanLimits(max_span_attributes=2), shutdown_on_exit=False)
    read: list[dict[str, Any]] = []

    class ReadsSpan(SimpleLogRecordProcessor):
        def on_emit(self, log_record: Any) -> None:
            span: Any = trace.get_current_span()
            read.append(dict(span.attributes))
            super().on_emit(log_record)

    processor = ReadsSpan(exported.processor._exporter)
    pipeline = LogPipeline(processor)
    exported.provider._multi_log_record_processor._log_record_processors = (processor,)
    with tracer.get_tracer("test").start_as_current_span("full") as span:
        span.set_attributes({"a": 1, "b": 2, "c": 3})  # the SDK logs here, while it holds the span's locks
        assert not read
        logging.getLogger("app").warning("of the application")
    assert [len(each) for each in read] == [2] * len(exported.bodies)
    assert exported.bodies[-1] == "of the application"
    assert all("full" in str(line) for line in exported.bodies[:-1])  # SDKs before 1.45 log none
    assert not pipeline._pending


def test_any_record_under_a_lock_of_its_span(exported: Exported) -> None:
    """A record of the application waits as well where its span is locked, as a finalizer may log anywhere."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with tracer.start_as_current_span("busy") as span:
        with getattr(span, "_lock"):  # noqa: B009 - the span's type is the API's
            logging.getLogger("app").warning("in a finalizer")
            assert not exported.bodies
        exported.pipeline.drain()
    assert exported.bodies == ["in a finalizer"]


@pytest.mark.row(88)
@pytest.mark.parametrize("event_name", [None, "foundry.attempt"])
def test_records_of_ours_under_a_lock(event_name: str | None, exported: Exported) -> None:
    """Our own lines wait there too, and the ledger, as where a logging handler calls Claude."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    logger = exported.provider.get_logger("foundry_telemetry")
    with tracer.start_as_current_span("busy") as span:
        with getattr(span, "_lock"):  # noqa: B009 - the span's type is the API's
            logger.emit(body="ours", event_name=event_name)
            assert not exported.bodies
        logging.getLogger("app").warning("of the application")
    assert exported.bodies == ["ours", "of the application"]


def test_ledger_during_an_export(exported: Exported) -> None:
    """A call to Claude that is made under the mark of an export is recorded all the same."""
    logger = exported.provider.get_logger("foundry_telemetry")
    during_an_export(lambda: logger.emit(body="ours", event_name="foundry.attempt"))
    assert exported.bodies == ["ours"]


def test_records_that_wait_at_a_fork(exported: Exported) -> None:
    """What waits at a fork is the parent's to send, and the parent's alone."""
    logging.getLogger("opentelemetry.sdk.trace").warning("waits")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        exported.pipeline.drain()
        os.write(writer, str(len(exported.bodies)).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(reader, 10) == b"0"
    os.close(reader)
    os.close(writer)
    exported.pipeline.drain()
    assert exported.bodies == ["waits"]


def test_log_record_factory_that_comes_later(exported: Exported) -> None:
    """One that the application sets after us is marked with the next export."""
    logging.setLogRecordFactory(logging.LogRecord)
    exporter = SimpleNamespace(
        export=lambda _: logging.getLogger("azure.core").warning("during an export"),
        _transmit=None,
        client=SimpleNamespace(track=None),
        storage=None,
    )
    queue: Queue[Any] = Queue()
    listener = QueueListener(queue, LoggingHandler(logger_provider=exported.provider))
    logging.getLogger().handlers[:] = [QueueHandler(queue)]
    listener.start()
    during_an_export(lambda: CountedExporter(exporter, Signal.LOGS).export([]))
    listener.stop()
    assert exported.bodies == []


def test_records_that_wait_are_bounded(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds no room among them is counted."""
    monkeypatch.setattr(log_pipeline, "_MOST_PENDING", 2)
    for number in range(5):
        logging.getLogger("opentelemetry.sdk.trace").warning("line %d", number)
    assert dropped.totals()[Reason.QUEUE_FULL, Signal.LOGS] == 3
    exported.pipeline.drain()
    assert exported.bodies == ["line 0", "line 1"]


def test_draining_ends(exported: Exported) -> None:
    """A processor that makes the SDK log at each record does not keep the draining thread for ever."""
    sdk = logging.getLogger("opentelemetry.sdk._logs")
    forward, busy = exported.processor._exporter.export, Lock()

    def export_and_log(batch: Any) -> Any:
        if busy.acquire(blocking=False):
            sdk.warning("again")
            busy.release()
        return forward(batch)

    exported.processor._exporter.export = export_and_log  # type: ignore[method-assign]
    sdk.warning("first")
    exported.pipeline.drain()
    assert exported.bodies == ["first"]


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


def test_set_up_twice(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    """Setting up again prints once and marks once."""
    without_pytest()
    logging_loop.surface_losses()
    marking = logging.getLogRecordFactory()
    mark_records_of_exports()
    logging.getLogger("foundry_telemetry.azure").warning("ours")
    assert capsys.readouterr().err == "ours\n"
    assert exported.bodies == ["ours"]
    assert logging.getLogRecordFactory() is marking


@pytest.mark.row(37)
def test_no_thread_at_exit(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    """`logging.shutdown` flushes every handler; that of OpenTelemetry would start a thread."""
    logging_loop.disable_flush()
    monkeypatch.setattr("threading.Thread.start", lambda _: pytest.fail("a thread was started"))
    logging.getLogger().handlers[0].flush()
    assert not exported.bodies
