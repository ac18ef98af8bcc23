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
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any, Final

from opentelemetry import trace

from foundry_telemetry.conventions import EVENT_NAME
from foundry_telemetry.observation import Observation

LOGGER_NAME: Final = "foundry_telemetry.attempts"
"""Name of the logger the console lines go to unless another is given."""

_QUIET: Final = frozenset({"ok", "abandoned", "cancelled"})
"""Outcomes that are no failure."""

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
        if (
            event_dict.get("event") != EVENT_NAME
            and "apim_request_id" not in event_dict
            and "anthropic_request_id" not in event_dict
        ):
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
        ids = _told(
            apim_request_id=attempt.ids.apim_request_id,
            anthropic_request_id=attempt.anthropic_request_id,
        )
        event_dict.update(ids)


def _fields(seen: Observation) -> dict[str, object]:
    failure = seen.failure
    return _told(
        deployment=seen.deployment,
        attempt=seen.attempt_number,
        status=seen.status_code,
        outcome=seen.outcome,
        cause=failure and failure.type,
        fault=failure and failure.fault,
        tokens_in=seen.usage.total_input_tokens,
        tokens_out=seen.usage.output_tokens,
        tokens_cached=seen.usage.cache_read_input_tokens,
        ttft_ms=_ms(seen.time_to_first_token_s),
        duration_ms=_ms(seen.duration_s),
        apim_request_id=seen.ids.apim_request_id,
        anthropic_request_id=seen.anthropic_request_id,
        cost_usd=None if seen.cost_usd is None else round(seen.cost_usd, 9),
    )


def _told(**fields: object) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 1)


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
        "log_attempts: no handler of logger %r writes to a stream or a file, so its lines go nowhere; "
        "add one, such as logging.getLogger().addHandler(logging.StreamHandler())",
        name,
    )
