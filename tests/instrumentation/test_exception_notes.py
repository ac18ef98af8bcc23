"""The line on the exception that the application gets: on the right one, once, and only when asked for."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import anthropic
import pytest
from anthropic import _base_client

import foundry_telemetry
from foundry_telemetry.advice import advice_for
from foundry_telemetry.instrumentation import exception_notes
from foundry_telemetry.internal_errors import internal_errors
from foundry_telemetry.observation import Observation
from tests.instrumentation.replay import Step, replay, step_of, steps_named
from tests.instrumentation.sdk import call, client_for, close, hooks_of, make_client, middleware_of, no_waits
from tests.support.capture import Capture
from tests.support.families import Family, httpx, httpx2, sdk_httpx, settle
from tests.support.patience import PATIENCE_S
from tests.support.recorded import answered, canaries

MADE_LATER = [
    anthropic.APIStatusError,
    anthropic.APIConnectionError,
    httpx.HTTPStatusError,
    httpx2.HTTPStatusError,
]
ORIGINALS = [cls.__init__ for cls in MADE_LATER]
BOTH = pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])


@pytest.fixture
def noting(capture: Capture) -> Iterator[Capture]:
    """The whole process instrumented, with notes."""
    foundry_telemetry.instrument(**capture.options, exception_notes=True)
    yield capture
    foundry_telemetry.uninstrument()


def ours(error: BaseException) -> list[str]:
    """The notes of ours on an exception."""
    return [note for note in getattr(error, "__notes__", []) if note.startswith("[foundry-telemetry]")]


def all_ours(error: BaseException | None) -> list[str]:
    """The notes of ours that a traceback of the exception shows."""
    lines = traceback.format_exception(error)
    return [line.strip() for entry in lines for line in entry.splitlines() if "[foundry-telemetry]" in line]


def expected(seen: Observation) -> str:
    """What the note on an exception has to say of an attempt."""
    assert seen.failure is not None
    step = advice_for(seen.failure.type, seen.failure.owner).next_step
    return f"[foundry-telemetry] {seen.failure.type}: {step} ("


def assert_noted(error: BaseException | None, seen: Observation) -> None:
    """The exception, and no other of its chain, has one note, which says everything of this attempt."""
    assert error is not None
    (note,) = ours(error)
    assert all_ours(error) == [note]
    assert "\n" not in note
    assert note.startswith(expected(seen))
    assert f"support code {seen.support_code})" in note
    for name, value in (
        ("apim-request-id", seen.ids.apim_request_id),
        (", request-id", seen.anthropic_request_id),
    ):
        assert (f"{name} {value}" in note) == (value is not None), note


def failing_call(client: Any, form: str = "create") -> BaseException:
    """What one call of the SDK raises."""

    async def scenario() -> BaseException:
        try:
            await call(client, form)
        except BaseException as error:
            return error
        finally:
            await close(client)
        pytest.fail("the call did not fail")

    return asyncio.run(scenario())


_START = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": {}}
_ERROR = {"type": "overloaded_error", "message": "CANARY"}
_EVENTS = (
    {"type": "message_start", "message": _START},
    {"type": "error", "error": _ERROR, "request_id": "req_in_the_stream"},
)
_STREAM = tuple(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in _EVENTS)
FAILED = [case for case in answered() if case["response"]["status"] >= 400]
URL = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"
IN_STREAM = [Step(200, (("content-type", "text/event-stream"), ("apim-request-id", "CAFE-1")), _STREAM)]


@BOTH
@pytest.mark.parametrize("case", FAILED, ids=lambda case: case["id"])
def test_refusals_of_the_sdk(case: dict[str, Any], is_async: bool, noting: Capture) -> None:
    """Every refusal is explained on the SDK's own exception, with the ids that it has, and no secret."""
    client = client_for(case, is_async, steps=[step_of(case)], max_retries=0)
    error = failing_call(client)
    assert isinstance(error, anthropic.APIStatusError)
    assert_noted(error, noting.observations[-1])
    assert not [secret for secret in canaries(case) if secret in ours(error)[0]]


@BOTH
@pytest.mark.parametrize("form", ["create_stream", "stream"])
def test_refusals_of_streamed_calls(form: str, is_async: bool, noting: Capture) -> None:
    """A streamed call that is refused is explained as any other."""
    client = make_client(is_async, steps=steps_named("err_529_overloaded"), max_retries=0)
    error = failing_call(client, form)
    assert isinstance(error, anthropic.OverloadedError)
    assert_noted(error, noting.observations[-1])


@BOTH
@pytest.mark.parametrize("form", ["create_stream", "stream"])
def test_error_inside_a_stream(form: str, is_async: bool, noting: Capture) -> None:
    """An error event inside a 200 is explained on what the SDK raises for it, before the body has ended."""
    error = failing_call(make_client(is_async, steps=IN_STREAM), form)
    assert isinstance(error, anthropic.APIStatusError)
    assert error.status_code == 200
    assert_noted(error, noting.observations[-1])
    assert "CANARY" not in ours(error)[0]


@BOTH
def test_only_the_last_attempt(is_async: bool, noting: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A retried call that fails in the end is explained by its last attempt."""
    original = _base_client.BaseClient._calculate_retry_timeout
    monkeypatch.setattr(_base_client.BaseClient, "_calculate_retry_timeout", no_waits([], original))
    client = make_client(
        is_async, steps=steps_named("err_429_rate_limit_error", "err_500_api_error"), max_retries=1
    )
    error = failing_call(client)
    assert len(noting.observations) == 2
    assert_noted(error, noting.observations[-1])


@BOTH
def test_failed_connections_of_the_sdk(is_async: bool, noting: Capture) -> None:
    """The SDK wraps the client's exception; the note is on the outer one, and not a second time inside."""
    client = make_client(is_async, steps=[Step(raises="ConnectError")], max_retries=0)
    error = failing_call(client)
    assert type(error) is anthropic.APIConnectionError
    assert isinstance(error.__cause__, sdk_httpx.ConnectError)
    assert_noted(error, noting.observations[-1])


@BOTH
def test_broken_body_of_the_sdk(is_async: bool, noting: Capture) -> None:
    """A plain answer that breaks off is the SDK's exception, a streamed one the client's; both are noted."""
    broken = Step(200, (("content-type", "application/json"),), (b"{",), breaks="ReadError")
    error = failing_call(make_client(is_async, steps=[broken], max_retries=0))
    assert type(error) is anthropic.APIConnectionError
    assert_noted(error, noting.observations[-1])
    streamed = Step(200, (("content-type", "text/event-stream"),), _STREAM[:1], breaks="ReadError")
    error = failing_call(make_client(is_async, steps=[streamed]), "create_stream")
    assert type(error) is sdk_httpx.ReadError
    assert_noted(error, noting.observations[-1])


def test_clients_without_the_sdk(family: Family, noting: Capture) -> None:
    """`raise_for_status()`, a failed connection and a broken body are explained in both families."""
    broken = Step(200, (("content-type", "application/json"),), (b"{",), breaks="ReadError")
    steps = [
        *steps_named("err_401_token_rejected", "err_404_deployment_not_found"),
        Step(raises="ConnectError"),
        broken,
    ]
    client = family.client(transport=replay(family.module, steps))

    async def scenario() -> list[BaseException]:
        caught: list[BaseException] = []
        async with client:
            try:
                (await client.request("POST", URL, json={"model": "m"})).raise_for_status()
            except family.module.HTTPStatusError as error:
                caught.append(error)
            try:
                async with client.stream("POST", URL, json={"model": "m"}) as unread:
                    unread.raise_for_status()
            except family.module.HTTPStatusError as error:
                caught.append(error)
            for _ in range(2):
                try:
                    await client.request("POST", URL, json={"model": "m"})
                except family.module.TransportError as error:
                    caught.append(error)
        return caught

    caught = family.run(scenario)
    assert len(caught) == len(noting.observations) == 4
    for error, seen in zip(caught, noting.observations, strict=True):
        assert_noted(error, seen)


@BOTH
def test_token_provider_through_the_middleware(is_async: bool, capture: Capture) -> None:
    """The middleware explains what the token provider raised, on that very object, with the AADSTS code."""
    raised = RuntimeError("AADSTS7000222: CANARY the secret of app CANARY expired. Trace ID: x")

    def provider() -> str:
        raise raised

    integration = middleware_of(capture, exception_notes=True)
    error = failing_call(
        make_client(is_async, middleware=[integration], azure_ad_token_provider=provider, steps=[Step()])
    )
    assert error is raised
    (note,) = ours(error)
    assert note.startswith("[foundry-telemetry] credential_error AADSTS7000222: ")
    assert "CANARY" not in note


@BOTH
def test_public_integrations(is_async: bool, capture: Capture) -> None:
    """The middleware and the hooks explain refusals; the middleware failed connections as well."""
    options = {"exception_notes": True}
    for integrations in (
        {"middleware": [middleware_of(capture, **options)]},
        {"event_hooks": hooks_of(capture, is_async, **options)},
    ):
        client = make_client(
            is_async, steps=steps_named("err_404_deployment_not_found"), max_retries=0, **integrations
        )
        assert_noted(failing_call(client), capture.observations[-1])
    integration = middleware_of(capture, **options)
    client = make_client(
        is_async, steps=[Step(raises="ConnectTimeout")], max_retries=0, middleware=[integration]
    )
    error = failing_call(client)
    assert type(error) is anthropic.APITimeoutError
    assert_noted(error, capture.observations[-1])


@BOTH
def test_nothing_without_the_option(is_async: bool, instrumented: Capture) -> None:
    """By default no exception has a note, and no constructor is touched."""
    for steps in (steps_named("err_404_deployment_not_found"), [Step(raises="ConnectError")], IN_STREAM):
        error = failing_call(make_client(is_async, steps=steps, max_retries=0), "create_stream")
        assert not hasattr(error, "__notes__")
        assert [cls.__init__ for cls in MADE_LATER] == ORIGINALS


def test_wrapped_by_the_first_failure_alone(noting: Capture) -> None:
    """A process in which nothing fails has nothing wrapped; `uninstrument()` puts the very functions back."""
    client = make_client(
        False, steps=steps_named("ok_json_basic", "err_404_deployment_not_found"), max_retries=0
    )
    asyncio.run(call(client))
    assert [cls.__init__ for cls in MADE_LATER] == ORIGINALS
    failing_call(client)
    assert not {cls.__init__ for cls in MADE_LATER} & set(ORIGINALS)
    foundry_telemetry.uninstrument()
    assert [cls.__init__ for cls in MADE_LATER] == ORIGINALS


@pytest.mark.parametrize("cls", MADE_LATER, ids=lambda cls: f"{cls.__module__}.{cls.__name__}")
def test_the_classes_are_as_we_know_them(cls: type[BaseException]) -> None:
    """Each class has a constructor of its own, and is made of a response or a request that it keeps.

    Where this test fails after an update, the notes on refusals are missing and nothing else.
    """
    assert "__init__" in vars(cls)
    family = httpx if cls is httpx.HTTPStatusError else httpx2
    request = family.Request("POST", URL)
    response = family.Response(400, request=request)
    making: dict[str, Any] = {"request": request}
    if issubclass(cls, anthropic.APIStatusError):
        making = {"response": response, "body": None}
    elif cls.__name__ == "HTTPStatusError":
        making["response"] = response
    assert cls(message="x", **making).request is request  # type: ignore[attr-defined]


def test_exceptions_of_other_traffic(noting: Capture) -> None:
    """Exceptions made of other answers, by hand, or of something odd, are as without us."""
    failing_call(make_client(False, steps=steps_named("err_404_deployment_not_found"), max_retries=0))
    request = httpx2.Request("GET", "https://example.com/")
    request.extensions["foundry_telemetry"] = "something odd"
    odd: list[BaseException] = [
        httpx2.HTTPStatusError("x", request=request, response=httpx2.Response(500)),
        anthropic.APIConnectionError(request=request),
        anthropic.APIConnectionError(request=None),  # type: ignore[arg-type]
        anthropic.BadRequestError("x", response=httpx2.Response(400, request=request), body=None),
    ]
    assert not any(hasattr(error, "__notes__") for error in odd)
    with pytest.raises(TypeError):
        anthropic.APIConnectionError()  # type: ignore[call-arg]


def test_a_passing_exception_of_something_else(noting: Capture) -> None:
    """A failed answer that is closed while another exception is on its way does not explain that one."""
    client = httpx2.Client(transport=replay(httpx2, steps_named("err_404_deployment_not_found")))
    with client, pytest.raises(KeyError) as other, client.stream("POST", URL, json={"model": "m"}):
        raise KeyError("of the application")
    assert len(noting.observations) == 1
    assert not hasattr(other.value, "__notes__")


def test_an_earlier_failure_keeps_its_note(noting: Capture) -> None:
    """A call made while an earlier failure is handled takes nothing off that one."""
    steps = [Step(raises="ConnectError"), Step(raises="ConnectTimeout")]
    client = make_client(False, steps=steps, max_retries=0)
    try:
        asyncio.run(call(client))
    except anthropic.APIConnectionError as first:
        with pytest.raises(anthropic.APITimeoutError) as second:
            asyncio.run(call(client))
        assert_noted_alone(first, noting.observations[0])
        assert_noted_alone(second.value, noting.observations[1])


def assert_noted_alone(error: BaseException, seen: Observation) -> None:
    """The exception has one note, of this attempt; whatever its context has."""
    (note,) = ours(error)
    assert note.startswith(expected(seen))


def test_the_same_object_again(noting: Capture) -> None:
    """A transport that raises one object again and again collects no notes on it; others' notes stay."""
    same = httpx2.ConnectError("x")
    same.add_note("of the application")
    client = httpx2.Client(transport=replay(httpx2, [Step(raises=same)]))
    for _ in range(3):
        with pytest.raises(httpx2.ConnectError) as caught:
            client.post(URL, json={"model": "m"})
        assert caught.value is same
    assert len(ours(same)) == 1
    assert same.__notes__[0] == "of the application"
    client.close()


def test_an_exception_that_takes_no_notes(noting: Capture) -> None:
    """Where the note cannot be put on, the call fails as without us, and the loss is counted."""

    class Stubborn(httpx2.ConnectError):
        __notes__ = "none of your business"  # type: ignore[assignment]

    raised = Stubborn("x")
    client = httpx2.Client(transport=replay(httpx2, [Step(raises=raised)]))
    before = internal_errors.count
    with client, pytest.raises(Stubborn) as caught:
        client.post(URL, json={"model": "m"})
    assert caught.value is raised
    assert internal_errors.count == before + 1
    internal_errors.count = before
    assert len(noting.observations) == 1
    assert len(noting.ledger) == 1


@BOTH
def test_hooks_and_a_failed_connection(is_async: bool, capture: Capture) -> None:
    """A hook meets httpcore's exception alone: that one has the note, until the SDK wraps it in its own."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/anthropic"
    hooks = hooks_of(capture, is_async, exception_notes=True)
    kind: Any = httpx2.AsyncClient if is_async else httpx2.Client
    client = kind(event_hooks=hooks, trust_env=False)

    async def scenario() -> BaseException:
        try:
            await settle(client.post(f"{address}/v1/messages", json={"model": "m"}))
        except httpx2.ConnectError as error:
            return error
        finally:
            await settle(client.aclose() if is_async else client.close())
        pytest.fail("the call did not fail")

    error = asyncio.run(scenario())
    (note,) = all_ours(error)
    assert not ours(error)
    assert note.startswith(expected(capture.observations[0]))
    hooks = hooks_of(capture, is_async, exception_notes=True)
    error = failing_call(make_client(is_async, event_hooks=hooks, base_url=address, max_retries=0))
    assert type(error) is anthropic.APIConnectionError
    assert_noted(error, capture.observations[-1])


@pytest.mark.row(51)
def test_many_threads(noting: Capture) -> None:
    """Calls that fail at the same time each get their own note; the constructors are wrapped once."""
    gate = threading.Barrier(8)

    def one(_: int) -> list[str]:
        client = make_client(False, steps=steps_named("err_404_deployment_not_found"), max_retries=0)
        gate.wait(PATIENCE_S)
        return ours(failing_call(client))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(8)))
    assert [len(lines) for lines in found] == [1] * 8
    codes = {re.search(r"support code ([0-9A-FT-]+)", lines[0])[1] for lines in found}  # type: ignore[index]
    assert len(codes) == 8
    assert codes == {seen.support_code for seen in noting.observations}
    foundry_telemetry.uninstrument()
    assert [cls.__init__ for cls in MADE_LATER] == ORIGINALS


def test_somebody_wraps_ours(noting: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A constructor that somebody wrapped over ours stays theirs; ours falls silent, and wakes up alone."""
    steps = steps_named("err_404_deployment_not_found")
    failing_call(make_client(False, steps=steps, max_retries=0))
    ours_wrapped, made = anthropic.APIStatusError.__init__, []

    def theirs(self: Any, *args: Any, **options: Any) -> None:
        ours_wrapped(self, *args, **options)
        made.append(self)

    monkeypatch.setattr(anthropic.APIStatusError, "__init__", theirs)
    foundry_telemetry.uninstrument()
    assert anthropic.APIStatusError.__init__ is theirs
    error = failing_call(make_client(False, steps=steps, max_retries=0))
    assert (made, ours(error)) == ([error], [])
    foundry_telemetry.instrument(**noting.options, exception_notes=True)
    error = failing_call(make_client(False, steps=steps, max_retries=0))
    assert made[-1] is error
    assert_noted(error, noting.observations[-1])


@pytest.mark.row(21)
@pytest.mark.parametrize("where", ["line_of", "_tracked_request_of"])
def test_a_failure_of_our_own(where: str, noting: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A note that cannot be made costs the call nothing, and is counted."""

    def fail(*_: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr(exception_notes, where, fail)
    error = failing_call(make_client(False, steps=IN_STREAM), "create_stream")
    assert type(error) is anthropic.APIStatusError
    assert not ours(error)
    assert internal_errors.count
    assert len(noting.ledger) == 1
    internal_errors.count = 0


def test_support_code() -> None:
    """A support code is ``FT-`` and ten digits of the call id: all attempts of a call share it."""
    seen = Observation(call_id="4bf92f3577b34da6", outcome="ok", started_ns=0, duration_s=0.0)
    assert seen.support_code == "FT-4BF92-F3577"
