"""An entry of the manifest."""

from __future__ import annotations

from typing import Literal, NamedTuple

from foundry_telemetry.manifest.forms import Form

Place = Literal["span", "metric", "ledger", "log"]
What = Literal["field", "metric", "span name", "event", "line"]
"""A field of span, metric or ledger; a metric; the name of a span; the event; a field of a log line."""


class Entry(NamedTuple):
    """One name that can leave the process."""

    what: What
    name: str
    places: tuple[Place, ...]
    source: str
    """What it is read from or made of."""
    form: Form
    unit: str = ""
    personal: str = ""
    """How it can hold personal data; empty where it cannot."""
