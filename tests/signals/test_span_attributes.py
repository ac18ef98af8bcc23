"""What is written onto a span is there as if `set_attributes` had written it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.sdk.trace import Span, SpanLimits, TracerProvider
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from foundry_telemetry.signals import span_attributes
from foundry_telemetry.signals.span_attributes import write

FIELDS: dict[str, Any] = {"a.text": "value", "a.number": 3, "a.tuple": ("one", "two"), "kept": "new"}


def span(limits: SpanLimits | None = None, **attributes: Any) -> Any:
    """A span under way."""
    return TracerProvider(span_limits=limits, shutdown_on_exit=False).get_tracer("test").start_span(
        "call", attributes=attributes
    )  # fmt: skip


def ended() -> Any:
    """A span that takes nothing any more."""
    one = span()
    one.end()
    return one


CASES: dict[str, Callable[[], Any]] = {
    "empty": span,
    "with others": lambda: span(other="1"),
    "with one that is written again": lambda: span(kept="old", other="1"),
    "full": lambda: span(SpanLimits(max_span_attributes=2), other="1"),
    "without room": lambda: span(SpanLimits(max_span_attributes=0)),
    "that cuts values": lambda: span(SpanLimits(max_span_attribute_length=2)),
    "ended": ended,
}


@pytest.mark.parametrize("make", CASES.values(), ids=CASES)
def test_as_the_span_itself_would(make: Callable[[], Any], caplog: pytest.LogCaptureFixture) -> None:
    """Values, their order, what is dropped and what is logged are the same either way."""
    ours, theirs = make(), make()
    write(ours, FIELDS)
    logged = [record.getMessage() for record in caplog.records]
    caplog.clear()
    theirs.set_attributes(FIELDS)
    assert list(ours.attributes.items()) == list(theirs.attributes.items())
    assert ours.dropped_attributes == theirs.dropped_attributes
    assert logged == [record.getMessage() for record in caplog.records]


def test_the_usual_span_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A span of the SDK does not have to clean what is clean."""
    one = span()
    monkeypatch.setattr(type(one._attributes), "_set_items", None)
    write(one, FIELDS)
    assert dict(one.attributes) == FIELDS


class Counting(Span):
    """A span of the application with a method of its own."""

    def set_attributes(self, attributes: Any) -> None:
        """Write, and take a note."""
        super().set_attributes({**attributes, "counted": True})


def test_another_method_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a class, of one span, or put in place of the SDK's: who has changed the method is asked."""
    context = SpanContext(1, 1, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    of_class, of_span, patched = Counting("call", context), span(), span()
    seen: list[Any] = []
    of_span.set_attributes = seen.append
    write(of_class, FIELDS)
    write(of_span, FIELDS)
    assert of_class.attributes is not None
    assert of_class.attributes["counted"] is True
    monkeypatch.setattr(Span, "set_attributes", lambda _, fields: seen.append(fields))
    write(patched, FIELDS)
    assert seen == [FIELDS, FIELDS]


def test_a_span_that_is_not_the_sdks() -> None:
    """A span of another library, or none, is written the public way."""
    write(NonRecordingSpan(SpanContext(1, 1, is_remote=False)), FIELDS)
    seen: list[Any] = []
    write(type("Theirs", (), {"set_attributes": lambda _, fields: seen.append(fields)})(), FIELDS)
    assert seen == [FIELDS]


def test_a_method_that_does_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a release of the SDK does something else, it does it."""
    monkeypatch.setattr(span_attributes, "_WAY", ())
    span_attributes._known_way.cache_clear()
    one, calls = span(), []
    kind = type(one._attributes)
    original = kind._set_items
    monkeypatch.setattr(kind, "_set_items", lambda *args: (calls.append(args), original(*args)))
    write(one, FIELDS)
    span_attributes._known_way.cache_clear()
    assert len(calls) == 1
    assert dict(one.attributes) == FIELDS
