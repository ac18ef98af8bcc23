"""Messages of our own beside those of `opentelemetry-proto`.

*Split*: a request of any signal, whose items are still bytes. The requests of the three signals have the same
fields at these places, and an embedded message looks like bytes, so one message reads all. An item that is no
sound message, such as one with a text that is no UTF-8, then fails alone.

*MetricParts*: a metric of any kind, whose data points are still bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE: Final = "foundry_telemetry.otlp"
_BYTES: Final = FieldDescriptorProto.TYPE_BYTES
_TEXT: Final = FieldDescriptorProto.TYPE_STRING
_NUMBER: Final = FieldDescriptorProto.TYPE_INT32

_MESSAGES: Final = {
    "Split": (("groups", 1, "Group", True),),
    "Group": (("resource", 1, _BYTES, False), ("scopes", 2, "Scope", True)),
    "Scope": (("scope", 1, _BYTES, False), ("items", 2, _BYTES, True)),
    "MetricParts": (
        ("name", 1, _BYTES, False),
        ("unit", 3, _BYTES, False),
        ("gauge", 5, "Points", False),
        ("sum", 7, "Points", False),
        ("histogram", 9, "Points", False),
        ("exponential_histogram", 10, "Points", False),
    ),
    "Points": (
        ("points", 1, _BYTES, True),
        ("aggregation_temporality", 2, _NUMBER, False),
        ("is_monotonic", 3, _NUMBER, False),
    ),
    # google.rpc.Status, without its details: what every error is answered with.
    "Status": (("code", 1, _NUMBER, False), ("message", 2, _TEXT, False)),
}
"""Name to fields: name, number, type or the message of that name, whether repeated."""


def _field(name: str, number: int, kind: Any, repeated: bool) -> FieldDescriptorProto:  # noqa: FBT001
    label = FieldDescriptorProto.LABEL_REPEATED if repeated else FieldDescriptorProto.LABEL_OPTIONAL
    field = FieldDescriptorProto(name=name, number=number, label=label)
    if isinstance(kind, str):
        field.type_name = f".{_PACKAGE}.{kind}"
    else:
        field.type = kind
    return field


def _messages() -> Iterator[DescriptorProto]:
    for name, fields in _MESSAGES.items():
        yield DescriptorProto(name=name, field=[_field(*field) for field in fields])


def _made() -> dict[str, Any]:
    pool = DescriptorPool()
    pool.Add(
        FileDescriptorProto(
            name="foundry_telemetry/otlp.proto",
            package=_PACKAGE,
            syntax="proto3",
            message_type=list(_messages()),
        )
    )
    return {name: GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES}


_CLASSES: Final = _made()
Split: Final = _CLASSES["Split"]
MetricParts: Final = _CLASSES["MetricParts"]
Status: Final = _CLASSES["Status"]
