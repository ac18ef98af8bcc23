"""The exporter's own rules, run on plain models.

Every rule that makes an envelope of a span, a log record or a metric point stays the exporter's, whatever its
version says: its functions get a second namespace, in which its models are plain models and a few pure
functions remember their results. Only the methods of the given exporter are set, so others in the same
process work as ever. A record that plain models do not take is converted by the exporter's own method.

A row of our own scope is made without what `omissions` names; that is the one difference.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any, Final

from foundry_telemetry.azure.omissions import leave_out_of_event, leave_out_of_span
from foundry_telemetry.azure.plain_models import NotPlainError, plain_model_of
from foundry_telemetry.azure.rule_caches import kept_properties, plain_attributes, tags_by_resource

Conversion = Callable[..., Any]
"""Makes an envelope, or a list of them, of a record."""
View = Callable[[Any], Any]
"""A record in another form."""
LeaveOut = Callable[[Any, Any], None]
"""Takes the omissions of a record's row out of its envelope."""

SPAN: Final = "_span_to_envelope"
SPAN_EVENTS: Final = "_span_events_to_envelopes"
RESOURCE: Final = "_get_otel_resource_envelope"
LOG: Final = "_log_to_envelope"
POINT: Final = "_point_to_envelope"


def plain_conversions(exporter: Any) -> dict[str, Conversion]:
    """The conversions of an exporter by the name of its method, with plain models.

    They raise what they cannot convert.

    Args:
        exporter: Of any signal, as `configure` makes it or has it made; it is not changed.

    Raises:
        Exception: Its inside is not as we know it.
    """
    cls = type(exporter)
    namespace = _namespace(sys.modules[cls.__module__])
    return {
        name: finished(MethodType(_rebound(getattr(cls, name), namespace), exporter), *how)
        for name, (finished, *how) in _CONVERSIONS[cls.__name__].items()
    }


def use(exporter: Any, conversions: Mapping[str, Conversion]) -> None:
    """Let an exporter convert by these, and each record that they do not take as before."""
    for name, convert in conversions.items():
        setattr(exporter, name, _or_as_before(convert, getattr(exporter, name)))


def _or_as_before(convert: Conversion, as_before: Conversion) -> Conversion:
    def call(*record: Any) -> Any:
        try:
            return convert(*record)
        except Exception:
            return as_before(*record)

    return call


def _of_one(convert: Conversion, view: View, leave_out: LeaveOut | None = None) -> Conversion:
    def call(record: Any, *more: Any) -> Any:
        envelope = convert(view(record), *more)
        if envelope is not None:
            if leave_out is not None:
                leave_out(record, envelope)
            envelope.finish()
        return envelope

    return call


def _of_several(convert: Conversion, view: View) -> Conversion:
    def call(record: Any) -> Any:
        envelopes = convert(view(record))
        for envelope in envelopes:
            envelope.finish()
        return envelopes

    return call


def _namespace(module: Any) -> dict[str, Any]:
    """The names of an exporter's module, with its functions bound to them."""
    utils = module._utils  # noqa: SLF001 - where the exporter makes an envelope
    helpers = _with_plain_models(vars(utils))
    helpers["azure_monitor_context"] = {
        str.__str__(key): one for key, one in utils.azure_monitor_context.items()
    }
    caches = {
        "_create_telemetry_item": _rebound(utils._create_telemetry_item, helpers),  # noqa: SLF001
        "_populate_part_a_fields": tags_by_resource(utils._populate_part_a_fields),  # noqa: SLF001
        "_filter_custom_properties": kept_properties(utils._filter_custom_properties),  # noqa: SLF001
    }
    namespace = _with_plain_models(vars(module))
    namespace["_utils"] = SimpleNamespace(**{**vars(utils), **caches})
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and value.__module__ == module.__name__:
            namespace[name] = _rebound(value, namespace)
    return namespace


def _with_plain_models(names: Mapping[str, Any]) -> dict[str, Any]:
    keys = names["ContextTagKeys"]
    plain = {
        name: plain_model_of(value, keys) if _is_generated(value) else value for name, value in names.items()
    }
    # Plain texts as keys of tags: JSON encoders ask an enumeration for its values one by one.
    return plain | {"ContextTagKeys": SimpleNamespace(**{key.name: key.value for key in keys})}


def _is_generated(value: object) -> bool:
    return isinstance(value, type) and bool(getattr(value, "_is_model", False))


def _rebound(function: Any, namespace: dict[str, Any]) -> FunctionType:
    """The same code with other global names."""
    bound = FunctionType(
        function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
    )
    bound.__kwdefaults__ = function.__kwdefaults__
    return bound


def _itself(record: Any) -> Any:
    return record


def _view_of_span(span: Any) -> Any:
    """A span whose attributes are a dict: the SDK's own mapping takes two calls for each key."""
    if type(span.name) is not str:
        raise NotPlainError("the name")
    return SimpleNamespace(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=plain_attributes(span.attributes),
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _view_of_log(readable: Any) -> Any:
    """The same for a log record."""
    record = SimpleNamespace(**vars(readable.log_record))
    record.attributes = record.attributes and plain_attributes(record.attributes)
    return SimpleNamespace(
        log_record=record,
        resource=readable.resource,
        instrumentation_scope=readable.instrumentation_scope,
    )


_CONVERSIONS: Final[dict[str, dict[str, tuple[Any, ...]]]] = {
    "AzureMonitorTraceExporter": {
        SPAN: (_of_one, _view_of_span, leave_out_of_span),
        SPAN_EVENTS: (_of_several, _itself),
        RESOURCE: (_of_one, _itself),
    },
    "AzureMonitorLogExporter": {LOG: (_of_one, _view_of_log, leave_out_of_event)},
    "AzureMonitorMetricExporter": {POINT: (_of_one, _itself)},
}
"""By class the methods that make envelopes: whether one or several, in which form each gets a record, and
what takes the omissions out."""
