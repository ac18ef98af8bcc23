"""Answers that a test registers with another library win; what they do not answer, they never notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from foundry_telemetry import instrument
from foundry_telemetry.testing import FoundryKit
from tests.support.families import FAMILIES, Family, sdk_httpx
from tests.testing.kit.calling import URL, ask, post, sdk
from tests.testing.kit.test_plugin import COMMON, Run, run

__all__ = ["run"]

# The version matrix goes without: where httpx is not there, pytest-httpx keeps pytest from starting.
respx = pytest.importorskip("respx")
vcr = pytest.importorskip("vcr")
pytest.importorskip("pytest_httpx2", reason="it teaches respx the other family")
pytest.importorskip("pytest_httpx")

OTHER = URL.replace("my-resource", "their-resource")
ORDERS = ("before", "after")
"""When the mock starts: before the kit, or after it."""

USING = [
    (family, using)
    for family in FAMILIES
    for using in (["httpx", "httpcore"] if family.module.__name__ == "httpx" else ["httpcore2"])
]
ROUTES = pytest.mark.parametrize(("family", "using"), USING, ids=[f"{each}-{using}" for each, using in USING])
WHEN = pytest.mark.parametrize("order", ORDERS)


@contextmanager
def both(order: str, mock: Callable[[], Any]) -> Iterator[tuple[FoundryKit, Any]]:
    """The kit and a mock, the one within the other."""
    with ExitStack() as stack:
        first = stack.enter_context(mock()) if order == "before" else None
        kit = stack.enter_context(FoundryKit())
        yield kit, first if order == "before" else stack.enter_context(mock())


def calls(family: Family, *urls: str) -> list[int]:
    """The statuses of calls to these URLs, each through a client of its own."""
    statuses: list[int] = []

    async def scenario() -> None:
        for url in urls:
            async with family.client() as client:
                statuses.append((await post(client, url)).status_code)

    family.run(scenario)
    return statuses


def recorded(foundry: FoundryKit) -> list[object]:
    """The status of each call that was recorded."""
    return [call.get("status") for call in foundry.calls]


@ROUTES
@WHEN
def test_respx(family: Family, using: str, order: str) -> None:
    """A route answers what it matches, ours the rest; all is recorded, and respx counts its own alone."""
    with both(order, lambda: respx.mock(using=using)) as (foundry, router):
        route = router.post(OTHER).respond(418)
        assert calls(family, OTHER, URL, OTHER) == [418, 200, 418]
        assert recorded(foundry) == [418, 200, 418]
        assert len(foundry.requests) == 1
        assert (route.call_count, router.calls.call_count) == (2, 2)


@ROUTES
@WHEN
def test_respx_that_answers_everything(family: Family, using: str, order: str) -> None:
    """What respx would answer of itself, without a route, is no explicit answer; a route for all is one."""
    with both(order, lambda: respx.mock(using=using, assert_all_mocked=False)) as (foundry, router):
        assert calls(family, URL) == [200]
        assert (len(foundry.requests), router.calls.call_count) == (1, 0)
        router.route().respond(418)
        assert calls(family, URL) == [418]
        assert recorded(foundry) == [200, 418]


@ROUTES
@WHEN
def test_respx_that_does_not_want(family: Family, using: str, order: str) -> None:
    """A route that passes on, or whose side effect has no answer, passes the call to us."""
    with both(order, lambda: respx.mock(using=using, assert_all_called=False)) as (foundry, router):
        passing = router.post(OTHER).pass_through()
        silent = router.post(URL).mock(side_effect=lambda _: None)
        assert calls(family, OTHER, URL) == [200, 200]
        assert recorded(foundry) == [200, 200]
        assert (passing.call_count, silent.call_count, len(foundry.requests)) == (1, 0, 2)


@ROUTES
@WHEN
def test_respx_side_effects(family: Family, using: str, order: str) -> None:
    """Exceptions and callbacks of a route reach the caller as they do without us, and are recorded."""
    import httpx  # respx knows this family alone

    def again(request: Any) -> httpx.Response:
        return httpx.Response(429, json={"path": request.url.path})

    with both(order, lambda: respx.mock(using=using)) as (foundry, router):
        router.post(OTHER).mock(side_effect=[RuntimeError("of the route"), httpx.Response(503)])
        router.post(URL, json__model="support-chat-prod").mock(side_effect=again)
        with pytest.raises(RuntimeError, match="of the route"):
            calls(family, OTHER)
        assert calls(family, OTHER, URL) == [503, 429]
        assert recorded(foundry) == [None, 503, 429]
        assert foundry.requests == []


@WHEN
@pytest.mark.parametrize("using", ["httpx", "httpcore"])
def test_respx_decorator(using: str, order: str) -> None:
    """A decorated function, and the global router, do as the context does."""
    family = next(each for each in FAMILIES if each.module.__name__ == "httpx" and not each.is_async)

    @respx.mock(using=using)
    def decorated(kit: FoundryKit | None, respx_mock: respx.MockRouter) -> None:
        respx_mock.post(OTHER).respond(418)
        with kit or FoundryKit() as foundry:
            assert calls(family, OTHER, URL) == [418, 200]
            assert recorded(foundry) == [418, 200]

    if order == "before":
        decorated(None)
    else:
        with FoundryKit() as foundry:

            @respx.mock(using=using)
            def within(respx_mock: respx.MockRouter) -> None:
                respx_mock.post(OTHER).respond(418)
                assert calls(family, OTHER, URL) == [418, 200]

            within()
            assert recorded(foundry) == [418, 200]


@ROUTES
def test_respx_and_instrument(family: Family, using: str) -> None:
    """An application that instruments itself while respx stands over us is recorded once."""
    observed: list[Any] = []
    with FoundryKit() as foundry, respx.mock(using=using) as router:
        instrument(sinks=[observed.append])
        router.post(OTHER).respond(418)
        assert calls(family, OTHER, URL) == [418, 200]
        assert recorded(foundry) == [418, 200]
    assert len(observed) == 2


@ROUTES
def test_respx_that_ends_within(family: Family, using: str) -> None:
    """After a mock that started and ended within the test we answer again, and nothing of either remains."""
    kinds = {getattr(each.module, name) for each in FAMILIES for name in ("Client", "AsyncClient")}
    kinds |= {getattr(each.module, f"{a}HTTPTransport") for each in FAMILIES for a in ("", "Async")}
    names = ("_transport_for_url", "send", "handle_request", "handle_async_request")
    before = {(kind, name): vars(kind).get(name) for kind in kinds for name in names}
    with FoundryKit() as foundry:
        for _ in range(3):
            with respx.mock(using=using) as router:
                router.post(OTHER).respond(418)
                assert calls(family, OTHER, URL) == [418, 200]
            assert calls(family, OTHER) == [200]
        assert recorded(foundry) == [418, 200, 200] * 3
    assert {(kind, name): vars(kind).get(name) for kind, name in before} == before


def test_respx_of_another_family_has_no_effect() -> None:
    """A route for a family that a client does not use answers nothing, as without us."""
    httpx2 = [each for each in FAMILIES if each.module.__name__ == "httpx2" and not each.is_async]
    for using in ("httpx", "httpcore"):
        with FoundryKit() as foundry, respx.mock(using=using, assert_all_called=False) as router:
            router.route().respond(418)
            assert [calls(family, URL) for family in httpx2] == [[200]] * len(httpx2)
            assert len(foundry.requests) == len(httpx2)


@WHEN
def test_sdk_over_respx(order: str) -> None:
    """The SDK, which tries again, is answered by a route as by us."""
    using = "httpcore" if sdk_httpx.__name__ == "httpx" else "httpcore2"
    with both(order, lambda: respx.mock(using=using)) as (foundry, router):
        route = router.post(OTHER).respond(529, headers={"retry-after-ms": "1"})
        foundry.respond("Sardines.")
        client = sdk(resource=None, base_url=OTHER.removesuffix("/v1/messages"), max_retries=1)
        with pytest.raises(Exception, match="529"):
            ask(client)
        assert ask(sdk()) == "Sardines."
        assert route.call_count == 2
        first, second = foundry.calls
        assert (first.get("statuses"), second.get("statuses")) == ([529, 529], [200])


class Retries:
    """A transport that tries again once, over one that it wraps."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner

    def handle_request(self, request: Any) -> Any:
        """Try twice."""
        response = self.inner.handle_request(request)
        return response if response.status_code == 200 else self.inner.handle_request(request)


@WHEN
@pytest.mark.parametrize("family", [each for each in FAMILIES if not each.is_async], ids=str)
def test_wrappers_over_respx(family: Family, order: str) -> None:
    """The routes of a transport that another wraps are checked, too."""
    using = "httpcore" if family.module.__name__ == "httpx" else "httpcore2"
    kind = type("Wrapper", (Retries, family.module.BaseTransport), {})
    with both(order, lambda: respx.mock(using=using)) as (foundry, router):
        route = router.post(OTHER).respond(418)
        with family.module.Client(transport=kind(family.module.HTTPTransport())) as client:
            assert [client.post(url, json={}).status_code for url in (OTHER, URL)] == [418, 200]
        assert (route.call_count, len(foundry.requests)) == (2, 1)


TESTS = """
    def test_both({fixtures}):
        httpx_mock.add_response(url=URL.replace("r.", "their.", 1), status_code=418)
        callback = lambda request: httpx.Response(429)
        url = URL.replace("r.", "calls.", 1)
        httpx_mock.add_callback(callback, url=url, match_json=QUESTION, is_reusable=True)
        statuses = [ask(f"{{name}}.services.ai.azure.com").status_code for name in NAMES]
        assert statuses == [418, 200, 200, 429, 429]
        assert [observed.status_code for observed in foundry.attempts] == statuses
        assert len(httpx_mock.get_requests()) == 3
        assert len(foundry.requests) == 2

    @pytest.mark.anyio
    @pytest.mark.parametrize("anyio_backend", ["asyncio"])
    async def test_async({fixtures}, anyio_backend):
        httpx_mock.add_exception(httpx.ReadTimeout("theirs"), method="POST", is_optional=True)
        async with httpx.AsyncClient() as client:
            with pytest.raises(httpx.ReadTimeout, match="theirs"):
                await client.post(URL, json=QUESTION)
            answer = await client.post(URL, json=QUESTION)
        assert answer.status_code == 200
        foundry.calls.one().has(attempts=2, error=None)  # the same once more, after a failure

    def test_never_asked({fixtures}):
        httpx_mock.add_response(url=URL.replace("r.", "their.", 1))
        assert ask().status_code == 200

    @pytest.mark.httpx_mock(should_mock=lambda request: request.url.host.startswith("their"))
    def test_should_mock({fixtures}):
        httpx_mock.add_response(status_code=418, is_optional=True)
        assert ask().status_code == 200
        assert ask("their.services.ai.azure.com").status_code == 418
"""


@pytest.mark.slow
@pytest.mark.parametrize("fixtures", ["foundry, httpx_mock", "httpx_mock, foundry"])
def test_pytest_httpx(run: Run, fixtures: str) -> None:
    """Its responses and callbacks win as often as they may be sent; ours is no unexpected request to it.

    One that is registered and never used fails the test at its end, as without us.
    """
    names = 'NAMES = ("their", "their", "r", "calls", "calls")\nURL = "https://r.services.ai.azure.com/anthropic/v1/messages"\n'
    ended = run(COMMON + names + TESTS.format(fixtures=fixtures).replace("\n    ", "\n"), "-p", "no:respx")
    ended.assert_outcomes(passed=4, errors=1)
    ended.stdout.fnmatch_lines("*mocked but not requested*")
    ended.stdout.no_fnmatch_line("*were not expected*")


@pytest.mark.slow
@pytest.mark.parametrize("fixtures", ["foundry, respx_mock", "respx_mock, foundry"])
def test_respx_fixture(run: Run, fixtures: str) -> None:
    """Its fixture does as its context does: a route that was never used fails the test, ours none."""
    tests = """
def test_both(FIXTURES):
    respx_mock.post("https://their.services.ai.azure.com/anthropic/v1/messages").respond(418)
    assert [ask("their.services.ai.azure.com").status_code, ask().status_code] == [418, 200]
    foundry.calls.exactly(2)

@pytest.mark.respx(using="httpx")
def test_never_asked(FIXTURES):
    respx_mock.post("https://their.services.ai.azure.com/anthropic/v1/messages").respond(418)
    assert ask().status_code == 200
"""
    ended = run(COMMON + tests.replace("FIXTURES", fixtures))
    ended.assert_outcomes(passed=2, errors=1)
    ended.stdout.fnmatch_lines("*some routes were not called*")


@WHEN
@pytest.mark.parametrize("family", FAMILIES, ids=str)
def test_vcrpy(family: Family, order: str, tmp_path: Path) -> None:
    """A recorded answer is played from the cassette; what it has not is ours, and is not written into it."""
    cassette = tmp_path / "cassette.yaml"
    cassette.write_text(
        "version: 1\ninteractions:\n- request: {body: '', headers: {}, method: POST, uri: '" + OTHER + "'}\n"
        "  response: {body: {string: ''}, headers: {}, status: {code: 418, message: x}}\n"
    )
    before = cassette.read_text()
    with both(order, lambda: vcr.VCR(record_mode="none").use_cassette(str(cassette))) as (foundry, tape):
        assert calls(family, OTHER, URL, OTHER) == [418, 200, 200]
        assert recorded(foundry) == [418, 200, 200]
        assert (tape.play_count, tape.all_played) == (1, True)
    assert cassette.read_text() == before


@pytest.mark.parametrize(
    "module", list(dict.fromkeys(each.module for each in FAMILIES)), ids=lambda module: module.__name__
)
def test_applications_in_the_process(foundry: FoundryKit, module: ModuleType) -> None:
    """A transport that the user gives answers itself where it needs no socket: a mock, or an application."""

    async def teapot(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    class OfAnApplication(module.BaseTransport):  # type: ignore[name-defined,misc]
        """As the test client of starlette has it."""

        def __init__(self, app: Any) -> None:
            self.app = app

        def handle_request(self, _: Any) -> Any:
            return module.Response(418)

    for transport in (OfAnApplication(teapot), module.MockTransport(lambda _: module.Response(418))):
        with module.Client(transport=transport) as client:
            assert client.post(URL, json={}).status_code == 418
    assert recorded(foundry) == [418, 418]
    assert foundry.requests == []
