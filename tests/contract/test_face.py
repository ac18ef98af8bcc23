"""The face of the package: its names, what importing it costs, and that every name is documented."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import foundry_telemetry
from docs.builder import reference
from foundry_telemetry.schema.field_table import FIELDS
from foundry_telemetry.schema.metric_table import METRICS
from foundry_telemetry.schema.value import EVENT_NAME

ROOT = Path(__file__).parents[2]
NAMES = {
    "instrument",
    "uninstrument",
    "configure",
    "attribute",
    "attempts",
    "last_attempt",
    "event_hooks",
    "async_event_hooks",
    "Observation",
    "TokenUsage",
    "Failure",
}


def test_public_names() -> None:
    """The eleven names of the design, no more, no less; each can be had and tab completion shows it."""
    assert set(foundry_telemetry.__all__) == NAMES
    assert len(foundry_telemetry.__all__) == len(NAMES)
    assert set(dir(foundry_telemetry)) >= NAMES
    for name in NAMES:
        assert getattr(foundry_telemetry, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'instrumented'"):
        _ = foundry_telemetry.instrumented


def test_homes_are_where_type_checkers_look() -> None:
    """The lazy table names every public name, each with the module it really comes from."""
    assert set(foundry_telemetry._HOMES) == NAMES
    for name, home in foundry_telemetry._HOMES.items():
        assert getattr(foundry_telemetry, name).__module__.startswith(f"foundry_telemetry.{home}")


HEAVY = (
    *("opentelemetry.sdk", "azure", "httpx", "httpx2", "anthropic"),
    *("structlog", "uvicorn", "genai_prices", "pydantic"),
)
UNUSED = ("azure", "structlog", "uvicorn", "anthropic")
"""What a process without `configure()` and our logs has no use for."""
CALL = """
import foundry_telemetry, httpx
foundry_telemetry.instrument()
transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"type": "message"}))
with httpx.Client(transport=transport) as client:
    client.post("https://r.services.ai.azure.com/anthropic/v1/messages", json={"model": "m"})
"""
PROBE = """
import os, sys, threading
before = dict(os.environ)
{statement}
heavy = {heavy!r}
print(sorted(name for name in heavy if name in sys.modules), threading.active_count(), os.environ == before)
"""


@pytest.mark.parametrize(
    ("statement", "heavy"),
    [
        ("import foundry_telemetry", HEAVY),
        ("from foundry_telemetry import Observation, attribute, last_attempt", HEAVY),
        # The integrations need the byte streams of the HTTP clients, and nothing else.
        (
            "from foundry_telemetry import instrument, event_hooks",
            ("opentelemetry.sdk", "azure", "anthropic", "structlog", "uvicorn", "genai_prices", "pydantic"),
        ),
        # A recorded call needs the price list, which instrument() has read before: no call waits for it.
        (CALL, UNUSED),
    ],
    ids=["package", "data", "integrations", "call"],
)
def test_import_does_nothing(statement: str, heavy: tuple[str, ...]) -> None:
    """Neither imports nor a call bring in what is not used, start a thread or set an environment variable."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(statement=statement, heavy=heavy)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.stdout.strip() == "[] 1 True"


EMITTED = sorted({row.name for row in (*FIELDS, *METRICS)} | {EVENT_NAME})


def test_names_are_documented() -> None:
    """Every name that can be emitted stands in the reference."""
    pages = reference.ledger() + reference.spans() + reference.metrics()
    missing = [name for name in EMITTED if not re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", pages)]
    assert not missing
