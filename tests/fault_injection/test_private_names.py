"""Private names that we use: where one is gone, calls are as without us and it is said."""

from __future__ import annotations

import gzip
import logging
import sys
from pathlib import Path
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry.instrumentation import body as body_module
from tests.hostile.harness import ASK, JSON, SSE, URL, events, message, transport, twice
from tests.support.capture import Capture
from tests.support.families import Family, pieces

PACKAGE = str(Path(foundry_telemetry.__file__).parent)

pytestmark = pytest.mark.row(83)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What we warned of."""
    ours = [record for record in caplog.records if record.name.startswith("foundry_telemetry")]
    assert all(record.levelno == logging.WARNING for record in ours)
    return [record.getMessage() for record in ours]


def test_no_method_to_patch(
    family: Family, capture: Capture, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client class without the method we patch is not touched, with one warning."""
    kind = family.module.AsyncClient if family.is_async else family.module.Client
    method = vars(kind)["_transport_for_url"]
    monkeypatch.setattr(kind, "_chosen_transport", method, raising=False)
    monkeypatch.delattr(kind, "_transport_for_url")

    class Renamed(kind):  # type: ignore[misc,valid-type]
        """The family after an update: the same method under another name."""

        def __getattr__(self, name: str) -> Any:
            if name == "_transport_for_url" and not sys._getframe(1).f_code.co_filename.startswith(PACKAGE):
                return self._chosen_transport
            raise AttributeError(name)

    def answer(_: Any) -> Any:
        return 200, JSON, [message()]

    async def scenario() -> Any:
        client = Renamed(transport=transport(family, answer))
        response = await client.post(URL, json=ASK) if family.is_async else client.post(URL, json=ASK)
        return response.content, response.headers.raw

    assert twice(family, scenario, capture)[0] == message()
    assert capture.observations == []
    (said,) = warnings_of(caplog)
    assert f"{kind.__name__} are not recorded: it has no _transport_for_url()" in said
    with pytest.raises(TypeError, match="is not a client"):
        foundry_telemetry.instrument(Renamed(), **capture.options)


def test_no_path_within_the_url(family: Family, capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a URL keeps its path elsewhere, calls are recorded all the same."""
    missed: list[str] = []

    def kept(url: Any) -> Any:
        if sys._getframe(1).f_code.co_filename.startswith(PACKAGE):
            missed.append("_uri_reference")
            raise AttributeError("_uri_reference")
        return vars(url)["_uri_reference"]

    def keep(url: Any, reference: Any) -> None:
        vars(url)["_uri_reference"] = reference

    monkeypatch.setattr(family.module.URL, "_uri_reference", property(kept, keep), raising=False)

    async def scenario() -> Any:
        playback = transport(family, lambda _: (200, JSON, [message()]))
        async with (
            family.client(transport=playback) as client,
            client.stream("POST", URL, json=ASK) as response,
        ):
            return b"".join([piece async for piece in pieces(response)])

    assert twice(family, scenario, capture) == message()
    assert missed
    assert [seen.outcome for seen in capture.observations] == ["ok"]


@pytest.mark.parametrize("streamed", [False, True], ids=["json", "sse"])
def test_no_decoder(
    family: Family, capture: Capture, caplog: pytest.LogCaptureFixture, streamed: bool
) -> None:
    """Where the decoder cannot be reached, a compressed answer is the same and its tokens are not known."""
    body_module._warn_once.cache_clear()
    plain = b"".join(events()) if streamed else message()

    class Renamed(family.module.Response):  # type: ignore[name-defined,misc]
        """A response whose decoder has another name for us."""

        def __getattribute__(self, name: str) -> Any:
            if name == "_get_content_decoder" and sys._getframe(1).f_code.co_filename.startswith(PACKAGE):
                raise AttributeError(name)
            return super().__getattribute__(name)

    def answer(_: Any) -> Any:
        return 200, [*(SSE if streamed else JSON), ("content-encoding", "gzip")], [gzip.compress(plain)]

    playback = transport(family, answer)
    name = "handle_async_request" if family.is_async else "handle_request"
    inner = getattr(playback, name)

    def renamed(response: Any) -> Any:
        response.__class__ = Renamed
        return response

    async def sent(request: Any) -> Any:
        return renamed(await inner(request))

    setattr(playback, name, sent if family.is_async else lambda request: renamed(inner(request)))

    async def scenario() -> list[bytes]:
        got = []
        for _ in range(2):
            async with (
                family.client(transport=playback) as client,
                client.stream("POST", URL, json=ASK) as response,
            ):
                got += [piece async for piece in pieces(response)]
        return got

    assert b"".join(twice(family, scenario, capture)) == plain * 2
    assert [seen.outcome for seen in capture.observations] == ["ok", "ok"]
    assert {seen.usage for seen in capture.observations} == {foundry_telemetry.TokenUsage()}
    (said,) = warnings_of(caplog)
    assert "tokens of compressed responses are unknown" in said
