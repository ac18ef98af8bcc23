"""Data points as the exporter takes them: increases of counters and histograms, values of the rest.

The exporter asks the SDK for the increases (delta temporality) of counters and histograms, and for the values
(cumulative) of gauges and up-down counters. Senders that were asked for nothing send all of it cumulative.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, DataPointFlags
from opentelemetry.sdk.metrics.export import HistogramDataPoint, NumberDataPoint

from foundry_telemetry.local.ingest.otlp.cumulative import CumulativeSeries
from foundry_telemetry.local.ingest.otlp.values import ItemError, attributes

Point = NumberDataPoint | HistogramDataPoint

_DELTA: Final = AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA
_CUMULATIVE: Final = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
_NO_VALUE: Final = DataPointFlags.DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK
_KEY_BYTES: Final = 16


@dataclass(frozen=True)
class Metric:
    """A metric whose points are converted one by one."""

    message: Any
    origin: bytes
    """Resource and scope, for the keys of its series."""
    series: CumulativeSeries

    @property
    def points(self) -> Iterable[Any]:
        """Its data points, as they came."""
        kind = self.message.WhichOneof("data")
        return () if kind is None else getattr(self.message, kind).data_points

    def converted(self, point: Any) -> Point | None:
        """A point, ``None`` for one that says nothing new.

        Raises:
            ItemError: It cannot become a row.
        """
        if not self.message.name:
            raise ItemError("a metric without a name")
        if not point.time_unix_nano:
            raise ItemError("a data point without a time")
        if point.flags & _NO_VALUE:
            return None
        kind = self.message.WhichOneof("data")
        return _CONVERSIONS[kind](self, getattr(self.message, kind), point)

    def key(self, point: Any) -> bytes:
        """The key of a point's series."""
        own = (self.message.name, self.message.unit, str(point.start_time_unix_nano))
        parts = (self.origin, *(text.encode() for text in own), *canonical(point.attributes))
        return _digest(parts)


def origin(resource: Any, scope: Any) -> bytes:
    """What tells the series of one sender's scope from those of others."""
    names = (scope.name.encode(), scope.version.encode())
    return _digest((*names, *canonical(scope.attributes), b"", *canonical(resource.attributes)))


def canonical(pairs: Any) -> Iterator[bytes]:
    """Attributes in an order of their own, whatever order they came in."""
    yield from sorted(pair.SerializeToString(deterministic=True) for pair in pairs)


def _digest(parts: tuple[bytes, ...]) -> bytes:
    found = blake2b(digest_size=_KEY_BYTES)
    for part in parts:
        found.update(len(part).to_bytes(8))
        found.update(part)
    return found.digest()


def _gauge(_: Metric, __: Any, point: Any) -> Point:
    return _number(point, _value(point))


def _sum(metric: Metric, data: Any, point: Any) -> Point | None:
    value = _value(point)
    if data.aggregation_temporality == (_DELTA if data.is_monotonic else _CUMULATIVE):
        return _number(point, value)
    if not data.is_monotonic:
        raise ItemError("an up-down counter that is not cumulative, so without its value")
    _check_cumulative(data)
    found = metric.series.increase(
        metric.key(point), point.start_time_unix_nano, point.time_unix_nano, (value,)
    )
    return _number(point, found.totals[0]) if found is not None and found.totals[0] else None


def _histogram(metric: Metric, data: Any, point: Any) -> Point | None:
    if not point.HasField("sum"):
        raise ItemError("a histogram without a sum")
    limits = tuple(getattr(point, name) if point.HasField(name) else None for name in ("min", "max"))
    totals: tuple[float, ...] = (point.count, point.sum)
    if not all(math.isfinite(one) for one in (*totals, *limits) if one is not None):
        raise ItemError(_NO_NUMBER)
    if data.aggregation_temporality != _DELTA:
        _check_cumulative(data)
        found = metric.series.increase(
            metric.key(point), point.start_time_unix_nano, point.time_unix_nano, totals
        )
        if found is None:
            return None
        totals = found.totals
        limits = limits if found.whole else (None, None)
    count, total = totals
    if not count:
        return None
    low, high = limits
    # The exporter sends no buckets; without them a histogram and an exponential one are alike.
    return HistogramDataPoint(*_head(point), int(count), total, (), (), low, high)  # type: ignore[arg-type]


def _summary(_: Metric, __: Any, ___: Any) -> Point:
    raise ItemError("a summary, which has no temporality; send a histogram")


def _check_cumulative(data: Any) -> None:
    if data.aggregation_temporality != _CUMULATIVE:
        raise ItemError("a metric without a temporality")


def _number(point: Any, value: float) -> Point:
    return NumberDataPoint(*_head(point), value)


def _head(point: Any) -> tuple[dict[str, Any], int, int]:
    return attributes(point.attributes), point.start_time_unix_nano, point.time_unix_nano


def _value(point: Any) -> float:
    kind = point.WhichOneof("value")
    value: float = getattr(point, kind) if kind else math.nan
    if not math.isfinite(value):
        raise ItemError(_NO_NUMBER)
    return value


_NO_NUMBER: Final = "a data point whose value is not a finite number"

_CONVERSIONS: Final[Mapping[str, Callable[[Metric, Any, Any], Point | None]]] = {
    "gauge": _gauge,
    "sum": _sum,
    "histogram": _histogram,
    "exponential_histogram": _histogram,
    "summary": _summary,
}
"""By the kind of metric."""
