"""One transport, so one pool of connections, for the exporters of all signals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from azure.core.pipeline.transport import RequestsTransport

_NAMES: Final = {
    "timeout": "connection_timeout",
    "read_timeout": "read_timeout",
    "connection_verify": "connection_verify",
    "connection_cert": "connection_cert",
}
"""Keyword of an exporter: what its transport calls it."""


def shared_transport(options: Mapping[str, Any]) -> RequestsTransport:
    """A transport as each exporter would make it for itself.

    Args:
        options: The keywords for the exporters.
    """
    transport = RequestsTransport(
        **{name: options[keyword] for keyword, name in _NAMES.items() if keyword in options}
    )
    # Two exporters that send at once would each open it, and one find it half set up.
    transport.open()
    return transport
