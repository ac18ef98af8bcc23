"""What an attempt of a made ledger may tell, by chance."""

from __future__ import annotations

from datetime import datetime
from random import Random
from typing import Any

TENANTS = ("acme", "globex", "o'hara & sons", None)
RESOURCES = ("orders-eastus2", None)


def tags(chance: Random) -> tuple[tuple[str, str], ...]:
    """Some have a tenant, some a feature whose text looks like a key of its own."""
    tenant = chance.choice(TENANTS)
    feature = (("feature", 'x"foundry.tag.evil":'),) if chance.random() < 0.1 else ()
    return ((("tenant", tenant),) if tenant else ()) + feature


def asked(chance: Random) -> dict[str, Any]:
    """How it was asked for."""
    return {
        "client": "AnthropicFoundry/2.12.0",
        "server": "orders-eastus2.services.ai.azure.com",
        "resource": chance.choice(RESOURCES),
        "region": "East US 2",
        "auth_scheme": chance.choice(("entra_id", "api_key")),
    }


def used(chance: Random) -> dict[str, Any]:
    """All counts of a whole answer, or all but some."""
    fresh, read, write = chance.randint(1, 4000), chance.choice((None, 0, 8192)), chance.choice((None, 512))
    return {
        "input_tokens": fresh + (read or 0) + (write or 0),
        "output_tokens": chance.randint(1, 900),
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "thinking_tokens": chance.choice((None, 40)),
        "uncached_input_tokens": fresh + (write or 0),
        "usage_complete": True,
    }


def begun(chance: Random) -> dict[str, Any]:
    """The counts of an answer that was left or cut off: its input alone."""
    fresh = chance.randint(1, 4000)
    counts = {"input_tokens": fresh, "uncached_input_tokens": fresh, "usage_complete": False}
    return counts | {"partial_cost_usd": fresh * 2e-6}


def refused(chance: Random) -> dict[str, Any]:
    """What a refused token says, and what Entra's support asks for."""
    return {
        "token_expires_in_s": chance.choice((None, -chance.randint(1, 9000))),
        "token_audience": "https://ai.azure.com",
        "token_tenant": chance.choice(("72f9", None)),
        "token_application": chance.choice(("app-1", "app-2")),
        "token_identity_type": "app",
        "entra_trace_id": guid(chance),
        "entra_correlation_id": guid(chance),
    }


def milliseconds(at: datetime) -> datetime:
    """The instant without what is shorter."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def hex_(chance: Random, digits: int) -> str:
    """So many hexadecimal digits."""
    return f"{chance.getrandbits(4 * digits):0{digits}x}"


def guid(chance: Random) -> str:
    """An id as Azure writes it."""
    text = hex_(chance, 32)
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
