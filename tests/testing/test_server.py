"""The server is real: bytes, pieces, cuts and resets are those of a socket."""

from __future__ import annotations

import gc
import logging
import socket
import sys
import threading
import warnings

import pytest

from foundry_telemetry.testing import FakeFoundry, FakeResponse, case, cases, message, recorded, stream
from tests.support.families import FAMILIES, Family, httpx, pieces

ANSWERED = [each.id for each in cases().values() if each.ends in ("complete", "early_eof")]
each_family = pytest.mark.parametrize("family", FAMILIES, ids=str)


def post(foundry: FakeFoundry, **options: object) -> httpx.Response:
    """A plain call by httpx."""
    body = {"model": "my-deployment", "max_tokens": 5} | options
    return httpx.post(f"{foundry.base_url}/v1/messages", json=body, trust_env=False)


def test_recorded_answers_cross_the_wire_byte_exact() -> None:
    """Status, headers and body arrive as recorded, and nothing is added."""
    with FakeFoundry(ANSWERED) as foundry, httpx.Client(base_url=foundry.base_url) as client:
        for case_id in ANSWERED:
            kept, response = case(case_id), client.post("/v1/messages", json={})
            assert (response.status_code, response.content) == (kept.status, kept.body), case_id
            assert sorted(response.headers.multi_items()) == sorted(kept.headers), case_id


@each_family
def test_every_family_is_answered(family: Family) -> None:
    """All four kinds of client talk to it, and what they sent is kept."""

    async def scenario() -> None:
        async with family.client() as client:
            url = f"{foundry.base_url}/v1/messages?beta=true"
            response = await client.request("POST", url, json={"model": "m"}, headers={"X-Test": "1"})
        assert response.json()["model"] == "m"

    with FakeFoundry() as foundry:
        family.run(scenario)
        (request,) = foundry.wait_for_requests(1)
    assert (request.method, request.path, request.query) == ("POST", "/anthropic/v1/messages", "beta=true")
    assert (request.headers["x-test"], request.json) == ("1", {"model": "m"})


@each_family
@pytest.mark.parametrize(
    ("fake", "error"),
    [
        (stream().cut(), "RemoteProtocolError"),
        (stream().cut(after_bytes=100), "RemoteProtocolError"),
        (message().cut(after_bytes=10), "RemoteProtocolError"),
        (stream().reset(), "ReadError"),
        (message().reset(after_bytes=10), "ReadError"),
    ],
)
def test_broken_bodies_arrive_up_to_the_break(family: Family, fake: FakeResponse, error: str) -> None:
    """The bytes before the break arrive, and then the client's own error for a cut or a reset."""
    got = bytearray()

    async def scenario() -> None:
        async with family.client() as client, client.stream("POST", foundry.base_url) as response:
            async for piece in pieces(response, "raw"):
                got.extend(piece)

    with FakeFoundry(lambda _: fake) as foundry, pytest.raises(getattr(family.module, error)):
        family.run(scenario)
    assert len(got) == len(fake.body)


@pytest.mark.parametrize(
    ("item", "error"), [("read_error", httpx.ReadError), ("remote_protocol_error", httpx.RemoteProtocolError)]
)
def test_a_request_may_get_no_answer(item: str, error: type[Exception]) -> None:
    """The connection is reset or closed before any byte of an answer; the next request is answered."""
    with FakeFoundry((item, 200)) as foundry:
        with pytest.raises(error):
            post(foundry)
        assert post(foundry).status_code == 200


def test_silence_lasts_until_the_client_gives_up() -> None:
    """A read timeout is the server saying nothing."""
    with FakeFoundry("read_timeout") as foundry, pytest.raises(httpx.ReadTimeout):
        httpx.post(foundry.base_url, timeout=httpx.Timeout(5, read=0.05))


@pytest.mark.parametrize("item", ["connect_error", httpx.PoolTimeout, OSError("no")])
def test_what_a_server_cannot_play_is_refused_at_the_start(item: object) -> None:
    """A failure that no server can cause is refused, with the way to script it."""
    foundry = FakeFoundry(item)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'read_error'.*transport"), foundry:
        pass


def test_a_gate_delays_the_first_delta() -> None:
    """What comes before the gate arrives; the rest arrives once the gate opens."""
    gate = threading.Event()
    fake = stream(["late"], first_delta_after=gate)
    with FakeFoundry(fake) as foundry, httpx.stream("POST", foundry.base_url) as response:
        lines = response.iter_lines()
        before = [next(lines) for _ in range(8)]
        assert not any("content_block_delta" in line for line in before)
        gate.set()
        assert any('"late"' in line for line in lines)


def test_seconds_and_gates_can_delay_the_headers() -> None:
    """A wait before the headers delays the complete answer; one in seconds ends by itself."""
    gate = threading.Event()
    fake = message().paused(gate, before="headers").paused(0.001)

    def open_gate() -> None:
        foundry.wait_for_requests(1)
        gate.set()

    with FakeFoundry(fake) as foundry:
        opener = threading.Thread(target=open_gate)
        opener.start()
        assert post(foundry).status_code == 200
        assert gate.is_set()
        opener.join()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_encoded_streams_are_decoded_by_the_client(encoding: str) -> None:
    """A client gets the plain body, also when it comes byte by byte."""
    fake = recorded("sse_text").encoded(encoding)  # type: ignore[arg-type]
    with FakeFoundry(fake, piece_size=1) as foundry:
        assert post(foundry).content == case("sse_text").body


def test_stopping_drops_open_answers() -> None:
    """A server with an open answer stops at once, and its thread is gone."""
    before = set(threading.enumerate())
    with FakeFoundry(stream(first_delta_after=threading.Event())) as foundry:
        client = httpx.Client()
        response = client.send(client.build_request("POST", foundry.base_url), stream=True)
    assert set(threading.enumerate()) == before
    with pytest.raises(httpx.TransportError):
        response.read()
    client.close()


@pytest.mark.slow
def test_stopping_leaks_no_connection_being_accepted() -> None:
    """A connection that comes while the server stops is closed too; a leak would be a warning."""
    with warnings.catch_warnings(record=True) as leaks:
        warnings.simplefilter("always", ResourceWarning)
        for _ in range(30):
            with FakeFoundry() as foundry:
                address = ("127.0.0.1", int(foundry.host.split(":")[1]))
                socket.create_connection(address).close()
        gc.collect()
    assert not [str(leak.message) for leak in leaks]


def test_a_server_that_does_not_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed start is reported, and frees its thread and its socket."""
    from foundry_telemetry import serving

    async def startup(self: object, sockets: object) -> None:
        """Start nothing."""

    monkeypatch.setattr(serving._Server, "startup", startup)
    before = set(threading.enumerate())
    with pytest.raises(RuntimeError, match="did not start on port"):
        FakeFoundry().__enter__()
    assert set(threading.enumerate()) == before


def test_a_stopped_server_refuses_connections() -> None:
    """The address stays known after the end, where nobody listens any more."""
    with FakeFoundry() as foundry:
        pass
    with pytest.raises(httpx.ConnectError):
        post(foundry)


def test_a_fake_can_be_started_again_but_not_twice_at_once() -> None:
    """The script goes on where it was; a second start while running is refused."""
    foundry = FakeFoundry((429, 200))
    for status in (429, 200):
        with foundry:
            assert post(foundry).status_code == status
            with pytest.raises(RuntimeError, match="is already running"):
                foundry.__enter__()


def test_no_address_before_the_start() -> None:
    """The address of a server that was never started is refused with the way to start it."""
    with pytest.raises(RuntimeError, match="with FakeFoundry"):
        _ = FakeFoundry().base_url
    assert repr(FakeFoundry()) == "FakeFoundry(not started, requests: 0)"


def test_missing_server_packages_are_reported_with_the_repair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without uvicorn the start names the extra to install."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    for name in ("serving", "testing.loopback"):
        monkeypatch.delitem(sys.modules, f"foundry_telemetry.{name}", raising=False)
    with pytest.raises(ImportError, match=r"'uvicorn'.*pip install 'foundry-telemetry\[testing\]'"):
        FakeFoundry().__enter__()


def test_the_server_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Whole, broken and lost answers, and clients that leave early, log nothing and change no logger."""
    access = logging.getLogger("uvicorn.access")
    kept = (list(access.handlers), access.propagate)
    with caplog.at_level(logging.INFO), FakeFoundry((200, stream().reset(), "read_error", 200)) as foundry:
        post(foundry)
        for _ in range(2):
            with pytest.raises(httpx.ReadError):
                post(foundry)
        with socket.create_connection(("127.0.0.1", int(foundry.host.split(":")[1]))) as early:
            early.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{")
    assert not [record for record in caplog.records if record.name.startswith(("uvicorn", "asyncio"))]
    assert kept == (list(access.handlers), access.propagate)
