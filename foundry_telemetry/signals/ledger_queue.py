"""The short way of a ledger event: its facts go straight into the queue of the processor that exports them.

The long way, through the logger and every log processor, costs a call more than all else that is recorded of
it. It is taken wherever somebody else may look at the record on its way; `foundry_telemetry.azure` decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.trace import Span, SpanContext, get_current_span

from foundry_telemetry.observation import Observation
from foundry_telemetry.signals.fields import Attributes
from foundry_telemetry.signals.ledger_event import PendingEvent
from foundry_telemetry.signals.span_lock import is_locked

active: LedgerQueue | None = None
"""Of this process, once `foundry_telemetry.configure` has found that the short way leads to the same."""


class LedgerQueue:
    """The queue of one batch processor.

    Args:
        processors: What the processors of the logger provider are joined in.
        batches: The queue of the last of them.
        inherited_prefix: How the names begin of what another copies from the current span.
        inherited_names: Further names of what it copies.
    """

    def __init__(
        self, processors: Any, batches: Any, inherited_prefix: str, inherited_names: tuple[str, ...] = ()
    ) -> None:
        self._processors = processors
        self._known = processors._log_record_processors  # noqa: SLF001 - no public API
        self._batches = batches
        self._prefix = inherited_prefix
        self._names = inherited_names

    def put(self, observation: Observation, where: SpanContext, logger: Any) -> bool:
        """Take an attempt, unless it has to go the long way.

        Args:
            observation: Its facts.
            where: Its call's span.
            logger: Of the ledger.

        Returns:
            Whether it was taken.
        """
        current = get_current_span()
        if not self._is_whole_way_of(logger) or is_locked(current):  # which cannot be read now
            return False
        self._batches.emit(  # looked up each time: losses are counted there
            PendingEvent(
                observation,
                where.trace_id,
                where.span_id,
                where.trace_flags,
                logger.resource,
                logger.instrumentation_scope,
                inherited_from(current, self._prefix, self._names),
            )
        )
        return True

    def _is_whole_way_of(self, logger: Any) -> bool:
        """Whether a record of a logger would meet what was there at set-up, and nobody else."""
        try:
            is_ours: bool = (
                logger._multi_log_record_processor is self._processors  # noqa: SLF001
                and self._processors._log_record_processors is self._known  # noqa: SLF001
                and logger._is_enabled()  # noqa: SLF001
            )
        except AttributeError:  # no logger of the SDK: with OTEL_SDK_DISABLED it gives one that does nothing
            return False
        return is_ours


def inherited_from(span: Span, prefix: str, names: tuple[str, ...] = ()) -> Attributes | None:
    """The attributes of a span whose names begin or are so, as a distro copies them onto log records."""
    attributes: Mapping[str, Any] | None = getattr(span, "attributes", None)
    if not attributes:
        return None
    # Most spans have none, which one search over all names finds for less than one over each.
    is_below_agent = prefix in "\n".join(attributes)
    if not (is_below_agent or (names and any(name in attributes for name in names))):
        return None
    if not span.get_span_context().is_valid:
        return None
    found = {name: attributes[name] for name in attributes if name.startswith(prefix) or name in names}
    return found or None
