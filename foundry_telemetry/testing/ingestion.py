"""The ingestion endpoint of Azure Monitor, played on loopback for tests and demonstrations.

*Envelope*: one telemetry item as the exporter posts it. *Fault*: an answer other than "all accepted".

::

    with FakeIngestion() as azure:
        configure(connection_string=azure.connection_string)
        ...
        azure.wait_for(lambda: azure.events("foundry.attempt"))

Install with ``pip install 'foundry-telemetry[testing]'``.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from foundry_telemetry.serving import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from starlette.types import Receive, Scope, Send

Envelope = dict[str, Any]

INSTRUMENTATION_KEY = "00000000-1111-2222-3333-444444444444"
"""A key that belongs to nobody."""

_TRACK = ("/v2.1/track", "/v2/track")
_LIVE_METRICS = ("/QuickPulseService.svc/ping", "/QuickPulseService.svc/post")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One answer of the endpoint. Prefer the functions below to building it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[int, int] = field(default_factory=dict)
    """Index of a refused envelope to the status it is refused with."""
    ends: Literal["answer", "hang", "close"] = "answer"
    keeps: bool = False
    """Whether the envelopes arrive although the client is told otherwise."""


def refuse(status: int, *, retry_after: float | None = None) -> Fault:
    """Answer with `status`: 401, 402, 429, 439, 500, 503 and so on.

    Args:
        status: HTTP status.
        retry_after: Seconds for the ``Retry-After`` header.
    """
    return Fault(status=status, headers={} if retry_after is None else {"Retry-After": f"{retry_after:g}"})


def partly(errors: Mapping[int, int]) -> Fault:
    """Answer 206: accept a batch without the envelopes at these indexes, refused with these statuses."""
    return Fault(status=206, errors=dict(errors))


HANG = Fault(ends="hang")
"""Read the request and never answer."""
CLOSE = Fault(ends="close")
"""Read the request and close the connection."""
ACCEPT_AND_CLOSE = Fault(ends="close", keeps=True)
"""Take the envelopes and close the connection, so that the client cannot know."""


@dataclass(frozen=True)
class Post:
    """One request to the track endpoint."""

    path: str
    """As sent, so perhaps with two slashes."""
    compressed: bool
    envelopes: tuple[Envelope, ...]
    answer: Fault


class FakeIngestion:
    """Takes envelopes over HTTP as Azure does, while the ``with`` block runs.

    Args:
        faults: What the first requests get, in order; after them all is accepted.
        port: 0 lets the system choose.
    """

    def __init__(self, *faults: Fault, port: int = 0) -> None:
        self._server = LoopbackServer(self._answer, port=port)
        self._changed = threading.Condition()
        self._faults = deque(faults)
        self._always: Fault | None = None
        self._posts: list[Post] = []
        self._envelopes: list[Envelope] = []

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        """Base URL, without a slash at the end."""
        return self._server.url

    @property
    def connection_string(self) -> str:
        """For `configure`; the endpoints end in a slash, as those of Azure do."""
        return (
            f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint={self.url}/;LiveEndpoint={self.url}/"
        )

    @property
    def envelopes(self) -> list[Envelope]:
        """Every envelope taken so far, oldest first; a copy."""
        with self._changed:
            return list(self._envelopes)

    @property
    def posts(self) -> list[Post]:
        """Every request so far, refused ones included; a copy."""
        with self._changed:
            return list(self._posts)

    def script(self, *faults: Fault) -> None:
        """Answer the next requests with these, in order."""
        with self._changed:
            self._faults.extend(faults)

    def always(self, fault: Fault | None) -> None:
        """Answer every request with `fault` when no script is left; ``None`` makes all well again."""
        with self._changed:
            self._always = fault

    def wait_for(self, predicate: Callable[[], object], timeout: float = 10.0) -> None:
        """Wait until `predicate` holds; it is asked again after each request.

        Args:
            predicate: For example ``lambda: azure.events("foundry.attempt")``.
            timeout: Seconds.

        Raises:
            TimeoutError: It did not come true; the message says what came instead.
        """
        with self._changed:
            if not self._changed.wait_for(predicate, timeout):
                kinds = sorted(_kind(envelope) for envelope in self._envelopes)
                raise TimeoutError(f"not within {timeout} s: {len(self._posts)} requests brought {kinds}")

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The ``baseData`` of every envelope of a kind, such as ``RequestData``."""
        return [envelope["data"]["baseData"] for envelope in self.envelopes if _kind(envelope) == kind]

    def events(self, name: str) -> list[dict[str, str]]:
        """The properties of every custom event of this name."""
        return [item["properties"] for item in self.items("EventData") if item["name"] == name]

    def dependencies(self) -> list[dict[str, Any]]:
        """Every dependency: client and internal spans."""
        return self.items("RemoteDependencyData")

    def messages(self) -> list[dict[str, Any]]:
        """Every log line."""
        return self.items("MessageData")

    def metrics(self, name: str) -> list[dict[str, Any]]:
        """Every data point of a metric: ``value``, ``count``, ``min``, ``max`` and its ``properties``."""
        return [
            {**point, "properties": item.get("properties", {})}
            for item in self.items("MetricData")
            for point in item["metrics"]
            if point["name"] == name
        ]

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = "/" + request.url.path.lstrip("/")
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        if path in _LIVE_METRICS:
            await Response(headers={"x-ms-qps-subscribed": "false"})(scope, receive, send)
        elif path in _TRACK and request.method == "POST":
            await self._track(request, body, send)
        else:
            await Response(status_code=404)(scope, receive, send)

    async def _track(self, request: Request, body: bytes, send: Send) -> None:
        compressed = "gzip" in request.headers.get("content-encoding", "")
        try:
            envelopes = _envelopes(gzip.decompress(body) if compressed else body)
        except (OSError, EOFError, ValueError):
            await _result(0, {0: 400}, 400)(request.scope, request.receive, send)
            return
        fault = self._take(request.url.path, envelopes, compressed=compressed)
        if fault.ends == "answer":
            response = _result(len(envelopes), _refused(fault, len(envelopes)), fault.status)
            response.headers.update(fault.headers)
            await response(request.scope, request.receive, send)
            return
        if fault.ends == "close":
            request.scope["state"]["transport"].close()
        while (await request.receive())["type"] != "http.disconnect":
            pass

    def _take(self, path: str, envelopes: list[Envelope], *, compressed: bool) -> Fault:
        with self._changed:
            fault = self._faults.popleft() if self._faults else self._always or Fault()
            self._posts.append(Post(path, compressed, tuple(envelopes), fault))
            if fault.keeps or fault.ends == "answer":
                refused = {} if fault.keeps else _refused(fault, len(envelopes))
                self._envelopes += [
                    envelope for index, envelope in enumerate(envelopes) if index not in refused
                ]
            self._changed.notify_all()
            return fault


def _refused(fault: Fault, count: int) -> Mapping[int, int]:
    if fault.status in {200, 206}:
        return {index: status for index, status in fault.errors.items() if index < count}
    return dict.fromkeys(range(count), fault.status)


def _result(received: int, refused: Mapping[int, int], status: int) -> JSONResponse:
    errors = [
        {"index": index, "statusCode": code, "message": f"refused with {code}"}
        for index, code in refused.items()
    ]
    content = {
        "itemsReceived": received,
        "itemsAccepted": max(received - len(refused), 0),
        "appId": None,
        "errors": errors,
    }
    return JSONResponse(content, status_code=status)


def _envelopes(body: bytes) -> list[Envelope]:
    """Read a JSON array of envelopes, or one envelope a line."""
    text = body.decode("utf-8").strip()
    if text.startswith("["):
        found: list[Envelope] = json.loads(text)
        return found
    return [json.loads(line) for line in text.splitlines() if line.strip()]


def _kind(envelope: Envelope) -> str:
    return str(envelope["data"]["baseType"])
