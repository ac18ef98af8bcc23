"""Envelopes as the exporter makes them, of records that other processes sent: nothing is exported from here.

So every rule of the mapping, from role names to the type of a dependency, stays the exporter's own, and what
arrives in another way gets the row that the exporter would have sent.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Final

from foundry_telemetry.azure.exporter_rules import (
    LOG,
    POINT,
    RESOURCE,
    SPAN,
    SPAN_EVENTS,
    plain_conversions,
    use,
)

Fields = dict[str, Any]
"""An envelope in JSON's types, without its instrumentation key."""

_SET_AT_CONSTRUCTION: Final = {
    "_instrumentation_key": "",
    "_metrics_to_log_analytics": True,
    "_is_sdkstats": False,
    "_is_customer_sdkstats": False,
}
"""What the conversions read of an exporter, whose constructor would start threads and ask Microsoft."""

_log = logging.getLogger("foundry_telemetry.azure")


class DetachedRows:
    """The conversions of the three exporters. The first import of the exporter takes half a second."""

    def __init__(self) -> None:
        from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415
            AzureMonitorLogExporter,
            AzureMonitorMetricExporter,
            AzureMonitorTraceExporter,
        )

        self._traces = _detached(AzureMonitorTraceExporter)
        self._logs = _detached(AzureMonitorLogExporter)
        self._metrics = _detached(AzureMonitorMetricExporter)

    def of_resource(self, resource: Any) -> Fields:
        """The row of a resource, which the exporter sends with each batch of spans."""
        return _fields(getattr(self._traces, RESOURCE)(resource, None))

    def of_span(self, span: Any) -> list[Fields]:
        """The row of a span, and those of its events."""
        events: Sequence[Any] = getattr(self._traces, SPAN_EVENTS)(span)
        return [_fields(getattr(self._traces, SPAN)(span)), *map(_fields, events)]

    def of_log(self, readable: Any) -> list[Fields]:
        """The row of a log record."""
        return [_fields(getattr(self._logs, LOG)(readable))]

    def of_point(self, point: Any, name: str, resource: Any, scope: Any) -> list[Fields]:
        """The row of a metric's data point; none for a metric that the exporter leaves out."""
        envelope = getattr(self._metrics, POINT)(point, name, resource, scope)
        return [] if envelope is None else [_fields(envelope)]


def _detached(cls: Any) -> Any:
    exporter = object.__new__(cls)
    vars(exporter).update(_SET_AT_CONSTRUCTION)
    try:
        use(exporter, plain_conversions(exporter))
    except Exception as error:
        _log.debug("%s converts OTLP in its usual way", cls.__name__, exc_info=error)
    return exporter


def _fields(envelope: Any) -> Fields:
    fields: Fields = envelope.as_dict(exclude_readonly=True)
    return fields
