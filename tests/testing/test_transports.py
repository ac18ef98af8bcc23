"""The transports inside the process behave as the server does, for every client class."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from foundry_telemetry.testing import FakeFoundry, FakeResponse, case, cases, message, recorded, stream
from tests.support.families import FAMILIES, Family, httpx, httpx2, pieces
from tests.support.patience import PATIENCE_S

URL = "https://example-resource.services.ai.azure.com/anthropic/v1/messages"
each_family = pytest.mark.parametrize("family", FAMILIES, ids=str)


def run(family: Family, foundry: FakeFoundry, how: str = "bytes", **options: Any) -> list[bytes]:
    """The pieces that a client of this family gets."""
    got: list[bytes] = []

    async def scenario() -> None:
        transport = foundry.transport(family.module)
        async with (
            family.client(transport=transport, **options) as client,
            client.stream("POST", URL, json={"model": "m"}) as response,
        ):
            got.extend([piece async for piece in pieces(response, how)])

    family.run(scenario)
    return got


@each_family
def test_recorded_answers_come_byte_exact(family: Family) -> None:
    """Status, headers and body are those of the record."""
    answered = [each for each in cases().values() if each.ends in ("complete", "early_eof")]

    async def scenario() -> None:
        async with family.client(transport=foundry.transport(family.module)) as client:
            for kept in answered:
                response = await client.request("POST", URL)
                assert (response.status_code, response.content) == (kept.status, kept.body)
                assert sorted(response.headers.multi_items()) == sorted(kept.headers)

    foundry = FakeFoundry([each.id for each in answered])
    family.run(scenario)
    assert len(foundry.requests) == len(answered)


@each_family
def test_streams_are_real(family: Family) -> None:
    """The pieces of a body come one by one, as they were recorded."""
    assert run(family, FakeFoundry("sse_text"), "raw") == list(case("sse_text").chunks)


@each_family
def test_bodies_come_in_single_bytes(family: Family) -> None:
    """With a piece size of one, every byte is a piece."""
    got = run(family, FakeFoundry("sse_text", piece_size=1), "raw")
    assert {len(piece) for piece in got} == {1}
    assert b"".join(got) == case("sse_text").body


@each_family
@pytest.mark.parametrize(("ends", "error"), [("cut", "RemoteProtocolError"), ("reset", "ReadError")])
def test_broken_bodies_raise_the_error_of_the_family(family: Family, ends: str, error: str) -> None:
    """After the last byte comes the family's own error, with the request it belongs to."""
    broken: FakeResponse = getattr(stream(), ends)()
    got = bytearray()

    async def scenario() -> None:
        transport = FakeFoundry(broken).transport(family.module)
        async with family.client(transport=transport) as client, client.stream("POST", URL) as response:
            async for piece in pieces(response, "raw"):
                got.extend(piece)

    with pytest.raises(getattr(family.module, error)) as raised:
        family.run(scenario)
    assert raised.value.request.url == URL
    assert len(got) == len(broken.body)


@each_family
@pytest.mark.parametrize(
    ("item", "error"),
    [
        ("connect_error", "ConnectError"),
        ("read_timeout", "ReadTimeout"),
        ("noresp_connect_error", "ConnectError"),
        (httpx.ConnectTimeout, "ConnectTimeout"),
        (httpx2.PoolTimeout("full"), "PoolTimeout"),
    ],
)
def test_lost_requests_raise_the_error_of_the_family(family: Family, item: Any, error: str) -> None:
    """A failure is scripted by name or by the class of either family, and raised as the client's own."""
    foundry = FakeFoundry(item)
    with pytest.raises(getattr(family.module, error)):
        run(family, foundry)
    assert len(foundry.requests) == 1


@each_family
def test_a_refused_connection_has_its_socket_error(family: Family) -> None:
    """What the socket said is the cause, as it is in earnest."""
    with pytest.raises(family.module.ConnectError) as raised:
        run(family, FakeFoundry("connect_error"))
    assert isinstance(raised.value.__cause__, ConnectionRefusedError)


@each_family
def test_other_exceptions_are_raised_as_they_are(family: Family) -> None:
    """An exception that is no transport error of httpx reaches the client itself."""
    mine = KeyError("mine")
    with pytest.raises(KeyError) as raised:
        run(family, FakeFoundry(mine))
    assert raised.value is mine


def test_what_is_no_transport_error_is_refused() -> None:
    """An error of httpx that no transport raises is named."""
    with pytest.raises(TypeError, match="no transport error 'InvalidURL'"):
        run(FAMILIES[0], FakeFoundry(httpx.InvalidURL("x")))


@each_family
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_encoded_bodies_are_decoded(family: Family, encoding: Any) -> None:
    """The client decodes what the response encodes."""
    assert b"".join(run(family, FakeFoundry(recorded("sse_text").encoded(encoding)))) == case("sse_text").body


@each_family
def test_a_gate_delays_the_body(family: Family) -> None:
    """A gate that another thread opens lets the body go on."""
    gate = threading.Event()
    foundry = FakeFoundry(stream(["late"], first_delta_after=gate, between_deltas=0.0))

    def open_gate() -> None:
        foundry.wait_for_requests(1, PATIENCE_S)
        gate.set()

    opener = threading.Thread(target=open_gate)
    opener.start()
    assert b'"late"' in b"".join(run(family, foundry))
    opener.join()


@each_family
@pytest.mark.parametrize("pause", [threading.Event(), 60.0])
@pytest.mark.parametrize("before", ["headers", 0])
def test_a_wait_beyond_the_read_timeout_is_one(family: Family, pause: Any, before: Any) -> None:
    """A client that waits less long than the script gets its read timeout, and gets it then."""
    with pytest.raises(family.module.ReadTimeout):
        run(family, FakeFoundry(message().paused(pause, before=before)), timeout=0.01)


@each_family
def test_short_waits_in_seconds_end(family: Family) -> None:
    """A wait in seconds ends by itself, with and without a timeout of the client."""
    for timeout in (5.0, None):
        assert run(family, FakeFoundry(message().paused(0.001)), timeout=timeout)


def test_families_go_by_name_and_by_module() -> None:
    """A family is named or handed over; anything else is refused with what was expected."""
    foundry = FakeFoundry()
    for family in {httpx, httpx2}:
        for way in (family, family.__name__):
            assert isinstance(foundry.transport(way), family.BaseTransport)
            assert isinstance(foundry.transport(way), family.AsyncBaseTransport)
    for wrong in ("requests", sys):
        with pytest.raises(ValueError, match="expected 'httpx', 'httpx2'"):
            foundry.transport(wrong)  # type: ignore[arg-type]


def test_nothing_is_imported_before_its_first_use() -> None:
    """Importing the package and making a fake imports no client, no server and no codec."""
    code = (
        "import sys; from foundry_telemetry.testing import FakeFoundry; FakeFoundry((200, 'sse_text'));"
        "costly = {'anyio', 'brotli', 'httpx', 'httpx2', 'starlette', 'uvicorn', 'zstandard'};"
        "print(costly & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
