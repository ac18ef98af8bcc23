"""Hostile bodies of OTLP: each is refused or converted within bounds, and every item of it is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundry_telemetry.ingestion.items import UnreadableError
from foundry_telemetry.local.ingest.otlp import conversion
from foundry_telemetry.local.ingest.otlp.bodies import JSON, PROTOBUF
from foundry_telemetry.local.ingest.otlp.conversion import Conversion, Converted
from foundry_telemetry.local.ingest.otlp.signals import SIGNALS
from foundry_telemetry.local.store.store import Store
from tests.support.otlp import SENT, SOUND, gauge, protobuf, request, span
from tests.support.patience import PATIENCE_S

PATHS = st.sampled_from(sorted(SENT))
WORDS = st.sampled_from(
    [
        "resourceSpans",
        "scopeSpans",
        "spans",
        "resourceLogs",
        "scopeLogs",
        "logRecords",
        "resourceMetrics",
        "scopeMetrics",
        "metrics",
        "resource",
        "scope",
        "attributes",
        "key",
        "value",
        "body",
        "gauge",
        "sum",
        "dataPoints",
        "traceId",
        "spanId",
        "links",
        "events",
        "timeUnixNano",
        "startTimeUnixNano",
        "stringValue",
        "intValue",
        "arrayValue",
        "values",
        "kvlistValue",
        "histogram",
        "exemplars",
        "name",
        "asDouble",
        "count",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("ab" * 16)
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=20,
)
FEW = settings(max_examples=25)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    """A store that keeps what the exporter's conversions make of these."""
    with Store(retention_days=36_500) as store:
        yield store


@pytest.fixture(scope="module")
def converter() -> Conversion:
    """One for all, as a server has."""
    return Conversion(1)


def assert_unreadable(error: UnreadableError) -> None:
    """A body that cannot be split is the sender's fault."""
    assert error.status == 400


def assert_taken(converter: Conversion, store: Store, path: str, body: bytes, media_type: str) -> Converted:
    """Convert and store a body: unreadable, or whatever is refused is counted, and all else becomes rows."""
    try:
        converted = converter.convert(SIGNALS[path], body, media_type, store.key)
    except UnreadableError as error:
        assert_unreadable(error)
        return Converted()
    converter.series.keep()
    envelopes = converted.taken()
    receipt = store.add(envelopes).result(PATIENCE_S) if envelopes else None
    refused, reasons = converted.refusals(receipt.refusals if receipt else ())
    assert 0 <= refused <= converted.received
    assert bool(refused) == bool(reasons)
    return converted


@FEW
@given(PATHS, st.sampled_from([PROTOBUF, JSON]), st.binary(max_size=80) | ANY_JSON)
def test_any_body(converter: Conversion, store: Store, path: str, media_type: str, content: Any) -> None:
    """Any body is unreadable, or converted with every item counted; nothing else is raised."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    assert_taken(converter, store, path, body, media_type)


@FEW
@given(PATHS, st.tuples(st.integers(0, 400), st.integers(0, 255)), st.booleans())
def test_a_changed_byte(
    converter: Conversion, store: Store, path: str, change: tuple[int, int], cut: bool
) -> None:
    """A sound body with one byte changed, or cut there, does not do more."""
    at, value = change
    body = bytearray(protobuf(path, request(path, SOUND[path](), SOUND[path]())))
    at %= len(body)
    body[at] = value
    assert_taken(converter, store, path, bytes(body[:at] if cut else body), PROTOBUF)


@FEW
@given(PATHS, st.dictionaries(WORDS, ANY_JSON, min_size=1, max_size=3))
def test_any_item(converter: Conversion, store: Store, path: str, changes: dict[str, Any]) -> None:
    """An item with anything in any field is a row or refused, beside a sound one that is a row."""
    items = (SOUND[path](), {**(gauge() if path == "/v1/metrics" else SOUND[path]()), **changes})
    converted = assert_taken(converter, store, path, json.dumps(request(path, *items)).encode(), JSON)
    assert converted.received >= 1
    assert converted.refused_here <= converted.received - 1


@pytest.mark.parametrize("media_type", [PROTOBUF, JSON])
def test_deep_values(converter: Conversion, store: Store, media_type: str) -> None:
    """A value that is nested without end fails alone."""
    deep = json.dumps(request("/v1/traces", span(), span(attributes=[{"key": "a", "value": "DEEP"}])))
    value = '{"arrayValue": {"values": [' * 150 + "]}}" * 150
    body = deep.replace('"DEEP"', value).encode()
    if media_type == PROTOBUF:
        inner = b"\x0a\x01x"
        for _ in range(150):
            for tag in (b"\x0a", b"\x2a"):  # values of an array, array of a value
                inner = tag + _varint(len(inner)) + inner
        attribute = b"\x0a\x01a\x12" + _varint(len(inner)) + inner
        item = b"\x4a" + _varint(len(attribute)) + attribute
        body = _nested(protobuf("/v1/traces", request("/v1/traces", span())), item)
    converted = assert_taken(converter, store, "/v1/traces", body, media_type)
    assert (converted.received, converted.refused_here) == (2, 1)


def _nested(body: bytes, item: bytes) -> bytes:
    """A body with one item more, in a group of its own."""
    for tag in (b"\x12", b"\x12", b"\x0a"):  # spans of a scope, scopes of a resource, resources
        item = tag + _varint(len(item)) + item
    return body + item


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 127:
        found.append(number & 127 | 128)
        number >>= 7
    return bytes([*found, number])


def test_few_bytes_that_mean_many(
    converter: Conversion, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long name of a service on many spans stays within the bytes of a body; the rest is refused."""
    monkeypatch.setattr(conversion, "MOST_BYTES", 2**20)
    about = {"service__name": "x" * 100_000}
    body = protobuf("/v1/traces", request("/v1/traces", *[span()] * 300, **about))
    converted = assert_taken(converter, store, "/v1/traces", body, PROTOBUF)
    assert converted.received == 300
    assert 285 < converted.refused_here < 300


@pytest.mark.parametrize("path", sorted(SENT))
def test_many_items(converter: Conversion, store: Store, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Beyond the items that one body may have, each is counted and none is read."""
    monkeypatch.setattr(conversion, "MOST_ITEMS", 5)
    body = protobuf(path, request(path, *[SOUND[path]()] * 20))
    converted = assert_taken(converter, store, path, body, PROTOBUF)
    assert converted.received == 20
    assert 15 <= converted.refused_here <= 16  # a resource has a row as well
