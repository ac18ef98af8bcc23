"""The totals: histograms where the convention wants them; counters are added up here, observed on export."""

from __future__ import annotations

import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from opentelemetry import metrics
from opentelemetry.metrics import CallbackOptions, Meter
from opentelemetry.util.types import AttributeValue

from foundry_telemetry import conventions as names
from foundry_telemetry.observation import Observation
from foundry_telemetry.signals.fields import Attributes
from foundry_telemetry.signals.span import Link

_MAX_VALUES: Final = 50
"""Distinct values of one attribute; further ones are told as `_OTHER`, so that series stay bounded."""
_OTHER: Final = "other"
_MAX_PENDING: Final = 256
"""Amounts that wait to be added up."""


class Metrics:
    """The instruments of one meter.

    Args:
        meter: Where they are made.
        before_export: Called when the counters are asked for.
    """

    def __init__(self, meter: Meter, before_export: Callable[[], object]) -> None:
        def histogram(name: str, unit: str, buckets: tuple[float, ...]) -> metrics.Histogram:
            return meter.create_histogram(name, unit, explicit_bucket_boundaries_advisory=buckets)

        self._deployments = Values()
        self._models = Values()
        self._servers = Values()
        self._operation = histogram(names.METRIC_OPERATION_DURATION, "s", names.DURATION_BUCKETS)
        self._tokens = histogram(names.METRIC_TOKEN_USAGE, "{token}", names.TOKEN_BUCKETS)
        self._first_chunk = histogram(names.METRIC_TIME_TO_FIRST_CHUNK, "s", names.DURATION_BUCKETS)
        self._attempt = histogram(names.METRIC_ATTEMPT_DURATION, "s", names.ATTEMPT_BUCKETS)
        self._cache_read = Total(meter, names.METRIC_CACHE_READ, "{token}", before_export)
        self._cache_write = Total(meter, names.METRIC_CACHE_WRITE, "{token}")
        self._reasoning = Total(meter, names.METRIC_REASONING, "{token}")
        self._auth_failures = Total(meter, names.METRIC_AUTH_FAILURES, "{failure}")
        self._cost = Total(meter, names.METRIC_COST, "{USD}")

    def record(self, seen: Observation, link: Link) -> None:
        """Record one finished attempt, in the context of its call's span."""
        place: Attributes = {}
        if seen.server_address is not None:
            place[names.SERVER_ADDRESS] = self._servers.bound(seen.server_address)
        if seen.deployment is not None:
            place[names.REQUEST_MODEL] = self._deployments.bound(seen.deployment)
        self._record_attempt(seen, link, place)
        if seen.operation != names.CHAT:  # counting tokens consumes none
            return
        call = place | {names.OPERATION: names.CHAT, names.PROVIDER: names.PROVIDER_ANTHROPIC}
        if seen.server_port is not None:
            call[names.SERVER_PORT] = seen.server_port
        if seen.response_model is not None:
            call[names.RESPONSE_MODEL] = self._models.bound(seen.response_model)
        if seen.cost_usd:
            self._cost.add(seen.cost_usd, call)
        if link.standard:
            self._record_standard(seen, link, call)

    def _record_attempt(self, seen: Observation, link: Link, place: Attributes) -> None:
        fields = place | {names.AUTH_SCHEME: seen.auth_scheme, names.IS_RETRY: seen.attempt_number > 1}
        failure = seen.failure
        if seen.status_code is not None:
            fields[names.STATUS_CODE] = seen.status_code
        if failure is not None:
            fields[names.ERROR_TYPE] = failure.type
        self._attempt.record(seen.duration_s, fields, link.context)
        if failure is not None and failure.auth_failure:
            del fields[names.IS_RETRY]
            self._auth_failures.add(1, fields)

    def _record_standard(self, seen: Observation, link: Link, call: Attributes) -> None:
        """The metrics of the GenAI convention; an active GenAI instrumentor records them itself."""
        if link.ours or _ends_call(seen):
            failed = call if seen.failure is None else call | {names.ERROR_TYPE: seen.failure.type}
            self._operation.record(seen.duration_s, failed, link.context)
        if seen.time_to_first_token_s is not None:
            self._first_chunk.record(seen.time_to_first_token_s, call, link.context)
        usage = seen.usage
        if usage.total_input_tokens is not None:
            self._tokens.record(usage.total_input_tokens, call | {names.TOKEN_TYPE: "input"}, link.context)
        if usage.output_tokens is not None:
            self._tokens.record(usage.output_tokens, call | {names.TOKEN_TYPE: "output"}, link.context)
        for total, tokens in (
            (self._cache_read, usage.cache_read_input_tokens),
            (self._cache_write, usage.cache_creation_input_tokens),
            (self._reasoning, usage.thinking_tokens),
        ):
            if tokens:
                total.add(tokens, call | {names.TOKEN_MODALITY: "unknown"})


def _ends_call(seen: Observation) -> bool:
    """Whether nobody will try again. A stream that broke is never sent again, nor is a redirect the end."""
    if seen.status_code is not None and 300 <= seen.status_code < 400:  # noqa: PLR2004
        return False
    in_stream = seen.outcome in ("stream_error", "truncated")
    return seen.failure is None or in_stream or not seen.failure.retryable


class Values:
    """The values one attribute may take: the first fifty that come."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def bound(self, value: str) -> str:
        """`value`, or ``other``."""
        if value not in self._known:
            if len(self._known) >= _MAX_VALUES:
                return _OTHER
            self._known.add(value)
        return value


Key = tuple[tuple[str, AttributeValue], ...]
"""Attributes, as a key."""


class Total:
    """A counter that is added up here and observed on export, which costs a tenth of a synchronous one.

    After a fork the child goes on from what the last export had seen: the rest is the parent's to tell.

    Args:
        meter: Where the instrument is made.
        name: Its name.
        unit: Its unit.
        before_observed: Called when the counter is asked for.
    """

    def __init__(
        self, meter: Meter, name: str, unit: str, before_observed: Callable[[], object] = lambda: None
    ) -> None:
        self._before_observed = before_observed
        self._pending: deque[tuple[Key, float]] = deque()
        self._sums: dict[Key, float] = {}
        self._observed: dict[Key, float] = {}
        self._lock = threading.Lock()
        meter.create_observable_counter(name, [self._observe], unit)
        _totals.add(self)

    def add(self, amount: float, attributes: Attributes) -> None:
        """Add `amount`. A signal handler or finalizer that comes in between may add as well."""
        self._pending.append((tuple(attributes.items()), amount))
        if len(self._pending) > _MAX_PENDING:
            self._add_up()

    def _add_up(self) -> None:
        """Add up what waits. Whoever finds somebody at it, perhaps this thread itself, leaves it to them."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            while self._pending:
                key, amount = self._pending.popleft()
                self._sums[key] = self._sums.get(key, 0) + amount
        finally:
            self._lock.release()

    def _observe(self, _: CallbackOptions) -> Iterable[metrics.Observation]:
        self._before_observed()
        self._add_up()
        self._observed = dict(self._sums)
        return [metrics.Observation(total, dict(key)) for key, total in self._observed.items()]

    def after_fork(self) -> None:
        """In the child of a fork."""
        self._lock = threading.Lock()
        self._pending = deque()
        self._sums = dict(self._observed)


_totals: weakref.WeakSet[Total] = weakref.WeakSet()


def _after_fork() -> None:
    for total in list(_totals):
        total.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
