"""Whatever of ours raises, the user's calls are as without us."""

from __future__ import annotations

import gc
import logging
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import anthropic
import anyio
import pytest

import foundry_telemetry
from foundry_telemetry.instrumentation import FoundryMiddleware
from foundry_telemetry.instrumentation.calls import failed_attempts
from foundry_telemetry.internal_errors import internal_errors
from tests.fault_injection.internals import GUARDS, Internal, broken, called, internals
from tests.instrumentation.retrying import wrapping
from tests.support.capture import Capture
from tests.support.compare import BODY, TLS, User, only
from tests.support.families import Face, Family, pieces, sdk_httpx, settle
from tests.support.fault_server import FaultServer

Errand = Callable[[User], Awaitable[None]]
Outcome = tuple[dict[str, Any], list[tuple[str, str]]]
"""What the user saw, and the requests the server got."""

INTEGRATION = "foundry_telemetry.instrumentation."
"""These functions are broken on every errand that passes them, those behind them on the first alone."""


async def _streamed(user: User) -> None:
    async with user.stream("events") as response:
        user.record(pieces=[piece async for piece in pieces(response)])
        user.record_response(response)


async def _left(user: User) -> None:
    async with user.stream("unfinished") as response:
        pass
    user.record_response(response)


def _posted(fault: str) -> Errand:
    async def errand(user: User) -> None:
        with user.fails():
            token = {"authorization": "Bearer a.eyJhdWQiOiJ4In0.c"}
            user.record_response(await user.post(fault, follow_redirects=True, headers=token))
        user.record(in_use=[state for state in user.pool() if "ACTIVE" in state])

    return errand


ANSWERS = ("ok", "echo-401", "redirect", "html-502", "garbage", "cut", "error-event")
ERRANDS = (*map(_posted, ANSWERS), _streamed, _left)
"""Calls that together lead through all of our code."""


def sdk_errands(middleware: list[Any]) -> list[Errand]:
    """Calls of the SDK, with its retries."""

    def posted(fault: str) -> Errand:
        async def errand(user: User) -> None:
            with user.fails():
                message = await settle(_sdk(user, fault, middleware).messages.create(**BODY))
                user.record(message=message.to_dict())

        return errand

    async def streamed(user: User) -> None:
        stream = await settle(_sdk(user, "events", middleware).messages.create(**BODY, stream=True))
        if user.is_async:
            user.record(events=[event.to_dict() async for event in stream])
        else:
            user.record(events=[event.to_dict() for event in stream])
        await settle(stream.close())

    return [*map(posted, ("ok", "limited", "echo-401", "garbage")), streamed]


def _sdk(user: User, fault: str, middleware: list[Any]) -> Any:
    kind = anthropic.AsyncAnthropicFoundry if user.is_async else anthropic.AnthropicFoundry
    url = f"{user.server.base}/{fault}"
    return kind(api_key="CANARY-KEY", base_url=url, http_client=user.face.raw, middleware=middleware)


async def run(face: Face, server: FaultServer, errand: Errand) -> Outcome:
    """Run one errand, which is no retry of an earlier one."""
    server.forget()
    failed_attempts.waiting.clear()
    user = User(face, server)
    await errand(user)
    return user.observed, [(one.method, one.path) for one in server.received]


class Breaker:
    """Breaks functions of ours while a client runs its errands.

    Args:
        face: The client, with nothing of ours about it yet.
        server: Whom it asks.
        caplog: What is logged meanwhile.
    """

    def __init__(self, face: Face, server: FaultServer, caplog: pytest.LogCaptureFixture) -> None:
        self._face = face
        self._server = server
        self._caplog = caplog
        self._expected: list[Outcome] = []

    async def control(self, errands: Sequence[Errand]) -> None:
        """Run the errands without us; each once before, to leave the pool as later runs find it."""
        for errand in errands:
            await run(self._face, self._server, errand)
            self._expected.append(await run(self._face, self._server, errand))

    async def break_each(self, errands: Sequence[Errand], prefix: str = "") -> set[str]:
        """Break each function on the path of each errand in turn; gives the names of those broken."""
        felt: list[tuple[str, str]] = []
        done: set[str] = set()
        for errand, expected in zip(errands, self._expected, strict=True):
            assert await run(self._face, self._server, errand) == expected  # and fills our caches
            with called() as codes:
                assert await run(self._face, self._server, errand) == expected
            for one in internals():
                fresh = one.name not in done or one.name.startswith(INTEGRATION)
                if one.code in codes and one.name not in GUARDS and fresh and one.name.startswith(prefix):
                    done.add(one.name)
                    how = await self._break(one, errand, expected)
                    felt += [(one.name, how)] if how else []
        assert not felt
        return done

    async def _break(self, one: Internal, errand: Errand, expected: Outcome) -> str | None:
        """Break one function; tells how anybody feels it."""
        internal_errors._next_log_s.clear()
        self._caplog.clear()
        with broken(one) as calls:
            try:
                reported = await run(self._face, self._server, errand)
            except Exception as error:
                return f"reaches the user: {error!r}"
        if reported != expected:
            return "changes what the user or the server sees"
        ours = [record for record in self._caplog.records if record.name.startswith("foundry_telemetry")]
        shown = repr([(record.getMessage(), record.exc_info) for record in ours])
        if len(ours) > 1 or "CANARY" in shown or any(record.levelno >= logging.ERROR for record in ours):
            return f"is logged: {shown}"
        return None if calls else "was not reached"


OPTIONS = {"verify": TLS, "trust_env": False, "timeout": 10.0}


@pytest.mark.slow
@pytest.mark.row(21)
@pytest.mark.parametrize(("integration", "least"), [("process", 80), ("client", 12), ("hooks", 12)])
def test_broken_function(
    family: Family,
    capture: Capture,
    server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    *,
    integration: str,
    least: int,
) -> None:
    """Each function behind a integration may raise; the calls are the same, with at most one log record.

    `least` is how many functions are known to be on the path; fewer mean that they are no longer found.
    """
    errands = ERRANDS if integration != "client" else (_posted("ok"), _streamed)  # its method alone differs

    async def scenario() -> set[str]:
        async with family.client(**OPTIONS) as face:
            breaker = Breaker(face, server, caplog)
            await breaker.control(errands)
            _open(integration, face, capture)
            return await breaker.break_each(errands, "" if integration == "process" else INTEGRATION)

    names = family.run(scenario)
    assert len(names) >= least, sorted(names)
    assert capture.ledger


def _open(integration: str, face: Face, capture: Capture) -> None:
    if integration == "hooks":
        make = foundry_telemetry.async_event_hooks if face.family.is_async else foundry_telemetry.event_hooks
        face.raw.event_hooks = make(**capture.options)
    else:
        foundry_telemetry.instrument(face.raw if integration == "client" else None, **capture.options)


@pytest.mark.slow
@pytest.mark.row(21)
def test_broken_function_below_retries(
    family: Family, capture: Capture, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The same below a transport that retries, which would send again for each exception of ours."""
    errands = [*map(_posted, ("limited", "ok", "redirect", "garbage")), _streamed]

    async def scenario() -> set[str]:
        inner = family.module.AsyncHTTPTransport if family.is_async else family.module.HTTPTransport
        async with family.client(transport=wrapping(family, inner(verify=TLS)), timeout=10.0) as face:
            breaker = Breaker(face, server, caplog)
            await breaker.control(errands)
            foundry_telemetry.instrument(**capture.options)
            return await breaker.break_each(errands, INTEGRATION)

    names = family.run(scenario)
    assert len({name for name in names if name.startswith(f"{INTEGRATION}transport_layers.")}) >= 5, sorted(
        names
    )


@pytest.mark.slow
@pytest.mark.row(21)
@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("integration", ["process", "middleware", "notes"])
def test_broken_function_under_the_sdk(
    capture: Capture,
    server: FaultServer,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_async: bool,
    integration: str,
) -> None:
    """The same under the SDK, which would send a paid request again for each exception of ours."""

    async def no_sleep(_: float) -> None:
        """Wait for nothing."""

    monkeypatch.setattr(time, "sleep", lambda _: None)
    monkeypatch.setattr(anyio, "sleep", no_sleep)
    family = Family(sdk_httpx, is_async)

    async def scenario() -> set[str]:
        async with family.client(**OPTIONS) as face:
            breaker = Breaker(face, server, caplog)
            await breaker.control(sdk_errands([]))
            if integration != "middleware":
                foundry_telemetry.instrument(**capture.options, exception_notes=integration == "notes")
                return await breaker.break_each(sdk_errands([]), INTEGRATION)
            middleware = FoundryMiddleware(**capture.options)
            return await breaker.break_each(sdk_errands([middleware]), INTEGRATION)

    names = family.run(scenario)
    assert len(names) >= 12, sorted(names)
    assert capture.ledger
    noting = {name for name in names if name.startswith("foundry_telemetry.instrumentation.exception_notes.")}
    assert len(noting) >= 8 if integration == "notes" else not noting, sorted(noting)


@pytest.mark.row(21)
def test_broken_finalizer(
    family: Family, instrumented: Capture, server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A finalizer of ours that fails prints nothing, as it might at interpreter exit."""
    unraisable: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    (is_open,) = (one for one in internals() if one.name == "foundry_telemetry.attempt.Attempt.is_open")

    async def scenario() -> list[str]:
        async with family.client(**OPTIONS) as face:
            with broken(is_open) as calls:
                response = await User(face, server).post("ok")
                assert response.status_code == 200
                del response
                gc.collect()
            return calls

    assert family.run(scenario)
    assert unraisable == []
    assert only(instrumented).outcome == "ok"
