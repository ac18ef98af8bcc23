"""Logging handlers: losses are heard, a bad line breaks no call, the last flush of `logging` makes no thread.

*OpenTelemetry handler*: a logging handler that turns records into telemetry.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final

from foundry_telemetry.azure.log_pipeline import EXPORTER
from foundry_telemetry.dropped_items import Reason, Signal, dropped

_LIBRARY: Final = "foundry_telemetry"


def surface_losses() -> None:
    """Let no loss go unheard. Levels of loggers stay as they are."""
    logging.getLogger(_LIBRARY).addHandler(_LIBRARY_ALOUD)
    logging.getLogger(EXPORTER).addHandler(_EXPORTER_ALOUD)


def disable_flush() -> None:
    """Make `logging.shutdown` harmless: the flush of an OpenTelemetry handler starts a thread."""
    for handler in otel_handlers():
        handler.flush = _nothing  # type: ignore[method-assign]


def protect_callers() -> None:
    """Keep what an OpenTelemetry handler raises from the code that logs, as Python's own handlers do.

    It formats without a guard: a logging format that names an unknown field, or a line whose arguments do not
    fit, would raise in the application's call of ``logger.info()``, and in those of httpx.
    """
    for handler in otel_handlers():
        if "emit" not in vars(handler):
            handler.emit = _Protected(handler)  # type: ignore[method-assign]


class _Protected:
    """The ``emit`` of a handler; what it raises goes to `logging.Handler.handleError`, and is counted."""

    def __init__(self, handler: logging.Handler) -> None:
        self._handler = handler
        self._emit = handler.emit

    def __call__(self, record: logging.LogRecord) -> None:
        try:
            self._emit(record)
        except Exception:
            dropped.add(Reason.FORMAT_ERROR, Signal.LOGS)
            self._handler.handleError(record)


class _Aloud(logging.Handler):
    """What Python does for an application without logging of its own: print to standard error.

    The OpenTelemetry handler on the root logger makes Python believe that somebody listens. Then a refused
    connection string would be reported to nobody but Azure, which refuses it.
    """

    def emit(self, record: logging.LogRecord) -> None:
        if logging.lastResort is not None and not _heard(record.name):
            logging.lastResort.handle(record)


_LIBRARY_ALOUD: Final = _Aloud(logging.WARNING)
_EXPORTER_ALOUD: Final = _Aloud(logging.ERROR)
"""Its warnings are about batches that are kept on disk, one every few seconds while Azure is away."""


def _heard(name: str) -> bool:
    """Whether a record of this logger reaches a handler that is neither ours nor OpenTelemetry's."""
    logger: logging.Logger | None = logging.getLogger(name)
    while logger is not None:
        if any(not isinstance(handler, _Aloud) and not _is_otel(handler) for handler in logger.handlers):
            return True
        logger = logger.parent if logger.propagate else None
    return False


def _is_otel(handler: logging.Handler) -> bool:
    # The SDK and the instrumentation have a class each, and neither may be there.
    return any(
        c.__name__ == "LoggingHandler" and "opentelemetry" in c.__module__ for c in type(handler).__mro__
    )


def otel_handlers() -> Iterator[logging.Handler]:
    """Every handler of the process that turns log records into telemetry."""
    for logger in [logging.getLogger(), *logging.Logger.manager.loggerDict.values()]:
        yield from filter(_is_otel, getattr(logger, "handlers", ()))  # placeholders have none


def _nothing() -> None:
    pass
