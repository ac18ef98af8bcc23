"""The shape of an envelope of each kind, as far as a table has a column for it; `envelopes` reads by it.

A text that is longer than Azure keeps does not fit: its item is read again, and cut.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from foundry_telemetry.local.ingest import limits
from foundry_telemetry.local.ingest.column_mapping import NATIVE_KIND, NATIVE_SPAN_KIND

_Count = Annotated[int, Meta(ge=0, le=2**31 - 1)]
_Duration = Annotated[str, Meta(pattern=r"\A(?:\d{1,8}\.)?\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,7})?\Z")]
_Name = Annotated[str, Meta(min_length=1, max_length=limits.NAME)]
_Short = Annotated[str, Meta(max_length=limits.NAME)]
_Message = Annotated[str, Meta(max_length=limits.MESSAGE)]
_Key = Annotated[str, Meta(max_length=limits.KEY)]
_Value = Annotated[str, Meta(max_length=limits.VALUE)]
_Percentage = Annotated[float, Meta(gt=0, le=100)]
_Severity = Literal["Verbose", "Information", "Warning", "Error", "Critical"]
_Code = _Short | int
"""Exporters of other languages post some texts as numbers."""


class _Base(Struct, rename="camel", omit_defaults=True):
    properties: dict[_Key, _Value] = {}
    measurements: dict[str, float] = {}


class Timed(_Base):
    """What lasts: a span."""

    id: str = ""
    name: _Short = ""
    duration: _Duration = "00:00:00"
    success: bool | None = None


class _Dependency(Timed):
    type: _Short = ""
    target: _Short = ""
    data: _Value = ""
    result_code: _Code = ""


class _Request(Timed):
    source: _Short = ""
    url: Annotated[str, Meta(max_length=limits.URL)] = ""
    response_code: _Code = ""


class _Trace(_Base):
    message: _Message = ""
    severity_level: int | _Severity | None = None


class _Event(_Base, kw_only=True):
    name: _Name


class _Thrown(Struct, rename="camel", omit_defaults=True):
    type_name: str = ""
    message: _Message = ""
    has_full_stack: bool = False
    stack: _Message = ""
    parsed_stack: list[Any] = []
    id: int | None = None
    outer_id: int | None = None


class _Exception(_Base, kw_only=True):
    exceptions: Annotated[list[_Thrown], Meta(min_length=1)]
    severity_level: int | _Severity | None = None
    problem_id: str = ""


class _Point(Struct, kw_only=True, omit_defaults=True):
    name: _Name
    value: float
    count: _Count | None = None
    min: float | None = None
    max: float | None = None


class _Metric(_Base, kw_only=True):
    metrics: Annotated[list[_Point], Meta(min_length=1)]


class _Native(Struct, rename="camel", omit_defaults=True):
    properties: dict[str, Any] = {}
    scope_name: str = ""
    scope_version: str = ""
    service_name: str = ""
    service_namespace: str = ""
    resource_attributes: dict[str, Any] = {}


class _NativeLog(_Native):
    body: str = ""
    severity_text: str = ""
    severity_number: int | None = None


class _NativeSpan(_Native, kw_only=True):
    name: str
    kind: str
    span_id: str
    duration_ms: float
    end_time: datetime
    success: bool
    result_code: str = ""


class _Data(Struct, tag_field="baseType", rename="camel"):
    pass


class _DependencyData(_Data, tag="RemoteDependencyData"):
    base_data: _Dependency


class _RequestData(_Data, tag="RequestData"):
    base_data: _Request


class _MessageData(_Data, tag="MessageData"):
    base_data: _Trace


class _EventData(_Data, tag="EventData"):
    base_data: _Event


class _ExceptionData(_Data, tag="ExceptionData"):
    base_data: _Exception


class _MetricData(_Data, tag="MetricData"):
    base_data: _Metric


class _NativeLogData(_Data, tag=NATIVE_KIND):
    base_data: _NativeLog


class _NativeSpanData(_Data, tag=NATIVE_SPAN_KIND):
    base_data: _NativeSpan


class Envelope(Struct, kw_only=True, omit_defaults=True, rename={"key": "iKey", "rate": "sampleRate"}):
    """One item that is sound but for its key, which is checked where it is known."""

    key: str
    time: datetime
    data: _DependencyData | _RequestData | _MessageData | _EventData | _ExceptionData | _MetricData
    tags: dict[str, str] = {}
    rate: _Percentage = 100.0
    size: int = 0
    """Bytes as posted; what an item itself has here is overwritten."""

    @property
    def kind(self) -> str:
        """Its ``baseType``."""
        return str(self.data.__struct_config__.tag)


class NativeEnvelope(Envelope, kw_only=True):
    """One log record or span of native OTLP ingestion, whose attributes keep their types."""

    data: _NativeLogData | _NativeSpanData  # type: ignore[assignment]
