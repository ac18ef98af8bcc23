"""How a call of an ``AnthropicFoundry`` client is known, where a framework has changed its user agent."""

from __future__ import annotations

from typing import Final

from foundry_telemetry.wire.claims import is_for_foundry
from foundry_telemetry.wire.headers import RawHeaders, by_name

_OF_SDK: Final = b"x-stainless-lang"
"""Every client class of the SDK sends it."""


def has_foundry_credential(raw: RawHeaders) -> bool:
    """Whether the SDK sends a credential as its Foundry clients alone do.

    That is one key under two names, or an Entra token for the API of Foundry. Any other bearer token proves
    nothing: from 2.0 on a plain ``Anthropic`` client sends its API key as one.
    """
    found = by_name(raw)
    if _OF_SDK not in found:
        return False
    key = found.get(b"api-key")
    return (key is not None and key == found.get(b"x-api-key")) or is_for_foundry(found.get(b"authorization"))
