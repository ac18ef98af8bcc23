"""The same server in HTTP/2: streams and connections that are ended by the server."""

from __future__ import annotations

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import Event, RequestReceived, StreamEnded

from tests.support.fault_server import EVENTS, FaultServer, Peer, Received


class H2FaultServer(FaultServer):
    """HTTP/2 in clear text, for clients that are set to speak nothing else.

    ``held`` gets four events, and the rest when another stream of the connection requests ``reset``, whose
    stream is reset; ``goaway`` ends the whole connection; ``events`` is a complete answer.
    """

    def _answer_all(self, peer: Peer) -> None:
        connection = H2Connection(H2Configuration(client_side=False))
        connection.initiate_connection()
        streams = _Streams(connection)
        peer.send(connection.data_to_send())
        while streams.is_open and (data := peer.sock.recv(65536)):
            for event in connection.receive_data(data):
                if isinstance(event, RequestReceived):
                    path = dict(event.headers)[b":path"].decode()
                    with self._lock:
                        self._requests.append(Received("POST", path, {}, b""))
                streams.on(event)
            peer.send(connection.data_to_send())


class _Streams:
    """The streams of one connection."""

    def __init__(self, connection: H2Connection) -> None:
        self._connection = connection
        self._behaviours: dict[int, str] = {}
        self._held_streams: list[int] = []
        self.is_open = True

    def on(self, event: Event) -> None:
        """Record the request; answer when the request is complete."""
        if isinstance(event, RequestReceived):
            self._behaviours[event.stream_id] = dict(event.headers)[b":path"].decode().split("/")[1]
        elif isinstance(event, StreamEnded):
            getattr(self, f"_{self._behaviours[event.stream_id]}")(event.stream_id)

    def _send(self, stream: int, *events: bytes, end: bool = False) -> None:
        for event in events:
            self._connection.send_data(stream, event)
        if end:
            self._connection.end_stream(stream)

    def _begin(self, stream: int) -> None:
        self._connection.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])

    def _events(self, stream: int) -> None:
        self._begin(stream)
        self._send(stream, *EVENTS, end=True)

    def _held(self, stream: int) -> None:
        self._begin(stream)
        self._send(stream, *EVENTS[:4])
        self._held_streams.append(stream)

    def _reset(self, stream: int) -> None:
        self._begin(stream)
        self._send(stream, *EVENTS[:2])
        self._connection.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        for held in self._held_streams:
            self._send(held, *EVENTS[4:], end=True)

    def _goaway(self, stream: int) -> None:
        self._begin(stream)
        self._send(stream, *EVENTS[:4])
        self._connection.close_connection(ErrorCodes.ENHANCE_YOUR_CALM, last_stream_id=0)
        self.is_open = False
