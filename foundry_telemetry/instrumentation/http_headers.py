"""The headers of a request or response of either family, for the least: both keep the names in lower case."""

from __future__ import annotations

from typing import Any

from foundry_telemetry.wire.headers import RawHeaders


def lowered(headers: Any) -> RawHeaders:
    """The headers by lower-case name, of a repeated one the first; as sent where they are kept otherwise."""
    try:
        return {name: value for _, name, value in reversed(headers._list)}  # noqa: SLF001 - half of what `raw` costs
    except (AttributeError, TypeError, ValueError):
        raw: RawHeaders = headers.raw
        return raw
