"""Content of calls: nothing by default; with a policy on its own event, redacted, and nowhere else."""

from __future__ import annotations

import gzip
import json
import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

import foundry_telemetry
from foundry_telemetry.content import ContentPolicy, pipeline, pipelines
from foundry_telemetry.content.answer_pieces import AnswerPieces
from foundry_telemetry.content.answers import GAP, read_answer
from foundry_telemetry.content.pipeline import ContentPipeline
from foundry_telemetry.dropped_items import Dropped, Reason, Signal
from tests.content.planted_secrets import KINDS, planted
from tests.hostile.harness import ASK, JSON, SSE, URL, event, playing, transport
from tests.support.capture import Capture
from tests.support.families import Family, pieces
from tests.support.patience import PATIENCE_S

EVENT = "gen_ai.client.inference.operation.details"
MAIL = "bob@example.com"


def stream(*texts: str, kind: str = "text") -> list[bytes]:
    """A streamed answer, a delta for each text."""
    delta = {"text": ("text_delta", "text"), "tool_use": ("input_json_delta", "partial_json")}[kind]
    start = {"id": "msg_1", "model": "m", "usage": {"input_tokens": 11, "output_tokens": 1}}
    block = (
        {"type": "text", "text": ""}
        if kind == "text"
        else {"type": "tool_use", "id": "toolu_1", "name": "look_up", "input": {}}
    )
    return [
        event("message_start", {"message": start}),
        event("content_block_start", {"index": 0, "content_block": block}),
        *(
            event("content_block_delta", {"index": 0, "delta": {"type": delta[0], delta[1]: text}})
            for text in texts
        ),
        event("content_block_stop", {"index": 0}),
        event("message_delta", {"delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}}),
        event("message_stop", {}),
    ]


def answered(text: str, **fields: Any) -> bytes:
    """A plain answer."""
    usage = {"input_tokens": 11, "output_tokens": 7}
    message = {"id": "msg_1", "type": "message", "model": "m", "content": [{"type": "text", "text": text}]}
    return json.dumps({**message, "stop_reason": "end_turn", "usage": usage, **fields}).encode()


def logged(capture: Capture) -> list[dict[str, Any]]:
    """The attributes of each event with content, once all that waits is handed on."""
    for each in pipelines:
        assert each._is_idle.wait(PATIENCE_S)  # to drain gives up where a slow machine makes no progress
    records = [item.log_record for item in capture.log_exporter.get_finished_logs()]
    return [dict(record.attributes or {}) for record in records if record.event_name == EVENT]


def call(status: int, headers: list[Any], parts: list[bytes], **ask: Any) -> bytes:
    """One call; gives what the application got."""
    with playing(status, headers, parts) as client:
        return client.post(URL, json=ASK | ask).content


@pytest.fixture
def capture(monkeypatch: pytest.MonkeyPatch) -> Iterator[Capture]:
    """Providers of the real SDK; whoever uses them instruments. To redact slowly is not to hang."""
    monkeypatch.setattr(pipeline, "HANG_S", PATIENCE_S)
    yield Capture()
    foundry_telemetry.uninstrument()


def instrument(capture: Capture, **policy: Any) -> None:
    """Log the content of calls."""
    foundry_telemetry.instrument(**capture.options, content=ContentPolicy(**policy))


def test_nothing_by_default(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard variable of OpenTelemetry alone switches nothing on: it may be set for another library."""
    monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "SPAN_AND_EVENT")
    foundry_telemetry.instrument(**capture.options)
    call(200, JSON, [answered("CANARY")], system="CANARY")
    assert not logged(capture)
    assert capture.ledger
    assert "CANARY" not in capture.everything()


@pytest.mark.parametrize(
    ("ours", "standard", "expected"),
    [
        ("1", None, 1),
        ("1", "EVENT_ONLY", 1),
        ("1", "SPAN_AND_EVENT", 1),
        ("1", "NO_CONTENT", 0),
        ("1", "SPAN_ONLY", 0),
        ("0", None, 0),
    ],
)
def test_environment(
    ours: str, standard: str | None, expected: int, capture: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Our variable switches it on; the standard one may then keep events off, and none goes onto a span."""
    monkeypatch.setenv("FOUNDRY_TELEMETRY_CONTENT", ours)
    if standard is not None:
        monkeypatch.setenv("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", standard)
    foundry_telemetry.instrument(**capture.options)
    call(200, JSON, [answered("CANARY")])
    assert len(logged(capture)) == expected
    assert "CANARY" not in "".join(span.to_json() for span in capture.spans)


def test_the_event(capture: Capture) -> None:
    """Messages, system prompt and tools in the form of the convention, tied to the attempt by its ids."""
    instrument(capture)
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}}
    result = {"type": "tool_result", "tool_use_id": "toolu_0", "content": [{"type": "text", "text": "rain"}]}
    history = [
        {"role": "user", "content": [{"type": "text", "text": "hi"}, image]},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "id": "toolu_0", "name": "w", "input": {"a": 1}}],
        },
        {"role": "user", "content": [result]},
    ]
    tool = {"name": "w", "description": "d", "input_schema": {"type": "object"}}
    call(200, JSON, [answered("fine")], messages=history, system="be kind", tools=[tool])
    (found,) = logged(capture)
    (ledger,) = capture.ledger
    seen = capture.observations[0]
    assert found["foundry.call.id"] == ledger["foundry.call.id"]
    assert found["foundry.support.code"] == seen.support_code
    assert found["microsoft.custom_event.name"] == EVENT
    blob = {
        "type": "blob", "modality": "image", "mime_type": "image/png", "content": "", "bytes": 2,
        "sha256": "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",
    }  # fmt: skip
    assert json.loads(found["gen_ai.input.messages"]) == [
        {"role": "user", "parts": [{"type": "text", "content": "hi"}, blob]},
        {
            "role": "assistant",
            "parts": [{"type": "tool_call", "id": "toolu_0", "name": "w", "arguments": {"a": 1}}],
        },
        {
            "role": "tool",
            "parts": [
                {
                    "type": "tool_call_response",
                    "id": "toolu_0",
                    "response": [{"type": "text", "content": "rain"}],
                }
            ],
        },
    ]
    answer = {"role": "assistant", "parts": [{"type": "text", "content": "fine"}], "finish_reason": "stop"}
    assert json.loads(found["gen_ai.output.messages"]) == [answer]
    assert json.loads(found["gen_ai.system_instructions"]) == [{"type": "text", "content": "be kind"}]
    definition = {"type": "function", "name": "w", "description": "d", "parameters": {"type": "object"}}
    assert json.loads(found["gen_ai.tool.definitions"]) == [definition]


@pytest.mark.parametrize("is_streamed", [True, False], ids=["stream", "plain"])
def test_no_secret_leaves(is_streamed: bool, family: Family, capture: Capture) -> None:
    """Secrets in every place of a call and across the borders of deltas: none is in any signal.

    The application gets the same bytes as without us, and content is on the one event alone.
    """
    import random

    instrument(capture, national_ids=True)
    rng = random.Random("calls")  # noqa: S311 - no secret
    secrets = {kind: planted(rng, kind) for kind in KINDS}
    text = "\n".join(one.sentence for one in secrets.values()) + " MARKER"
    arguments = {kind: one.sentence for kind, one in secrets.items()}
    deltas = [text[at : at + 5] for at in range(0, len(text), 5)]
    parts = stream(*deltas) if is_streamed else [answered(text)]
    asked = ASK | {
        "system": text,
        "stream": is_streamed,
        "messages": [
            {"role": "user", "content": text},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "n", "input": arguments}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "content": json.dumps(arguments)}],
            },
        ],
    }

    async def scenario() -> None:
        playback = transport(family, lambda _: (200, SSE if is_streamed else JSON, parts))
        async with family.client(transport=playback) as client:
            response = await client.send(client.raw.build_request("POST", URL, json=asked), stream=True)
            assert b"".join([piece async for piece in pieces(response)]) == b"".join(parts)

    family.run(scenario)
    (found,) = logged(capture)
    everything = capture.everything()
    assert [kind for kind, one in secrets.items() if one.secret in everything] == []
    for name in ("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.system_instructions"):
        assert "MARKER" in found[name]
    assert everything.count("MARKER") == 3


def test_arguments_of_a_streamed_tool_call(capture: Capture) -> None:
    """Pieces of JSON make the arguments, and a secret in them is found across their borders."""
    instrument(capture)
    call(200, SSE, stream('{"to": "bob@exa', 'mple.com", "n": 2}', kind="tool_use"), stream=True)
    parts = json.loads(logged(capture)[0]["gen_ai.output.messages"])[0]["parts"]
    arguments = {"to": "[email]", "n": 2}
    assert parts == [{"type": "tool_call", "id": "toolu_1", "name": "look_up", "arguments": arguments}]


def test_compressed_answers(capture: Capture) -> None:
    """What the client's own decoder gives is logged."""
    instrument(capture)
    headers = [*JSON, ("content-encoding", "gzip")]
    call(200, headers, [gzip.compress(answered(f"to {MAIL}"))])
    assert "to [email]" in logged(capture)[0]["gen_ai.output.messages"]


def test_long_content_is_cut_in_the_middle(capture: Capture) -> None:
    """A record stays within its budget, is valid JSON, keeps beginning and end, and says that it is cut."""
    instrument(capture, budget_bytes=20_000)
    history = [{"role": "user", "content": f"{n} " + 'w"\\ord ' * 3_000 + f" {n}"} for n in range(60)]
    call(200, SSE, stream(*(f"word{n} " for n in range(9_000))), messages=history, stream=True)
    (found,) = logged(capture)
    assert found["foundry.content.cut"] is True
    assert len(json.dumps(found)) <= 20_000
    messages = json.loads(found["gen_ai.input.messages"])
    assert messages[0]["parts"][0]["content"].startswith("0 w")
    assert messages[-1]["parts"][0]["content"].endswith(" 59")
    assert "characters cut" in messages[0]["parts"][0]["content"]
    text = json.loads(found["gen_ai.output.messages"])[0]["parts"][0]["content"]
    assert text.startswith("word0 ")
    assert text.endswith("word8999 ")


def test_an_open_stream_is_bounded() -> None:
    """However long a stream is, no more than the bound is held; what was between is a gap."""
    kept = AnswerPieces(20_000)
    for piece in stream(*(f"word{n} " for n in range(5_000))):
        kept.add(piece)
        assert kept.size <= 20_000
    text = read_answer(kept)["content"][0]["text"]
    assert text.startswith("word0 word1 ")
    assert text.endswith("word4998 word4999 ")
    assert text.count(GAP) == 1


def test_a_long_plain_answer(capture: Capture) -> None:
    """An answer that is no stream is read whole, however many pieces it comes in."""
    instrument(capture)
    body = answered("beginning " + "word " * 200_000 + "end")
    call(200, JSON, [body[at : at + 65_536] for at in range(0, len(body), 65_536)])
    text = json.loads(logged(capture)[0]["gen_ai.output.messages"])[0]["parts"][0]["content"]
    assert text.startswith("beginning ")
    assert text.endswith(" end")


def test_sampling(capture: Capture) -> None:
    """Failed and refused calls are kept, and of the rest a share by call id; a policy may name calls."""
    instrument(capture, share=0.0)
    call(200, JSON, [answered("fine")])
    call(200, JSON, [answered("no", stop_reason="refusal")])
    call(429, JSON, [b'{"error": {"type": "rate_limit_error"}}'])
    assert [found.get("error.type") for found in logged(capture)] == [None, "rate_limited"]
    policy = ContentPolicy(share=0.25, deployments=("a",), tags={"tenant": ["acme"]})
    ids = [f"{number:016x}" for number in range(2_000)]
    assert 400 < sum(map(policy.has_in_share, ids)) < 600
    assert set(filter(ContentPolicy(share=0.1).has_in_share, ids)) < set(filter(policy.has_in_share, ids))
    assert policy.covers("a", {"tenant": "acme"})
    assert not policy.covers("b", {"tenant": "acme"})
    assert not policy.covers("a", {})


def test_a_sink_of_ones_own(capture: Capture) -> None:
    """It gets each record, redacted, and no event is emitted."""
    records: list[dict[str, Any]] = []
    instrument(capture, sink=records.append)
    call(200, JSON, [answered(f"to {MAIL}")])
    assert not logged(capture)
    assert "to [email]" in records[0]["gen_ai.output.messages"]


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> Dropped:
    """What is counted while a test runs."""
    counted = Dropped()
    monkeypatch.setattr(pipeline, "dropped", counted)
    monkeypatch.setattr(sys.modules["foundry_telemetry.internal_errors"], "dropped", counted)
    return counted


@pytest.mark.parametrize("where", ["redact", "sink"])
def test_a_function_that_raises(where: str, capture: Capture, losses: Dropped) -> None:
    """It costs the content, counted, and neither the call nor its record; nothing goes out unredacted."""
    instrument(capture, **{where: lambda _: 1 / 0})
    assert call(200, JSON, [answered("CANARY")]) == answered("CANARY")
    assert not logged(capture)
    assert len(capture.ledger) == 1
    assert losses.totals() == {(Reason.SINK_ERROR, Signal.CONTENT): 1}
    assert "CANARY" not in capture.everything()


def test_a_function_that_hangs(
    capture: Capture, losses: Dropped, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Content is off from then on, counted and logged once; calls and their records go on."""
    release = threading.Event()
    monkeypatch.setattr(pipeline, "HANG_S", 0.2)
    instrument(capture, redact=lambda text: str(release.wait()) + text)
    try:
        with caplog.at_level(logging.WARNING, logger="foundry_telemetry"):
            for _ in range(3):
                call(200, JSON, [answered("CANARY")])
            (made,) = [one for one in _pipelines() if not one._is_idle.is_set()]
            assert made._is_idle.wait(30)
            call(200, JSON, [answered("CANARY")])
        assert made.is_off
        assert len(capture.ledger) == 4
        assert not logged(capture)
        lines = [record.message for record in caplog.records if "no longer logged" in record.message]
        assert len(lines) == 1
        assert losses.totals()[Reason.SINK_ERROR, Signal.CONTENT] == 3
    finally:
        release.set()


def _pipelines() -> list[ContentPipeline]:
    from foundry_telemetry.content import pipelines

    return [one for one in pipelines if isinstance(one, ContentPipeline)]


def test_the_queue_is_bounded(capture: Capture, losses: Dropped) -> None:
    """What does not fit is dropped and counted."""
    release, entered = threading.Event(), threading.Event()

    def wait(_: dict[str, Any]) -> None:
        entered.set()
        release.wait()

    instrument(capture, sink=wait, queue_bytes=100_000)
    try:
        call(200, JSON, [answered("a" * 40_000)])
        assert entered.wait(30)
        for _ in range(3):
            call(200, JSON, [answered("a" * 40_000)])
        assert losses.totals() == {(Reason.QUEUE_FULL, Signal.CONTENT): 2}
    finally:
        release.set()


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"share": 2}, "share=2.*expected a number from 0 to 1"),
        ({"budget_bytes": 1}, "budget_bytes=1.*expected 2000 to 60000"),
        ({"queue_bytes": 1}, "queue_bytes=1.*expected more than 60000"),
        ({"deployments": "a"}, "deployments='a'.*expected a list of names"),
        ({"tags": {"tenant": "acme"}}, "'tenant': 'acme'.*expected a list of values"),
        ({"redact": "x"}, "redact='x'.*expected a plain function"),
    ],
)
def test_a_policy_that_cannot_be(options: dict[str, Any], error: str) -> None:
    """It is refused with the value and what was expected."""
    with pytest.raises((TypeError, ValueError), match=error):
        ContentPolicy(**options)


def test_without_the_packages(capture: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is logged unredacted: it is refused with the command that installs them."""
    monkeypatch.setattr("foundry_telemetry.config.content.missing_packages", lambda: ["google-re2"])
    with pytest.raises(ImportError, match=r"needs google-re2: pip install 'foundry-telemetry\[content\]'"):
        instrument(capture)
