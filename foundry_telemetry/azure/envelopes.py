"""What an envelope carries: which signal it belongs to, and the losses that it reports itself.

*Envelope*: one item as the exporter sends it or keeps it on disk. All three exporters share one folder, so
each of them may send, or lose, what another put there; the envelope says what it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from foundry_telemetry.dropped_items import Loss, Reason, Signal, dropped
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema import metric_table as metric_names

_SIGNALS: Final = {
    "RequestData": Signal.TRACES,
    "RemoteDependencyData": Signal.TRACES,
    "MessageData": Signal.LOGS,
    "EventData": Signal.LOGS,
    "ExceptionData": Signal.LOGS,
    "MetricData": Signal.METRICS,
}
"""``baseType``: its signal. Events of spans look like logs, and are counted with them."""

_RESOURCE: Final = "_OTELRESOURCE_"
"""A metric that the exporter adds to each batch of spans; nobody recorded it."""


def lose(reason: Reason, envelopes: Iterable[Any], otherwise: Signal) -> None:
    """Count envelopes as lost; the losses that they themselves report are reported again. Never raises.

    Args:
        reason: Why.
        envelopes: As they are sent, in JSON's types.
        otherwise: Signal of one that cannot be read.
    """
    for envelope in envelopes:
        kind, data = _read(envelope)
        point = _point(data) if kind == "MetricData" else None
        if point is None or point[0] != _RESOURCE:
            dropped.add(reason, _SIGNALS.get(kind, otherwise))
        if point is not None and point[0] == metric_names.DROPPED:
            _requeue(point[1], data.get("properties", {}))


def lose_metrics(reason: Reason, batch: Any) -> None:
    """The same for what a metric reader collected and nobody made envelopes of. Never raises."""
    with suppress(Exception):
        dropped.add(reason, Signal.METRICS, size(batch))
        for name, point in _points(batch):
            if name == metric_names.DROPPED:
                _requeue(point.value, point.attributes)


def size(batch: Any) -> int:
    """How many items are in a batch: spans or records in a list, or the points of what a reader collected."""
    return len(batch) if hasattr(batch, "__len__") else sum(1 for _ in _points(batch))


def _points(batch: Any) -> Iterator[tuple[str, Any]]:
    for resource in getattr(batch, "resource_metrics", ()):
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            yield from ((metric.name, point) for point in metric.data.data_points)


def _read(envelope: Any) -> tuple[str, Mapping[str, Any]]:
    try:
        return str(envelope["data"]["baseType"]), envelope["data"]["baseData"]
    except (KeyError, TypeError):
        return "", {}


def _point(data: Mapping[str, Any]) -> tuple[str, float] | None:
    try:
        return data["metrics"][0]["name"], data["metrics"][0]["value"]
    except (IndexError, KeyError, TypeError):
        return None


def _requeue(count: float, reported: Mapping[str, Any]) -> None:
    with suppress(KeyError, TypeError, ValueError):
        loss: Loss = (Reason(reported[names.DROP_REASON]), Signal(reported[names.DROP_SIGNAL]))
        dropped.requeue(loss, round(count))
