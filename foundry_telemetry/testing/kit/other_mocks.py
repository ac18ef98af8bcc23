"""Answers that a test has registered with another library: whether one is there, checked without using it up.

===================================  ==================================================================
respx, pytest-httpx2 (over respx)    a route whose pattern matches
pytest-httpx, httpx2-pytest          a response or callback that matches and may still be sent
vcrpy                                a recorded answer that can be played
===================================  ==================================================================

None of them is imported here: one that nobody has imported has no answers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import suppress
from types import ModuleType
from typing import Any, Final

from foundry_telemetry.instrumentation.families import FAMILIES, NETWORK_TRANSPORTS

_CHOOSES: Final = "_transport_for_url"
"""What respx replaces with ``using="httpx"``; else it replaces methods of httpcore, below all transports."""


def claims(request: Any, transport: Any, family: ModuleType, *, outermost: bool) -> bool:
    """Whether a library has an explicit answer to a request whose body is in memory.

    Args:
        request: The request.
        transport: What would carry it.
        family: The module of the client's family.
        outermost: Whether `transport` is what the client chose, not one that another transport wraps.
    """
    if outermost and _in_respx(request, family, chooses=True):
        return True
    carrier = _behind_respx(transport)
    own = tuple(getattr(family, name) for name, _ in NETWORK_TRANSPORTS)
    if not isinstance(carrier, own):
        return False
    return (
        _in_respx(request, family, chooses=False)
        or any(_in_httpx_mock(mock, request, carrier) for mock in _replacing(family, _httpx_mocks()))
        or any(
            _in_cassette(cassette, request)
            for cassette in _replacing(family, _named("vcr.cassette", "Cassette"))
        )
    )


def no_match() -> tuple[type[BaseException], ...]:
    """What a library raises where an answer that seemed to match did not, and it keeps no record of that."""
    return _named("respx.models", "AllMockedAssertionError")


def _named(module: str, name: str) -> tuple[type[Any], ...]:
    """A class of a module, if that is imported."""
    found = getattr(sys.modules.get(module), name, None)
    return () if found is None else (found,)


def _in_respx(request: Any, family: ModuleType, *, chooses: bool) -> bool:
    """Whether a route of respx answers; a route that passes the request on is recorded as respx does."""
    for mocker in getattr(sys.modules.get("respx.mocks"), "Mocker", _NoMocker).registry.values():
        if (_CHOOSES in mocker.target_methods) is chooses and _replaces(mocker, family):
            route = next(filter(lambda route: _matches(route, request), _routes(mocker)), None)
            if route is not None and (chooses or not route.is_pass_through):
                return True
            if route is not None:
                with suppress(*_named("respx.models", "PassThrough")):
                    mocker.handler(request)
    return False


class _NoMocker:
    """Stands for respx where nobody has imported it."""

    registry: Final[dict[str, Any]] = {}


def _routes(mocker: Any) -> Iterator[Any]:
    for router in mocker.routers:
        yield from router.routes


def _matches(route: Any, request: Any) -> bool:
    return not route.pattern or bool(route.pattern.match(request))


def _replaces(mocker: Any, family: ModuleType) -> bool:
    """Whether a mocker of respx replaces something of this family, which may go by another's name."""
    below = family.__name__.replace("httpx", "httpcore")
    tops = (sys.modules.get(target.partition(".")[0]) for target in mocker.targets)
    return any(getattr(top, "__name__", None) in (family.__name__, below) for top in tops)


def _behind_respx(transport: Any) -> Any:
    """The transport to which respx passes on what no route of it answers."""
    return (
        transport.transports[-1]
        if isinstance(transport, _named("respx.transports", "TryTransport"))
        else transport
    )


def _httpx_mocks() -> tuple[type[Any], ...]:
    return tuple(kind for each in FAMILIES for kind in _named(each.mock, "HTTPXMock"))


def _in_httpx_mock(mock: Any, request: Any, transport: Any) -> bool:
    """Whether one that is not yet sent matches, or the last that matches may be sent again."""
    if not mock._options.should_mock(request):  # noqa: SLF001 - here and below: only a request shows it in public
        return False
    matching = [matcher for matcher, _ in mock._callbacks if matcher.match(transport, request)]  # noqa: SLF001
    return bool(matching) and (matching[-1].is_reusable or not all(each.nb_calls for each in matching))


def _in_cassette(cassette: Any, request: Any) -> bool:
    (request_type,) = _named("vcr.request", "Request")
    sent = request_type(request.method, str(request.url), request.content, request.headers)
    return bool(cassette.can_play_response_for(sent))


def _replacing(family: ModuleType, kinds: tuple[type[Any], ...]) -> Iterator[Any]:
    """The objects of these classes behind what stands in the place of the transports' methods."""
    if not kinds:
        return
    known: set[int] = set()
    todo = [getattr(getattr(family, name), method) for name, method in NETWORK_TRANSPORTS]
    while todo:
        for value in _closed_over(todo.pop()):
            if id(value) in known:
                continue
            known.add(id(value))
            if isinstance(value, kinds):
                yield value
            elif callable(value):
                todo.append(value)


def _closed_over(function: Any) -> Iterator[object]:
    for cell in getattr(function, "__closure__", None) or ():
        with suppress(ValueError):  # a cell that is still empty
            yield cell.cell_contents
