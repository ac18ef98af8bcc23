"""The owner of an error, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OWNER_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "azure": "Azure",
        "caller_authorization": "Your permissions",
        "caller_credential": "Your credentials",
        "caller_request": "Your request",
        "client": "Your client",
        "customer_gateway": "Your gateway",
        "model_service": "Anthropic",
        "network": "Network",
        "quota": "Your quota",
    }
)
"""For each ``observation.Owner``."""
