"""Options of every integration and of `configure()`, and checks that name the bad value before a change."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from typing import Literal

from foundry_telemetry.observation import Observation

HttpSpans = Literal["keep", "suppress"]
"""What becomes of an HTTP instrumentor's spans for Foundry attempts."""

Compression = Literal["gzip", "none"]
"""How what is posted to Azure Monitor is compressed."""

Sink = Callable[[Observation], object]
"""Called with each finished attempt."""


def check_http_spans(http_spans: object) -> None:
    """Raise ValueError unless `http_spans` is one of ``HttpSpans``."""
    if http_spans not in ("keep", "suppress"):
        raise ValueError(f"http_spans={http_spans!r}: expected 'keep' or 'suppress'")


def check_compression(compression: object) -> None:
    """Raise ValueError unless `compression` is one of ``Compression``."""
    if compression not in ("gzip", "none"):
        raise ValueError(f"compression={compression!r}: expected 'gzip' or 'none'")


def check_sinks(sinks: Iterable[Sink]) -> tuple[Sink, ...]:
    """The sinks as a tuple.

    Raises:
        TypeError: They are no sequence of plain functions; what an async one returns nobody would await.
    """
    if not isinstance(sinks, Iterable):
        raise TypeError(f"sinks={sinks!r:.100}: expected a sequence of functions that take an Observation")
    sinks = tuple(sinks)
    for sink in sinks:
        if not callable(sink) or inspect.iscoroutinefunction(sink):
            problem = "is async" if callable(sink) else "is not callable"
            raise TypeError(
                f"sinks: {sink!r:.100} {problem}; expected plain functions that take an Observation"
            )
    return sinks
