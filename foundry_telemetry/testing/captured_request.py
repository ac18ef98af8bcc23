"""What a client sent to the fake service."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct


class ReceivedRequest(Struct, frozen=True, kw_only=True):
    """One request as it arrived, body included."""

    method: str = "POST"
    path: str = "/anthropic/v1/messages"
    """Path of the URL, without the query."""
    query: str = ""
    headers: Mapping[str, str] = MappingProxyType({})
    """By lower-case name; the values of a repeated header are joined by ``", "``."""
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The body as JSON, or ``None`` when it is none."""
        try:
            return msgspec.json.decode(self.body)
        except msgspec.DecodeError:
            return None

    @property
    def model(self) -> str | None:
        """``model`` of the body, which on Foundry names the deployment."""
        model = self._fields.get("model")
        return model if isinstance(model, str) else None

    @property
    def wants_stream(self) -> bool:
        """Whether the body asks for server-sent events."""
        return self._fields.get("stream") is True

    @property
    def operation(self) -> str | None:
        """``chat``, ``count_tokens``, or ``None`` for a path that Foundry does not serve."""
        if self.path.endswith("/v1/messages"):
            return "chat"
        return "count_tokens" if self.path.endswith("/v1/messages/count_tokens") else None

    @property
    def _fields(self) -> Mapping[str, Any]:
        fields = self.json
        return fields if isinstance(fields, dict) else {}


def joined(pairs: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Header pairs as one mapping by lower-case name."""
    headers: dict[str, str] = {}
    for name, value in pairs:
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    return MappingProxyType(headers)
