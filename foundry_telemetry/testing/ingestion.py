"""The ingestion endpoint of Azure Monitor, played on loopback for tests and demonstrations.

*Envelope*: one telemetry item as the exporter posts it; here any JSON object will do.

::

    with FakeIngestion() as azure:
        configure(connection_string=azure.connection_string)
        ...
        azure.wait_for(lambda: azure.events("foundry.attempt"))

Install with ``pip install 'foundry-telemetry[testing]'``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import msgspec
from starlette.applications import Starlette

from foundry_telemetry.ingestion.endpoint import Ingestion
from foundry_telemetry.ingestion.fault_injection import PARTIAL_SUCCESS, FaultInjection, InjectedError
from foundry_telemetry.ingestion.items import INVALID_JSON, Receipt, UnreadableError, injected, split
from foundry_telemetry.ingestion.refusals import HANDLERS
from foundry_telemetry.serving import LoopbackServer

if TYPE_CHECKING:
    from types import TracebackType

    from starlette.requests import Request

Envelope = dict[str, Any]

INSTRUMENTATION_KEY: Final = "00000000-1111-2222-3333-444444444444"
"""A key that belongs to nobody."""

_ENVELOPE: Final = msgspec.json.Decoder(Envelope)


def refuse(status: int, *, retry_after: float | None = None) -> InjectedError:
    """Answer with `status`: 401, 402, 429, 439, 500, 503 and so on.

    Args:
        status: HTTP status.
        retry_after: Seconds for the ``Retry-After`` header.
    """
    return InjectedError(status=status, retry_after_s=retry_after)


def partly(errors: Mapping[int, int]) -> InjectedError:
    """Answer 206: accept a batch without the envelopes at these indexes, refused with these statuses."""
    return InjectedError(status=PARTIAL_SUCCESS, errors=dict(errors))


HANG: Final = InjectedError(hang=True)
"""Read the request and never answer."""
CLOSE: Final = InjectedError(close=True)
"""Read the request and close the connection."""
ACCEPT_AND_CLOSE: Final = InjectedError(close=True, keep=True)
"""Take the envelopes and close the connection, so that the client cannot know."""


@dataclass(frozen=True)
class Post:
    """One request to the track endpoint."""

    path: str
    """As sent, so perhaps with two slashes."""
    compressed: bool
    envelopes: tuple[Envelope, ...]
    answer: InjectedError


class FakeIngestion:
    """Takes envelopes over HTTP as Azure does, while the ``with`` block runs.

    Args:
        errors: What the first requests get, in order; after them all is accepted.
        port: 0 lets the system choose.
    """

    def __init__(self, *errors: InjectedError, port: int = 0) -> None:
        self._fault_injection = FaultInjection(*errors)
        self._server = LoopbackServer(self._application(), port=port)
        self._changed = threading.Condition()
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

    def script(self, *errors: InjectedError) -> None:
        """Answer the next requests with these, in order."""
        self._fault_injection.script(*errors)

    def always(self, error: InjectedError | None) -> None:
        """Answer every request with `error` when the script is through; ``None`` accepts all again."""
        self._fault_injection.always(error)

    def wait_for(self, predicate: Callable[[], object], timeout: float = 10.0) -> None:
        """Wait until `predicate` holds; it is evaluated again after each request.

        Args:
            predicate: For example ``lambda: azure.events("foundry.attempt")``.
            timeout: Seconds.

        Raises:
            TimeoutError: It did not come true; the message has what came instead.
        """
        with self._changed:
            if not self._changed.wait_for(predicate, timeout):
                kinds = sorted(_kind(envelope) for envelope in self._envelopes)
                raise TimeoutError(f"timeout after {timeout} s; requests: {len(self._posts)}, items: {kinds}")

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

    def _application(self) -> Starlette:
        ingestion = Ingestion(_Receipts(), self._fault_injection, self._observe)
        app = Starlette(routes=list(ingestion.routes()), exception_handlers=HANDLERS)
        app.router.redirect_slashes = False
        return app

    def _observe(self, request: Request, body: bytes, error: InjectedError) -> None:
        compressed = request.headers.get("content-encoding") == "gzip"
        self._record(Post(request.url.path, compressed, tuple(_envelopes(body)), error))

    def _record(self, post: Post) -> None:
        with self._changed:
            self._posts.append(post)
            if post.answer.stores and not post.answer.hang:
                self._envelopes += [
                    envelope
                    for index, envelope in enumerate(post.envelopes)
                    if index not in post.answer.errors
                ]
            self._changed.notify_all()


class _Receipts:
    """A sink that counts: the envelopes are recorded together with their request."""

    key = INSTRUMENTATION_KEY

    def add(self, body: bytes, errors: Mapping[int, int], /) -> Future[Receipt]:
        received = len(split(body))
        refusals = tuple(injected(index, status) for index, status in errors.items() if index < received)
        done: Future[Receipt] = Future()
        done.set_result(Receipt(received, refusals))
        return done


def _envelopes(body: bytes) -> list[Envelope]:
    try:
        return [_ENVELOPE.decode(item) for item in split(body)]
    except INVALID_JSON as error:
        raise UnreadableError(f"an item is not a JSON object: {error}") from None


def _kind(envelope: Envelope) -> str:
    return str(envelope["data"]["baseType"])
