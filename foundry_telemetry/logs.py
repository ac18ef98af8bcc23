"""structlog support: ids on the application's own lines, and one console line for each attempt.

The console line repeats what the ledger event says, for people who read the console. It must not be exported
beside the ledger event, so where structlog hands its lines to `logging`, ours go only to handlers that write
to a stream or a file (``logging.StreamHandler`` and its children); handlers that send records elsewhere,
such as OpenTelemetry's and Azure's on the root logger, never see them.
"""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, Final

from opentelemetry import trace

from foundry_telemetry.observation import Observation
from foundry_telemetry.schema.field_table import ANTHROPIC_REQUEST_ID, AZURE_REQUEST_ID, BY_NAME, FIELDS
from foundry_telemetry.schema.reading import Fields, fields, read
from foundry_telemetry.schema.row import Row
from foundry_telemetry.schema.value import EVENT_NAME

LOGGER_NAME: Final = "foundry_telemetry.attempts"
"""Name of the logger the console lines go to unless another is given."""

_QUIET: Final = frozenset({"ok", "abandoned", "cancelled"})
"""Outcomes that are no failure."""


def _on_lines(rows: Iterable[Row], root: str = "") -> Fields:
    """Fields by their names on a line, read from a part of an observation."""
    rows = tuple(rows)
    return fields((row.line for row in rows), (row.path.removeprefix(root) for row in rows))


_ROWS: Final = tuple(row for row in FIELDS if row.line)
_OF_ATTEMPT: Final = _on_lines(row for row in _ROWS if row.root != "failure")
_OF_FAILURE: Final = _on_lines((row for row in _ROWS if row.root == "failure"), "failure.")
_IDS: Final = _on_lines(BY_NAME[name] for name in (AZURE_REQUEST_ID, ANTHROPIC_REQUEST_ID))
_ROUNDED: Final = {row.line: (1, 9) for row in _ROWS if row.unit == "US dollars"} | {
    row.line: (1000, 1) for row in _ROWS if row.in_ms
}
"""Factor and digits, by the name on a line."""

_logger = logging.getLogger(__name__)


def add_foundry_context(
    logger: object,  # noqa: ARG001 - structlog passes it
    method_name: str,  # noqa: ARG001 - structlog passes it
    event_dict: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """Add the current trace and the ids of the last attempt to a line; a structlog processor.

    Adds ``trace_id``, ``span_id`` and ``trace_flags`` (lower-case hex, OpenTelemetry's names for logs that
    are not OTLP) where a span is current, and ``apim_request_id`` and ``anthropic_request_id`` of
    `last_attempt()` if that was in the same trace: the thread of a server goes on to the next user's request,
    and must not take the ids along. Keys that are there already stay as they are. Never raises.
    """
    try:
        _add_trace(event_dict)
        # The two ids are added together or not at all: a line must not mix those of two attempts.
        if event_dict.get("event") != EVENT_NAME and event_dict.keys().isdisjoint(_IDS.names):
            _add_ids(event_dict)
    except Exception:
        pass  # not even logged: this runs inside a log call
    return event_dict


def log_attempts(logger: object = None) -> Callable[[Observation], None]:
    """Return a sink that writes one line for each attempt, for ``instrument(sinks=[log_attempts()])``.

    The event is ``foundry.attempt``; its level is ``info``, or ``warning`` when the attempt failed. Levels,
    processors and filters are those of the logger; a processor that exports by itself is not held back. The
    line never reaches a `logging` handler that is not a ``StreamHandler``. What is not known is absent.

    Args:
        logger: A structlog logger; ``structlog.get_logger("foundry_telemetry.attempts")`` when left out.

    Raises:
        TypeError: `logger` is not a structlog logger.
    """
    if logger is None:
        import structlog  # noqa: PLC0415 - only for those who use it

        logger = structlog.get_logger(LOGGER_NAME)
    if not _is_structlog(logger):
        raise TypeError(f"log_attempts: {logger!r} is not a structlog logger; pass structlog.get_logger(...)")

    def sink(observation: Observation) -> None:
        line = _kept_local(logger)
        write = line.info if observation.outcome in _QUIET else line.warning
        write(EVENT_NAME, **_fields(observation))

    return sink


def _add_trace(event_dict: MutableMapping[str, Any]) -> None:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        event_dict.setdefault("trace_id", trace.format_trace_id(span.trace_id))
        event_dict.setdefault("span_id", trace.format_span_id(span.span_id))
        event_dict.setdefault("trace_flags", f"{span.trace_flags:02x}")


def _add_ids(event_dict: MutableMapping[str, Any]) -> None:
    from foundry_telemetry.attempt import last_attempt  # noqa: PLC0415 - keeps this import light

    attempt = last_attempt()
    if attempt is not None and attempt.trace_id == event_dict.get("trace_id"):
        event_dict.update(read(_IDS, attempt))


def _fields(seen: Observation) -> dict[str, object]:
    values = read(_OF_ATTEMPT, seen)
    if seen.failure is not None:
        values |= read(_OF_FAILURE, seen.failure)
    for name, (factor, digits) in _ROUNDED.items():
        if name in values:
            values[name] = round(values[name] * factor, digits)
    return values


def _kept_local(logger: Any) -> Any:
    """Return the logger as it is, but with every `logging.Logger` in it kept from exporting handlers.

    Done for each line, because the application may configure structlog later.
    """
    if isinstance(logger, logging.Logger):
        return _LocalLogger(logger)
    if isinstance(logger, logging.LoggerAdapter):
        adapter = copy.copy(logger)
        adapter.logger = _kept_local(adapter.logger)
        return adapter
    if not _is_structlog(logger):  # writes by itself, as PrintLogger does
        return logger
    bound = logger.bind()
    if hasattr(type(bound), "sync_bl"):  # AsyncBoundLogger, whose methods would have to be awaited
        bound = bound.sync_bl
    # What BoundLoggerBase.bind() does, with another logger; structlog has no public way.
    return type(bound)(_kept_local(bound._logger), bound._processors, bound._context)  # noqa: SLF001


def _is_structlog(logger: object) -> bool:
    """Ask the type: some loggers answer to any attribute."""
    return hasattr(type(logger), "bind")


class _LocalLogger(logging.Logger):
    """Stands for another logger, its level and filters included, but leaves out the handlers that export."""

    def __init__(self, origin: logging.Logger) -> None:
        super().__init__(origin.name)
        self.parent = self._origin = origin

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is logging's
        return self._origin.isEnabledFor(level)

    def filter(self, record: logging.LogRecord) -> Any:
        return self._origin.filter(record)

    def callHandlers(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is logging's
        writers = [one for one in _handlers(self._origin) if isinstance(one, logging.StreamHandler)]
        for handler in writers:
            if record.levelno >= handler.level:
                handler.handle(record)
        if not writers:
            _say_once_that_nobody_writes(self.name)


def _handlers(logger: logging.Logger | None) -> Iterator[logging.Handler]:
    """Every handler a record of `logger` reaches."""
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


@functools.cache
def _say_once_that_nobody_writes(name: str) -> None:
    _logger.warning(
        "log_attempts: no lines are written, because no handler of logger %r writes to a stream or a file; "
        "add one, such as logging.getLogger().addHandler(logging.StreamHandler())",
        name,
    )
