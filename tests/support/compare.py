"""The same scenario without us and with us, and what its user saw each time, side by side."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from opentelemetry.trace import StatusCode

import foundry_telemetry
from foundry_telemetry import Observation
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.schema import field_table as names
from tests.support.capture import Capture
from tests.support.families import Face, Family
from tests.support.fault_server import Counts, FaultServer

TLS = ssl.create_default_context()
"""Shared, since a context of its own takes a client half a second."""

BODY = {"model": "claude-faults", "max_tokens": 64, "messages": [{"role": "user", "content": "Hi"}]}


@dataclass
class User:
    """Who runs a scenario, and what they observed."""

    face: Face
    server: FaultServer
    observed: dict[str, Any] = field(default_factory=dict)

    @property
    def is_async(self) -> bool:
        """Whether the client is an async one."""
        return self.face.family.is_async

    def record(self, **facts: Any) -> None:
        """Record what must be the same with us."""
        for name, fact in facts.items():
            self.observed[name if name not in self.observed else f"{name}:{len(self.observed)}"] = fact

    async def post(self, behaviour: str, **options: Any) -> Any:
        """Request a behaviour; the body is read."""
        return await self.face.request("POST", self.server.url(behaviour), **{"json": BODY, **options})

    def stream(self, behaviour: str, **options: Any) -> Any:
        """Request a behaviour; the caller reads the body."""
        body = {**BODY, "stream": True}
        return self.face.stream("POST", self.server.url(behaviour), **{"json": body, **options})

    def pool(self) -> list[str]:
        """The state of each connection."""
        pool = getattr(self.face.raw._transport, "_pool", None)
        return [connection.info() for connection in pool.connections] if pool else []

    @contextmanager
    def fails(self, name: str = "error") -> Iterator[None]:
        """Record the exception that comes."""
        try:
            yield
        except BaseException as error:
            self.record(**{name: exception(error)})
        else:
            self.record(**{name: None})

    def record_response(self, response: Any) -> None:
        """Record all that a response shows, except the time it took."""
        self.record(
            status=response.status_code,
            headers=response.headers.raw,
            history=[(old.status_code, str(old.url)) for old in response.history],
            url=str(response.url),
            version=response.http_version,
            closed=response.is_closed,
            consumed=response.is_stream_consumed,
            downloaded=response.num_bytes_downloaded,
            elapsed=shown(lambda: type(response.elapsed)),
            content=shown(lambda: response.content),
            text=shown(lambda: response.text),
            encoding=response.encoding,
        )


Scenario = Callable[[User], Awaitable[None]]


def shown(ask: Callable[[], Any]) -> Any:
    """What a property gives, or the exception it raises."""
    try:
        return ask()
    except Exception as error:
        return exception(error)


def exception(error: BaseException | None) -> Any:
    """Type and text of an exception, the request it names, and the same of its causes."""
    if error is None:
        return None
    try:
        url = str(error.request.url)
    except (AttributeError, RuntimeError):
        url = None
    return f"{type(error).__module__}.{type(error).__qualname__}", str(error), url, exception(error.__cause__)


@dataclass
class Comparison:
    """What the user observed, the same both times, and what the server counted, the same both times."""

    observed: dict[str, Any]
    counts: Counts

    @property
    def error(self) -> str:
        """Class name of the recorded exception."""
        return self.observed["error"][0].rpartition(".")[2]


async def perform(family: Family, server: FaultServer, scenario: Scenario, **options: Any) -> dict[str, Any]:
    """Run the scenario once with a client of its own."""
    face = family.client(**{"verify": TLS, "trust_env": False, "timeout": 10.0, **options})
    user = User(face, server)
    try:
        await scenario(user)
        user.record(pool=user.pool())
    finally:
        server.gate.set()
        await face.close()
    return user.observed


def same(
    family: Family,
    capture: Capture,
    server: FaultServer,
    scenario: Scenario,
    *,
    run: Callable[[Callable[[], Awaitable[Any]]], Any] | None = None,
    extra: dict[str, Any] | None = None,
    integration: str = "process",
    loses: bool = False,
    **options: Any,
) -> Comparison:
    """Run the scenario without us and with us, and insist that there is no difference from outside.

    Args:
        family: Which client class.
        capture: Takes what the instrumented run records.
        server: Counts requests; both runs use it, so that texts with its port are equal.
        scenario: What the user does.
        run: Runs an async function; that of `family` by default.
        loses: Whether telemetry is to be lost.
        extra: Keywords of `instrument()` in place of those of `capture`.
        integration: ``process`` for `instrument()`, ``hooks`` for our event hooks on the client.
        options: Of the client.
    """
    run = run or family.run
    go = partial(perform, family, server, scenario, **options)
    control = run(go)
    control_counts = server.counts()
    lost = internal_errors.count
    telemetry = {**capture.options, **(extra or {})}
    if integration == "process":
        foundry_telemetry.instrument(**telemetry)
    else:
        make = foundry_telemetry.async_event_hooks if family.is_async else foundry_telemetry.event_hooks
        go = partial(go, event_hooks=make(**telemetry))
    try:
        observed = run(go)
        counts = server.counts()
    finally:
        foundry_telemetry.uninstrument()
    assert observed == control
    assert counts == control_counts
    assert (internal_errors.count > lost) is loses
    return Comparison(observed, counts)


def attempts(capture: Capture, count: int = 1) -> list[Observation]:
    """What was recorded of `count` attempts: one observation, one ledger event and one ended span each."""
    observations = capture.observations
    assert len(observations) == len(capture.ledger) == len(capture.spans) == count
    for observation, event, span in zip(observations, capture.ledger, capture.spans, strict=True):
        failure = observation.failure
        assert event[names.OUTCOME] == span.attributes[names.OUTCOME] == observation.outcome
        assert event[names.CALL_ID] == observation.call_id
        assert event.get(names.ERROR_TYPE) == (failure.type if failure else None)
        assert span.attributes.get(names.ERROR_TYPE) == (failure.type if failure else None)
        assert span.status.status_code is (StatusCode.ERROR if failure else StatusCode.UNSET)
        assert not span.events
        assert span.status.description is None
    return list(observations)


def only(capture: Capture) -> Observation:
    """What was recorded of the one attempt."""
    return attempts(capture)[0]
