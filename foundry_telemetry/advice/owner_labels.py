"""Whose move it is, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OWNER_LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "azure": "Azure",
        "caller_authorization": "you: access",
        "caller_credential": "you: credential",
        "caller_request": "you: request",
        "client": "you: client",
        "customer_gateway": "you: gateway",
        "model_service": "model service",
        "network": "network",
        "quota": "you: quota",
    }
)
"""For each ``observation.Owner``."""
