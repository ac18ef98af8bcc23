"""Answers played inside the process, over a real byte stream and to all four client classes.

*Step*: what one attempt gets: an answer, or an exception in its place.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

from tests.support.families import Face, pieces
from tests.support.recorded import cases, pieces_of, request_body, request_headers, url_of

NO_ANSWER = {"noresp_connect_error": "ConnectError", "noresp_read_timeout": "ReadTimeout"}
"""The recorded cases without an answer that a transport can play, with the exception it raises."""


class Step(NamedTuple):
    """What one attempt gets."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    pieces: tuple[bytes, ...] = ()
    breaks: str | None = None
    """Exception of the family in place of the end of the body."""
    raises: str | BaseException | None = None
    """Exception in place of an answer: its name in the family, or itself."""


def step_of(case: dict[str, Any], size: int | None = None) -> Step:
    """The recorded answer, its body in the recorded pieces or in pieces of `size` bytes."""
    answer = case["response"]
    if answer is None:
        return Step(raises=NO_ANSWER[case["id"]])
    return Step(
        answer["status"],
        tuple((name, value) for name, value in answer["headers"]),
        tuple(pieces_of(case, size)),
        breaks="RemoteProtocolError" if answer["ends"] == "transport_error" else None,
    )


def case_named(name: str) -> dict[str, Any]:
    """The recorded case of this id."""
    return next(case for case in cases() if case["id"] == name)


def steps_named(*names: str) -> list[Step]:
    """The recorded answers of these ids."""
    return [step_of(case_named(name)) for name in names]


class _Play:
    """Gives each attempt its step; the last one is repeated. Keeps the requests as they were sent."""

    family: ModuleType

    def __init__(self, steps: Iterable[Step]) -> None:
        self.steps = list(steps)
        self.requests: list[Any] = []

    def _next(self, request: Any) -> Step:
        step = self.steps[min(len(self.requests), len(self.steps) - 1)]
        self.requests.append(self.family.Headers(request.headers))
        if isinstance(step.raises, BaseException):
            raise step.raises
        if step.raises is not None:
            raise getattr(self.family, step.raises)("CANARY: the text of an exception")
        return step

    def _respond(self, request: Any, step: Step, body: Any) -> Any:
        return self.family.Response(
            step.status, headers=list(step.headers), stream=body(step, self.family), request=request
        )


class _Body:
    def __init__(self, step: Step, family: ModuleType) -> None:
        self.step = step
        self.family = family

    def _all(self) -> Iterator[bytes]:
        yield from self.step.pieces
        if self.step.breaks is not None:
            raise getattr(self.family, self.step.breaks)("CANARY: the text of an exception")


@cache
def _transport(family: ModuleType) -> type[Any]:
    class SyncBody(_Body, family.SyncByteStream):  # type: ignore[name-defined,misc]
        def __iter__(self) -> Iterator[bytes]:
            return self._all()

    class AsyncBody(_Body, family.AsyncByteStream):  # type: ignore[name-defined,misc]
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in self._all():
                yield piece

    class Transport(_Play, family.BaseTransport, family.AsyncBaseTransport):  # type: ignore[name-defined,misc]
        def handle_request(self, request: Any) -> Any:
            request.read()
            return self._respond(request, self._next(request), SyncBody)

        async def handle_async_request(self, request: Any) -> Any:
            await request.aread()
            return self._respond(request, self._next(request), AsyncBody)

    Transport.family = family
    return Transport


def replay(family: ModuleType, steps: Iterable[Step]) -> Any:
    """A transport of this family, for sync and async clients, that plays `steps`."""
    return _transport(family)(steps)


async def send(client: Face, case: dict[str, Any], *, streamed: bool) -> None:
    """Send the recorded request and read the answer to its end; an exception of the client is let pass."""
    family = client.family.module
    request = client.raw.build_request(
        case["request"]["method"],
        url_of(case),
        headers=request_headers(case),
        content=request_body(case),
    )
    try:
        response = await client.send(request, stream=streamed)
        if streamed:
            async for _ in pieces(response, "raw"):
                pass
    except family.TransportError:
        assert case["response"] is None or case["response"]["ends"] == "transport_error"
