"""Claude in Microsoft Foundry, played for tests and demonstrations.

With pytest, the fixture ``foundry`` (`FoundryKit`) answers every call of your code and checks what was
recorded; ``foundry_telemetry/testing/README.md`` shows how. Without it::

    with FakeFoundry((429, 200)) as foundry:
        client = AnthropicFoundry(base_url=foundry.base_url, api_key="any")
        client.messages.create(model="my-deployment", max_tokens=64, messages=[...])
        assert len(foundry.requests) == 2

The servers need ``pip install 'foundry-telemetry[testing]'``; the fixture and what answers inside the process
need nothing more. The library itself never imports this package.
Names are imported from their modules on first use, since pytest imports this package wherever there is one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from foundry_telemetry.testing.captured_request import ReceivedRequest
    from foundry_telemetry.testing.compress import Encoding
    from foundry_telemetry.testing.fake import FakeFoundry
    from foundry_telemetry.testing.ingestion import FakeIngestion
    from foundry_telemetry.testing.kit import FoundryKit
    from foundry_telemetry.testing.kit.calls import Call, Calls
    from foundry_telemetry.testing.kit.capture import Point
    from foundry_telemetry.testing.kit.incidents import INCIDENTS, Incident
    from foundry_telemetry.testing.recorded_responses import error, recorded
    from foundry_telemetry.testing.recordings import RecordedCase, RecordedSequence, case, cases, sequences
    from foundry_telemetry.testing.response import Ends, FakeResponse, Pause
    from foundry_telemetry.testing.responses import answer, count_tokens, message, stream
    from foundry_telemetry.testing.script import Item, Respond

__all__ = [
    "INCIDENTS",
    "Call",
    "Calls",
    "Encoding",
    "Ends",
    "FakeFoundry",
    "FakeIngestion",
    "FakeResponse",
    "FoundryKit",
    "Incident",
    "Item",
    "Pause",
    "Point",
    "ReceivedRequest",
    "RecordedCase",
    "RecordedSequence",
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

_NAMES: Final = {
    "compress": ("Encoding",),
    "fake": ("FakeFoundry",),
    "ingestion": ("FakeIngestion",),
    "kit": ("FoundryKit",),
    "kit.calls": ("Call", "Calls"),
    "kit.capture": ("Point",),
    "kit.incidents": ("INCIDENTS", "Incident"),
    "captured_request": ("ReceivedRequest",),
    "recordings": ("RecordedCase", "RecordedSequence", "case", "cases", "sequences"),
    "recorded_responses": ("error", "recorded"),
    "responses": ("answer", "count_tokens", "message", "stream"),
    "response": ("Ends", "Pause", "FakeResponse"),
    "script": ("Item", "Respond"),
}
_HOMES: Final = {name: home for home, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as missing:
        raise ImportError(
            f"{name} needs {missing.name!r}: expected it to be installed; run "
            "`pip install 'foundry-telemetry[testing]'`"
        ) from missing
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
