"""Usage that somebody else's span gets when it ends without."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import Span, TracerProvider

from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.signals.missing_usage import has_usage, owe

USAGE = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}


@pytest.fixture
def span() -> Any:
    """One of the SDK."""
    return TracerProvider(shutdown_on_exit=False).get_tracer("somebody").start_span("chat")


def test_written_at_the_end(span: Any) -> None:
    """Not before, since its owner may still write it; then the span is as it was."""
    owe(span, USAGE)
    assert not has_usage(span)
    span.end()
    assert dict(span.attributes) == USAGE
    assert "end" not in vars(span)


@pytest.mark.parametrize(
    "name",
    ["gen_ai.usage.input_tokens", "llm.token_count.prompt", "llm.usage.total_tokens", "ai.usage.tokens"],
)
def test_written_by_its_owner(name: str, span: Any) -> None:
    """Whatever its owner calls it, what it wrote stays and nothing comes to it."""
    owe(span, USAGE)
    span.set_attribute(name, 7)
    span.end()
    assert dict(span.attributes) == {name: 7}


def test_added_up(span: Any) -> None:
    """What several attempts used below one span."""
    owe(span, USAGE)
    owe(span, {**USAGE, "gen_ai.usage.cache_read.input_tokens": 3})
    span.end()
    assert dict(span.attributes) == {
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_read.input_tokens": 3,
    }


def test_end_time(span: Any) -> None:
    """The end that its owner gives is the end."""
    owe(span, USAGE)
    span.end(end_time=span.start_time + 5)
    assert span.end_time == span.start_time + 5


def test_ended_twice(span: Any) -> None:
    """A second end is as without us."""
    owe(span, USAGE)
    end = span.end
    end()
    end()
    assert dict(span.attributes) == USAGE


class Fixed:
    """A span that takes no attributes of its own."""

    __slots__ = ("attributes", "ended")

    def __init__(self) -> None:
        self.attributes: dict[str, Any] = {}
        self.ended = False

    def set_attributes(self, attributes: Any) -> None:
        """Keep them."""
        self.attributes |= attributes

    def end(self) -> None:
        """Note it."""
        self.ended = True


def test_span_that_cannot_be_watched() -> None:
    """Gets it at once: its owner writes the same names over ours."""
    span: Any = Fixed()
    owe(span, USAGE)
    assert span.attributes == USAGE


def test_span_that_raises(span: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A span that refuses the usage ends all the same, and what it raised is counted."""
    owe(span, USAGE)
    monkeypatch.setattr(Span, "set_attributes", lambda *_: 1 / 0)
    span.end()
    assert span.end_time is not None
    assert internal_errors.count == 1
    internal_errors.count = 0  # wanted here
