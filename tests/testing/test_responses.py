"""Responses are like the service's answers, and no two share an id."""

from __future__ import annotations

import json
import re
import sys
import threading
import zlib
from email.utils import formatdate
from typing import Any

import brotli
import pytest
import zstandard

from foundry_telemetry.testing import (
    FakeResponse,
    ReceivedRequest,
    answer,
    case,
    cases,
    count_tokens,
    error,
    id_rewriting,
    message,
    recorded,
    stream,
)
from foundry_telemetry.testing.recorded_responses import error_names

PLAIN = ReceivedRequest(body=b'{"model": "my-deployment"}')
STREAM = ReceivedRequest(body=b'{"model": "my-deployment", "stream": true}')
COUNT = ReceivedRequest(path="/anthropic/v1/messages/count_tokens", body=b'{"model": "my-deployment"}')
IDS = re.compile(rb"(?:req|msg)_\w+|[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def events(response: FakeResponse) -> list[dict[str, Any]]:
    """The data of each event of a stream."""
    return [json.loads(chunk.split(b"data: ")[1]) for chunk in response.chunks]


def ids(response: FakeResponse) -> set[bytes]:
    """All ids of a response, in headers and body."""
    values = " ".join(value for _, value in response.headers).encode()
    return set(IDS.findall(values)) | set(IDS.findall(response.body))


@pytest.mark.parametrize(
    "response",
    [message(), stream(), count_tokens(3), answer(), recorded("sse_text", fresh=True)]
    + [error(name) for name in sorted(error_names())],
)
def test_each_play_has_ids_of_its_own(response: FakeResponse) -> None:
    """Two plays of one response share no id, have as many of them, and are alike in the rest."""
    first, second = response.played(PLAIN), response.played(PLAIN)
    assert not ids(first) & ids(second)
    assert len(ids(first)) == len(ids(second))
    assert IDS.sub(b"ID", first.body) == IDS.sub(b"ID", second.body)
    assert len(first.body) == len(second.body)


@pytest.mark.parametrize("response", [message(), stream(), count_tokens(3), error("overloaded")])
def test_each_play_has_the_date_of_now(response: FakeResponse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A response that is made anew is dated by the clock at hand, so that it shows no clock offset."""
    for seconds in (0, 1_795_348_800):
        monkeypatch.setattr(id_rewriting, "clock_s", lambda seconds=seconds: seconds)
        assert response.played(PLAIN).header("date") == formatdate(seconds, usegmt=True)


@pytest.mark.parametrize("case_id", [each.id for each in cases().values() if each.status])
def test_recorded_is_byte_exact(case_id: str) -> None:
    """A recorded answer is played as it was recorded, ids and all."""
    response = recorded(case_id).played(PLAIN)
    kept = case(case_id)
    assert (response.status, response.headers, response.body) == (kept.status, kept.headers, kept.body)


def test_recorded_ends() -> None:
    """A transport error is a reset; a stream that lacks its last events still ends cleanly."""
    assert recorded("sse_connection_reset").ends == "reset"
    assert recorded("sse_truncated").ends == "complete"


def test_case_without_an_answer_is_no_response() -> None:
    """The record of a lost request names what to script instead."""
    with pytest.raises(ValueError, match=r"'noresp_credential_error'.*'connect_error'"):
        recorded("noresp_credential_error")


def test_message_has_the_shape_of_the_record() -> None:
    """A built answer has the fields and headers of a recorded one."""
    response, kept = message("Paris.").played(PLAIN), case("ok_json_basic")
    assert set(json.loads(response.body)) == set(json.loads(kept.body))
    assert {name for name, _ in response.headers} == {name for name, _ in kept.headers}
    assert json.loads(response.body)["content"] == [{"type": "text", "text": "Paris."}]
    assert response.header("content-length") == str(len(response.body))


def test_ids_have_the_shape_of_the_service() -> None:
    """Azure's id is a UUID that is echoed; the model service's ids carry their prefixes."""
    response = message().played(PLAIN)
    assert IDS.fullmatch(str(response.header("apim-request-id")).encode())
    assert response.header("x-ms-client-request-id") == response.header("apim-request-id")
    assert re.fullmatch(r"req_\w{24}", str(response.header("request-id")))
    assert re.fullmatch(r"msg_\w{24}", json.loads(response.body)["id"])


def test_client_request_id_is_echoed() -> None:
    """An id of the caller comes back, and Azure's own stays its own."""
    response = message().played(ReceivedRequest(headers={"x-ms-client-request-id": "mine"}))
    assert response.header("x-ms-client-request-id") == "mine"
    assert response.header("apim-request-id") != "mine"


def test_errors_of_the_front_end_have_no_model_id() -> None:
    """Where Azure refuses a call the model service's id is absent, as recorded."""
    assert error(401).header("apim-request-id")
    assert error(401).header("request-id") is None


def test_model_is_the_deployment_by_default() -> None:
    """`model` echoes the request; a model that is given wins."""
    assert json.loads(message().played(PLAIN).body)["model"] == "my-deployment"
    assert json.loads(message(model="claude-opus-5-5").played(PLAIN).body)["model"] == "claude-opus-5-5"
    assert events(stream().played(STREAM))[0]["message"]["model"] == "my-deployment"


def test_stream_has_one_chunk_for_each_event_in_order() -> None:
    """The events come in the documented order, each in a chunk of its own."""
    received = [event["type"] for event in events(stream(["a", "b"]))]
    kept = [re.findall(rb"event: (\w+)", chunk)[0].decode() for chunk in case("sse_cache").chunks]
    assert received == kept
    assert [event["delta"]["text"] for event in events(stream(["a", "b"]))[3:5]] == ["a", "b"]


def test_stream_reports_final_counters_last() -> None:
    """The start carries a placeholder and what never comes again; the end carries the totals."""
    usage = {"output_tokens": 301, "cache_read_input_tokens": 7, "cache_creation": {}}
    received = events(stream("a b", usage=usage))
    start, end = received[0]["message"]["usage"], received[-2]["usage"]
    assert (start["output_tokens"], start["cache_creation"], start["service_tier"]) == (1, {}, "standard")
    assert (end["output_tokens"], end["cache_read_input_tokens"]) == (301, 7)
    assert not {"cache_creation", "service_tier", "inference_geo"} & set(end)


def test_a_text_is_cut_into_words() -> None:
    """The words of a text are its deltas, spaces and line ends kept."""
    text = " two\n\nwords  more"
    deltas = [event["delta"]["text"] for event in events(stream(text))[3:-3]]
    assert "".join(deltas) == text
    assert len(deltas) > 3


def test_answer_takes_the_requested_form() -> None:
    """One response answers as JSON, as a stream and as a count; other paths get Foundry's 404."""
    response = answer("Paris.", usage={"input_tokens": 5})
    assert json.loads(response.played(PLAIN).body)["usage"]["input_tokens"] == 5
    assert response.played(STREAM).header("content-type") == "text/event-stream; charset=utf-8"
    assert json.loads(response.played(COUNT).body) == {"input_tokens": 5}
    other = response.played(ReceivedRequest(method="GET", path="/anthropic/v1/models"))
    assert (other.status, other.body) == (404, case("err_404_api_not_supported").body)


def test_pauses_stand_before_the_deltas() -> None:
    """The first delta and those between wait; no other event does."""
    gate = threading.Event()
    response = stream(["a", "b", "c"], first_delta_after=gate, between_deltas=0.5)
    waited = [(json.loads(piece.split(b"data: ")[1])["type"], pauses) for pauses, piece in response.steps()]
    deltas = [pauses for kind, pauses in waited if kind == "content_block_delta"]
    assert deltas == [(gate,), (0.5,), (0.5,)]
    assert not any(pauses for kind, pauses in waited if kind != "content_block_delta")


def test_complete_answer_waits_before_its_headers() -> None:
    """A slow first token of an answer in JSON is a wait before anything comes."""
    assert answer(first_delta_after=2.0).played(PLAIN).waits() == (2.0,)


def test_pause_before_a_negative_chunk_is_refused() -> None:
    """An index below zero names no chunk."""
    with pytest.raises(ValueError, match="before=-1"):
        message().paused(1.0, before=-1)


def test_long_streams_play() -> None:
    """A thousand deltas with a pause each are one response like any other."""
    response = stream(["x"] * 1000, between_deltas=0.01).played(STREAM)
    assert sum(bool(pauses) for pauses, _ in response.steps()) == 999


def test_steps_can_be_single_bytes() -> None:
    """A body cut into pieces is the same body, and waits only before the first piece of a chunk."""
    response = FakeResponse(chunks=(b"abc", b"de"), pauses=((1, 0.5), (2, 0.25)))
    steps = list(response.steps(1))
    assert [piece for _, piece in steps] == [b"a", b"b", b"c", b"d", b"e", b""]
    assert [pauses for pauses, _ in steps] == [(), (), (), (0.5,), (), (0.25,)]


DECODERS: dict[str, Any] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16).decompress,
    "deflate": lambda: zlib.decompressobj().decompress,
    "br": lambda: brotli.Decompressor().process,
    "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
}


@pytest.mark.parametrize("encoding", DECODERS)
def test_encodings_let_each_chunk_through(encoding: Any) -> None:
    """Each encoded chunk decodes to its chunk by itself, so a stream stays a stream."""
    plain = recorded("sse_text")
    response, decode = plain.encoded(encoding), DECODERS[encoding]()
    assert response.header("content-encoding") == encoding
    assert tuple(map(decode, response.chunks)) == plain.chunks


def test_encoding_keeps_the_length_right() -> None:
    """A declared length is that of the encoded body, also when the response is made anew."""
    response = message().encoded("gzip").played(PLAIN)
    assert response.header("content-length") == str(len(response.body))
    assert json.loads(zlib.decompress(response.body, zlib.MAX_WBITS | 16))["model"] == "my-deployment"


def test_unknown_encoding_is_named() -> None:
    """A wrong encoding is answered with the right ones."""
    with pytest.raises(ValueError, match="unknown encoding 'lz4': expected one of 'gzip'"):
        message().encoded("lz4")  # type: ignore[arg-type]


def test_missing_codec_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An encoding whose package is not installed names which to install."""
    monkeypatch.setitem(sys.modules, "brotli", None)
    with pytest.raises(ImportError, match="pip install brotli"):
        message().encoded("br")


def test_headers_are_set_and_taken_away() -> None:
    """A header can be replaced or removed, whatever its case, and stays so on each play."""
    response = message().with_headers({"X-MS-Region": "Sweden Central", "request-id": None}).played(PLAIN)
    assert response.header("x-ms-region") == "Sweden Central"
    assert response.header("request-id") is None


@pytest.mark.parametrize("after", [None, 10_000])
def test_cut_of_the_complete_body_keeps_its_end_open(after: int | None) -> None:
    """All bytes are sent, and no length shows the client that they are all."""
    response = message().cut(after_bytes=after)
    assert (response.ends, response.header("content-length")) == ("cut", None)
    assert response.body.endswith(b"}")


def test_cut_inside_the_body_keeps_the_length() -> None:
    """The declared length is that of the complete body, of which only the first bytes are sent."""
    complete = recorded("ok_json_basic")
    response = complete.reset(after_bytes=10)
    assert (response.ends, response.body) == ("reset", complete.body[:10])
    assert response.header("content-length") == str(len(complete.body))


def test_every_error_status_has_a_body() -> None:
    """Each status of an error is answered with it, and with a body of one of the known shapes."""
    for status in range(400, 600):
        response = error(status).played(PLAIN)
        assert response.status == status
        assert {"error", "statusCode"} & set(json.loads(response.body))


def test_errors_by_class_are_of_that_class() -> None:
    """A failure class gives a recorded error of this very class."""
    for name, case_id in error_names().items():
        assert case(case_id).expect["error"]["class"] == name
        assert error(name).status == case(case_id).status


@pytest.mark.parametrize("wrong", [200, 399, 600, "rate_limitd", "err_429_no_hnt"])
def test_unknown_errors_are_named(wrong: int | str) -> None:
    """What names no error is refused with what would have."""
    with pytest.raises(ValueError, match=f"{wrong!r}.*expected"):
        error(wrong)


def test_waits_are_short_by_default() -> None:
    """A wait that was recorded in seconds does not slow a test down; none is invented."""
    assert error(429).header("retry-after-ms") == "10"
    assert error(429, retry_after_s=2.5).header("retry-after") == "3"
    assert error(429, retry_after_s=None).header("retry-after-ms") == "6250"
    assert error("err_429_no_hint").header("retry-after") is None
