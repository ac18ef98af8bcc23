"""One truthful record for every attempt to call Claude in Microsoft Foundry.

Importing this package costs next to nothing and does nothing: no provider, no patch, no thread. Names are
imported from their modules on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from foundry_telemetry.attempt import last_attempt
    from foundry_telemetry.attribution import attribute
    from foundry_telemetry.azure import configure
    from foundry_telemetry.instrumentation import (
        async_event_hooks,
        attempts,
        event_hooks,
        instrument,
        uninstrument,
    )
    from foundry_telemetry.observation import Observation
    from foundry_telemetry.wire.causes import Failure
    from foundry_telemetry.wire.usage import TokenUsage

__all__ = [
    "Failure",
    "Observation",
    "TokenUsage",
    "async_event_hooks",
    "attempts",
    "attribute",
    "configure",
    "event_hooks",
    "instrument",
    "last_attempt",
    "uninstrument",
]

_HOMES: Final = {
    "Failure": "wire.causes",
    "Observation": "observation",
    "TokenUsage": "wire.usage",
    "async_event_hooks": "instrumentation",
    "attempts": "instrumentation",
    "attribute": "attribution",
    "configure": "azure",
    "event_hooks": "instrumentation",
    "instrument": "instrumentation",
    "last_attempt": "attempt",
    "uninstrument": "instrumentation",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version  # noqa: PLC0415

        return version("foundry-telemetry")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted((*__all__, "__version__"))
