"""Claude in Microsoft Foundry, played for tests and demonstrations.

::

    with FakeFoundry((429, 200)) as foundry:
        client = AnthropicFoundry(base_url=foundry.base_url, api_key="any")
        client.messages.create(model="my-deployment", max_tokens=64, messages=[...])
        assert len(foundry.requests) == 2

Install with ``pip install 'foundry-telemetry[testing]'``. The library itself never imports this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundry_telemetry.testing.compress import Encoding
from foundry_telemetry.testing.fake import FakeFoundry
from foundry_telemetry.testing.received import ReceivedRequest
from foundry_telemetry.testing.recordings import RecordedCase, RecordedSequence, case, cases, sequences
from foundry_telemetry.testing.replays import error, recorded
from foundry_telemetry.testing.replies import answer, count_tokens, message, stream
from foundry_telemetry.testing.reply import Ends, Pause, Reply
from foundry_telemetry.testing.script import Item, Respond

if TYPE_CHECKING:
    from foundry_telemetry.testing.ingestion import FakeIngestion

__all__ = [
    "Encoding",
    "Ends",
    "FakeFoundry",
    "FakeIngestion",
    "Item",
    "Pause",
    "ReceivedRequest",
    "RecordedCase",
    "RecordedSequence",
    "Reply",
    "Respond",
    "answer",
    "case",
    "cases",
    "count_tokens",
    "error",
    "message",
    "recorded",
    "sequences",
    "stream",
]


def __getattr__(name: str) -> object:
    if name != "FakeIngestion":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        from foundry_telemetry.testing.ingestion import FakeIngestion  # noqa: PLC0415 - brings a web server
    except ModuleNotFoundError as missing:
        raise ImportError(
            f"FakeIngestion needs {missing.name!r}: expected it to be installed; repair with "
            "`pip install 'foundry-telemetry[testing]'`"
        ) from missing
    return FakeIngestion
