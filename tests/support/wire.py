"""Requests to a local Azure Monitor with nothing added but its token: what is not named is not sent."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.client import HTTPResponse
from types import TracebackType
from typing import Any, Self

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.support.patience import PATIENCE_S
from tests.support.telemetry import Envelope

Headers = Mapping[str, str] | Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)


class Wire:
    """Opens a connection for each request."""

    def __init__(self, azure: LocalAzureMonitor) -> None:
        self.azure = azure
        self.host = azure.url.removeprefix("http://")
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._open:
            connection.close()

    def connect(self) -> socket.socket:
        """A connection, closed at the end."""
        name, port = self.host.split(":")
        connection = socket.create_connection((name, int(port)), timeout=PATIENCE_S)
        self._open.append(connection)
        return connection

    def send(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Headers = (),
        *,
        host: str | None = None,
        known: bool = True,
    ) -> socket.socket:
        """Send a request, and leave its connection open.

        Args:
            method: Of HTTP.
            path: As sent, so two slashes stay two.
            body: With its length as a header, unless the headers have it.
            headers: Besides ``Host``.
            host: The header ``Host``; an empty one omits it. The server's own where it is not given.
            known: Whether it carries the access token.
        """
        pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
        if host != "":
            pairs.insert(0, ("Host", host or self.host))
        if known:
            pairs += self.azure.headers.items()
        if not {name.lower() for name, _ in pairs} & {"content-length", "transfer-encoding"}:
            pairs.append(("Content-Length", str(len(body))))
        lines = "".join(f"{name}: {value}\r\n" for name, value in pairs)
        connection = self.connect()
        connection.sendall(f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body)
        return connection

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Headers = (),
        *,
        host: str | None = None,
        known: bool = True,
    ) -> Answer:
        """Send a request as `send` does, and read the answer."""
        return answer(self.send(method, path, body, headers, host=host, known=known), method)

    def post(self, *envelopes: Envelope, path: str = "/v2.1/track", headers: Headers = ()) -> Answer:
        """Post envelopes with the right key as the exporter does."""
        return self.ask("POST", path, self.body(*envelopes), headers)

    def body(self, *envelopes: Envelope) -> bytes:
        """The body of such a post."""
        return json.dumps([{"iKey": self.azure.store.key, **one} for one in envelopes]).encode()

    def inject(self, **setting: Any) -> Answer:
        """Set the fault injection over HTTP."""
        headers = {"x-foundry-token": self.azure.store.key}
        return self.ask("PUT", "/fault-injection", json.dumps(setting).encode(), headers)

    def count(self, table: str = "AppEvents") -> int:
        """Rows of a table."""
        return int(str(self.azure.query(f"{table} | count").rows[0][0]))


def answer(connection: socket.socket, method: str = "GET") -> Answer:
    """Read the answer that comes on a connection."""
    response = HTTPResponse(connection, method=method)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    body = response.read()
    response.close()
    return Answer(response.status, headers, body)
