"""Instrumenting and uninstrumenting: nothing of us stays behind, and errors say what to repair."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import tomllib
import weakref
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import EntryPoint, entry_points
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.instrumentation.httpx import HTTPX2ClientInstrumentor, HTTPXClientInstrumentor

import foundry_telemetry
from foundry_telemetry import last_attempt
from foundry_telemetry.instrumentation import transport as transport_module
from tests.instrumentation.replay import Step, case_named, replay, send, step_of, steps_named
from tests.instrumentation.sdk import call, close, make_client
from tests.support.capture import Capture
from tests.support.families import FAMILIES, Family, httpx, httpx2, pieces

CLASSES = list(dict.fromkeys([httpx.Client, httpx.AsyncClient, httpx2.Client, httpx2.AsyncClient]))
URL = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"
ORIGINALS = [vars(cls)["_transport_for_url"] for cls in CLASSES]


def originals_are_back() -> bool:
    """Whether each class has the very function it came with."""
    return [vars(cls)["_transport_for_url"] for cls in CLASSES] == ORIGINALS


def post(client: httpx.Client | httpx2.Client) -> None:
    """One call of a sync client."""
    assert client.post(URL, json={"model": "m"}).status_code == 200


@pytest.mark.row(83)
def test_the_patched_method_is_there(family: Family) -> None:
    """Each client class has the method we stand in, and asks it for every attempt of a call.

    It is private. Where this test fails after an update of the family, look for what took its place.
    """
    asked: list[str] = []

    class Watched(family.module.AsyncClient if family.is_async else family.module.Client):  # type: ignore[misc]
        def _transport_for_url(self, url: Any) -> Any:
            asked.append(str(url))
            return super()._transport_for_url(url)

    class Again(family.module.Auth):  # type: ignore[name-defined,misc]
        def auth_flow(self, request: Any) -> Iterator[Any]:
            response = yield request
            if response.status_code == 401:
                yield request

    steps = [Step(307, (("location", "/anthropic/v1/messages?moved"),)), Step(401), Step(200)]
    client = Watched(transport=replay(family.module, steps), auth=Again(), follow_redirects=True)

    async def scenario() -> None:
        response = await client.post(URL) if family.is_async else client.post(URL)
        assert response.status_code == 200
        await (client.aclose() if family.is_async else asyncio.sleep(0))
        if not family.is_async:
            client.close()

    family.run(scenario)
    assert asked == [URL, f"{URL}?moved", URL]


@pytest.mark.row(58)
def test_uninstrument_restores_the_originals(capture: Capture) -> None:
    """However often `instrument()` is called, `uninstrument()` puts the very functions back."""
    for _ in range(3):
        foundry_telemetry.instrument(**capture.options)
    assert not any(vars(cls)["_transport_for_url"] in ORIGINALS for cls in CLASSES)
    assert len(transport_module._state.patches) == len(CLASSES)  # the holds of earlier calls do not pile up
    foundry_telemetry.uninstrument()
    assert originals_are_back()
    foundry_telemetry.uninstrument()
    assert originals_are_back()


@pytest.mark.row(58)
def test_instrument_twice_counts_once(family: Family) -> None:
    """The second `instrument()` replaces the first, for the process as for one client."""
    case = case_named("ok_json_basic")
    for on_client in (False, True):
        first, second = Capture(), Capture()
        client = family.client(transport=replay(family.module, [step_of(case)]))
        target = client.raw if on_client else None
        foundry_telemetry.instrument(target, **first.options)
        foundry_telemetry.instrument(target, **second.options)

        async def scenario(client: Any = client) -> None:
            async with client:
                await send(client, case, streamed=False)

        family.run(scenario)
        assert (len(first.observations), len(second.observations)) == (0, 1)
        assert (len(first.ledger), len(second.ledger)) == (0, 1)
        foundry_telemetry.uninstrument(target)
        assert "_transport_for_url" not in vars(client.raw)


@pytest.mark.row(58)
def test_clients_made_before_and_after(instrumented: Capture) -> None:
    """Uninstrumenting is seen by clients that exist, and so is instrumenting."""
    client = httpx2.Client(transport=replay(httpx2, steps_named("ok_json_basic")))
    with client:
        post(client)
        foundry_telemetry.uninstrument()
        post(client)
        foundry_telemetry.instrument(**instrumented.options)
        post(client)
    assert len(instrumented.observations) == 2


@pytest.mark.row(58)
def test_uninstrument_of_a_client_leaves_others(instrumented: Capture) -> None:
    """A client that is taken out falls back to what the process does."""
    own = Capture()
    client = httpx.Client(transport=replay(httpx, steps_named("ok_json_basic")))
    foundry_telemetry.instrument(client, **own.options)
    with client:
        post(client)
        foundry_telemetry.uninstrument(client)
        post(client)
        foundry_telemetry.uninstrument(client)
    assert (len(own.observations), len(instrumented.observations)) == (1, 1)


@pytest.mark.row(58)
def test_an_instrumented_client_can_be_collected(capture: Capture) -> None:
    """We keep no client alive: a service that makes one for each request does not grow."""
    client = httpx2.Client(transport=replay(httpx2, steps_named("ok_json_basic")))
    foundry_telemetry.instrument(client, **capture.options)
    with client:
        post(client)
    gone = weakref.ref(client)
    del client
    gc.collect()
    assert gone() is None


@pytest.mark.row(58)
def test_a_patch_over_ours_survives(capture: Capture) -> None:
    """Where another tool patched the method after us, `uninstrument()` steps aside and leaves its patch."""
    client = httpx2.Client(transport=replay(httpx2, steps_named("ok_json_basic")))
    foundry_telemetry.instrument(client, **capture.options)
    ours = client._transport_for_url
    asked = []

    def theirs(url: Any) -> Any:
        asked.append(url)
        return ours(url)

    client._transport_for_url = theirs  # type: ignore[method-assign]
    foundry_telemetry.uninstrument(client)
    assert client._transport_for_url is theirs
    with client:
        post(client)
    assert len(asked) == 1
    assert capture.observations == []


@pytest.mark.row(58)
def test_attempts_under_way_are_still_reported(family: Family, capture: Capture) -> None:
    """`uninstrument()` in the middle of a body loses nothing of it."""
    case = case_named("sse_text")
    client = family.client(transport=replay(family.module, [step_of(case)]))
    foundry_telemetry.instrument(**capture.options)

    async def scenario() -> None:
        async with client, client.stream("POST", URL, json={"stream": True}) as response:
            foundry_telemetry.uninstrument()
            async for _ in pieces(response):
                pass

    family.run(scenario)
    assert [seen.outcome for seen in capture.observations] == ["ok"]


INSTRUMENTORS = {"httpx": HTTPXClientInstrumentor, "httpx2": HTTPX2ClientInstrumentor}
ORDERS = [
    order
    for order in permutations(("ours on", "theirs on", "ours off", "theirs off"))
    if order.index("ours on") < order.index("ours off")
    and order.index("theirs on") < order.index("theirs off")
]


@pytest.mark.row(58)
@pytest.mark.parametrize("order", ORDERS, ids=", ".join)
@pytest.mark.parametrize("one_client", [False, True], ids=["process", "client"])
def test_any_order_with_the_http_instrumentor(
    family: Family, one_client: bool, order: tuple[str, ...], capture: Capture
) -> None:
    """Whoever comes or goes first, each works while it is on, and everything is restored at the end."""
    case = case_named("ok_json_basic")
    transport = family.module.AsyncHTTPTransport if family.is_async else family.module.HTTPTransport
    name = "handle_async_request" if family.is_async else "handle_request"
    before = vars(transport)[name]
    client = family.client(transport=replay(family.module, [step_of(case)]))
    target = client.raw if one_client else None
    instrumentor = INSTRUMENTORS[family.module.__name__]()
    steps = {
        "ours on": lambda: foundry_telemetry.instrument(target, **capture.options),
        "ours off": lambda: foundry_telemetry.uninstrument(target),
        "theirs on": lambda: (
            instrumentor.instrument_client(client.raw, tracer_provider=capture.tracer_provider)
            if one_client
            else instrumentor.instrument(tracer_provider=capture.tracer_provider)
        ),
        "theirs off": lambda: (
            instrumentor.uninstrument_client(client.raw) if one_client else instrumentor.uninstrument()
        ),
    }

    async def scenario() -> None:
        async with client:
            on = False
            for step in order:
                steps[step]()
                on = step == "ours on" or (on and step != "ours off")
                reported = len(capture.observations)
                await send(client, case, streamed=False)
                assert len(capture.observations) - reported == on

    with ExitStack() as stack:
        if not one_client:
            stack.callback(lambda: instrumentor._is_instrumented_by_opentelemetry and steps["theirs off"]())
        family.run(scenario)
    assert originals_are_back()
    assert vars(transport)[name] is before
    assert "_transport_for_url" not in vars(client.raw)


def entry_point() -> EntryPoint:
    """Our `opentelemetry_instrumentor` entry point: as installed, else as pyproject.toml has it."""
    for point in entry_points(group="opentelemetry_instrumentor"):
        if point.value.startswith("foundry_telemetry."):
            return point
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    ((name, value),) = project["entry-points"]["opentelemetry_instrumentor"].items()
    return EntryPoint(name, value, "opentelemetry_instrumentor")


def test_entry_point(capture: Capture) -> None:
    """`opentelemetry-instrument` finds a class that puts us in and takes us out, and minds no odd keyword."""
    instrumentor = entry_point().load()()
    assert instrumentor.instrumentation_dependencies() == ()
    with httpx2.Client(transport=replay(httpx2, steps_named("ok_json_basic"))) as client:
        instrumentor.instrument(**capture.options, request_hook=None)
        post(client)
        assert instrumentor.is_instrumented_by_opentelemetry
        instrumentor.uninstrument()
        post(client)
    assert len(capture.observations) == 1
    assert originals_are_back()


def last_id() -> str | None:
    """Azure's id of the last attempt here."""
    seen = last_attempt()
    return seen.ids.apim_request_id if seen else None


IDS = {
    name: dict(case_named(name)["response"]["headers"])["apim-request-id"]
    for name in ("ok_json_basic", "sse_text")
}


@pytest.mark.parametrize("family", [each for each in FAMILIES if not each.is_async], ids=str)
def test_last_attempt_sync(family: Family, instrumented: Capture) -> None:
    """`last_attempt()` is the caller's own: a thread sees its attempts and not those of another."""
    seen: dict[str, Any] = {}

    def work(name: str) -> None:
        before = last_attempt()
        with family.module.Client(transport=replay(family.module, steps_named(name))) as client:
            post(client)
        seen[name] = (before, last_id())

    work("sse_text")
    thread = threading.Thread(target=work, args=("ok_json_basic",))
    thread.start()
    thread.join()
    assert seen["ok_json_basic"] == (None, IDS["ok_json_basic"])
    assert last_id() == IDS["sse_text"]


@pytest.mark.parametrize("family", [each for each in FAMILIES if each.is_async], ids=str)
def test_last_attempt_async(family: Family, instrumented: Capture) -> None:
    """Tasks that run side by side each see their own last attempt, and their parent sees neither."""

    async def work(name: str) -> tuple[Any, Any]:
        async with family.module.AsyncClient(transport=replay(family.module, steps_named(name))) as client:
            async with client.stream("POST", URL, json={"model": "m"}) as response:
                during = last_attempt()
                async for _ in response.aiter_bytes():
                    await asyncio.sleep(0)
            return during, last_id()

    async def scenario() -> list[Any]:
        answers = await asyncio.gather(*map(work, IDS))
        assert last_attempt() is None
        return answers

    alone = contextvars.Context()  # the tests before this one have a last attempt too
    assert alone.run(family.run, scenario) == [(None, id_) for id_ in IDS.values()]


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
def test_last_attempt_after_an_exception(is_async: bool, instrumented: Capture) -> None:
    """The support code is there where the application handles the SDK's exception."""
    from anthropic import AuthenticationError

    client = make_client(is_async, steps=steps_named("err_401_invalid_key"))

    async def scenario() -> Any:
        try:
            await call(client)
        except AuthenticationError:
            return last_attempt()
        finally:
            await close(client)

    seen = asyncio.run(scenario())
    assert (seen.status_code, seen.failure.type) == (401, "auth_invalid_key")
    assert seen is instrumented.observations[0]


SETUP_ERRORS: dict[str, tuple[Any, dict[str, Any], type[Exception], str]] = {
    "unknown keyword": (None, {"trace_provider": 1}, TypeError, "trace_provider"),
    "no client": ("CLIENT-7", {}, TypeError, "'CLIENT-7'"),
    "client class": (httpx.Client, {}, TypeError, "httpx.Client"),
    "module": (httpx2, {}, TypeError, "httpx2"),
    "http_spans": (None, {"http_spans": "drop"}, ValueError, "'drop'"),
    "http_spans bool": (None, {"http_spans": True}, ValueError, "True"),
    "one host": (None, {"hosts": "gw.example.com"}, TypeError, "'gw.example.com'"),
    "hosts of numbers": (None, {"hosts": [8000]}, TypeError, "8000"),
    "hosts no sequence": (None, {"hosts": 8000}, TypeError, "8000"),
    "empty host": (None, {"hosts": [""]}, ValueError, "''"),
    "host with blank": (None, {"hosts": ["my gateway"]}, ValueError, "'my gateway'"),
    "host with path only": (None, {"hosts": ["/anthropic"]}, ValueError, "'/anthropic'"),
    "host with user": (None, {"hosts": ["https://user:CANARY@gw"]}, ValueError, "'@'"),
    "bad port": (None, {"hosts": ["gw:99999"]}, ValueError, "'gw:99999'"),
    "bad IPv6": (None, {"hosts": ["[::1"]}, ValueError, "'[::1'"),
    "wildcard": (None, {"hosts": ["*.example.com"]}, ValueError, "'*.example.com'"),
    "sink": (None, {"sinks": ["a sink"]}, TypeError, "'a sink'"),
    "async sink": (None, {"sinks": [asyncio.sleep]}, TypeError, "is async"),
    "sinks no sequence": (None, {"sinks": print}, TypeError, "print"),
}


@pytest.mark.row(81)
@pytest.mark.parametrize("name", SETUP_ERRORS)
def test_setup_errors(name: str) -> None:
    """A wrong option raises at once, names the bad value but no secret, and leaves nothing half done."""
    target, options, error, value = SETUP_ERRORS[name]
    with pytest.raises(error) as raised:
        foundry_telemetry.instrument(target, **options)
    assert value in str(raised.value)
    assert "CANARY" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert originals_are_back()
    if target is None:  # the hooks silence nobody, so they take no `http_spans` at all
        with pytest.raises(TypeError if "http_spans" in options else error):
            foundry_telemetry.event_hooks(**options)


@pytest.mark.row(81)
def test_a_wrong_second_setup_keeps_the_first(instrumented: Capture) -> None:
    """An `instrument()` that raises leaves the earlier one at work."""
    with pytest.raises(ValueError, match="drop"):
        foundry_telemetry.instrument(http_spans="drop")  # type: ignore[arg-type]
    with httpx.Client(transport=replay(httpx, steps_named("ok_json_basic"))) as client:
        post(client)
    assert len(instrumented.observations) == 1


def test_options_may_be_generators(capture: Capture) -> None:
    """`hosts` and `sinks` may be any iterable, one that can be read only once too."""
    once = {"hosts": iter(["gw.example.com"]), "sinks": iter([capture.observations.append])}
    foundry_telemetry.instrument(**capture.options | once)
    with httpx.Client(transport=replay(httpx, steps_named("ok_json_basic"))) as client:
        client.post("https://gw.example.com/v1/messages", json={})
    assert len(capture.observations) == 1


def test_uninstrument_of_something_else() -> None:
    """`uninstrument()` of what is no client says so."""
    with pytest.raises(TypeError, match="'CLIENT-7'"):
        foundry_telemetry.uninstrument("CLIENT-7")


@pytest.mark.parametrize("host", ["127.0.0.1:8123", "http://127.0.0.1:8123/claude", "127.0.0.1"])
def test_hosts_by_name_port_and_url(host: str, capture: Capture) -> None:
    """A host may be named alone, with its port, or as a base URL; another port is then another host."""
    foundry_telemetry.instrument(**capture.options | {"hosts": (host,)})
    with httpx.Client(transport=replay(httpx, steps_named("ok_json_basic"))) as client:
        client.post("http://127.0.0.1:8123/claude/v1/messages", json={})
        client.post("http://127.0.0.1:9999/claude/v1/messages", json={})
    assert len(capture.observations) == (2 if host == "127.0.0.1" else 1)


@pytest.mark.parametrize(
    "host", ["gw.example.com:443", "https://GW.example.com:443/claude", "gw.example.com"]
)
def test_hosts_with_the_port_of_the_scheme(host: str, capture: Capture) -> None:
    """Naming the scheme's own port is naming the host: clients leave it out of the URL."""
    foundry_telemetry.instrument(**capture.options | {"hosts": (host,)})
    with httpx.Client(transport=replay(httpx, steps_named("ok_json_basic"))) as client:
        client.post("https://gw.example.com/claude/v1/messages", json={})
    assert len(capture.observations) == 1


def test_missing_ledger_is_reported_once(caplog: pytest.LogCaptureFixture) -> None:
    """Without a logger provider the ledger goes nowhere; that is said once, not at each set-up."""
    from foundry_telemetry import instrumentation

    instrumentation._warn_once.cache_clear()
    for _ in range(2):
        foundry_telemetry.instrument()
    foundry_telemetry.instrument(**Capture().options)
    reported = [record for record in caplog.records if "no logger provider" in record.getMessage()]
    assert len(reported) == 1
