"""Hostile values in every field we read of an answer and of a request."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundry_telemetry.wire.request_matcher import unsent_request
from foundry_telemetry.wire.sanitize import MAX_COUNT
from foundry_telemetry.wire.usage import USAGE_FIELDS, read_usage
from tests.hostile.fuzz import check_usage, fuzz
from tests.hostile.harness import ASK, JSON, SSE, URL, playing
from tests.support.capture import Capture

RAW_VALUES = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "-0",
    "1.0",
    "1.5",
    "1e999",
    "-1e999",
    "NaN",
    "Infinity",
    "-Infinity",
    "9007199254740991",
    "9007199254740993",
    "18446744073709551616",
    "9" * 400,
    "9" * 5000,
    '"5"',
    '""',
    '"\\ud800"',
    '"\\u0000"',
    '"\\u202e\\u2028"',
    "[]",
    "[1]",
    "{}",
    '{"input_tokens":5}',
    "[" * 2000 + "]" * 2000,
    "[" * 100_000,
    '"' + "m" * 2_000_000 + '"',
    '"\udcff"',
    '"=cmd|calc"',
    '"\\n\\r\\t\\u001b[31m"',
    '"end_turn"',
    "[" * 500 + "]" * 500,
    str(MAX_COUNT - 1),
]
raw_value = st.sampled_from(RAW_VALUES)
counters = st.dictionaries(
    st.sampled_from(
        [*sorted(USAGE_FIELDS), "thinking_tokens", "new_counter", "output_tokens", "input_tokens"]
    ),
    raw_value,
    max_size=8,
).map(lambda found: "{" + ",".join(f'"{name}":{value}' for name, value in found.items()) + "}")


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, list[Any], list[bytes]]:
    """An answer, whole, streamed or failed, with hostile values in every field we read."""
    usage = draw(st.one_of(counters, counters, raw_value))
    value = {name: draw(raw_value) for name in ("id", "model", "stop_reason", "stop_details", "input_tokens")}
    fields = ",".join(f'"{name}":{text}' for name, text in value.items() if draw(st.booleans()))
    message = "{" + ",".join(part for part in (fields, f'"usage":{usage}') if part) + "}"
    kind = draw(st.sampled_from(["json", "sse", "error"]))
    if kind == "json":
        return 200, JSON, [message.encode("utf-8", "surrogateescape")]
    if kind == "error":
        error = draw(
            st.one_of(
                raw_value, st.just("{" + fields.replace('"id"', '"code"').replace("model", "type") + "}")
            )
        )
        ids = f'"request_id":{draw(raw_value)},"activityId":{draw(raw_value)}'
        body = f'{{"type":"error","error":{error},{ids}}}'
        return draw(st.sampled_from([400, 401, 429, 500])), JSON, [body.encode("utf-8", "surrogateescape")]
    reason = value["stop_reason"]
    parts = [
        f'event: message_start\ndata: {{"message":{message}}}\n\n',
        "event: content_block_delta\ndata: {}\n\n",
        f'event: message_delta\ndata: {{"delta":{{"stop_reason":{reason}}},"usage":{usage}}}\n\n',
        draw(
            st.sampled_from(["", "event: message_stop\ndata: {}\n\n", f"event: error\ndata: {message}\n\n"])
        ),
    ]
    return 200, SSE, ["".join(parts).encode("utf-8", "surrogateescape")]


def check_attributes(capture: Capture) -> None:
    """Every attribute that is exported encodes, is short, and if it is a count, is one."""
    records: list[Any] = [span.attributes for span in capture.spans] + capture.ledger
    assert records
    for attributes in records:
        for name, value in attributes.items():
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, str):
                    assert len(item.encode()) <= 256, name
                    assert item.isprintable(), name
                elif type(item) is int:
                    assert 0 <= item < 2**53, name
                else:
                    assert type(item) in (bool, float), name
                    assert item == item  # noqa: PLR0124 - NaN alone differs from itself
    capture.span_exporter.clear()
    capture.log_exporter.clear()


@pytest.mark.row(69, 70, 71)
def test_hostile_json(instrumented: Capture, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever values an answer holds, what we export of it is clean, and the caller gets its bytes."""

    @fuzz
    @given(answers())
    def run(answer: tuple[int, list[Any], list[bytes]]) -> None:
        with playing(*answer) as client:
            assert client.post(URL, json=ASK).content == b"".join(answer[2])
        seen = instrumented.observations.pop()
        check_usage(seen.usage)
        assert not instrumented.observations
        check_attributes(instrumented)

    run()
    for points in instrumented.points().values():
        for point in points:
            assert all(len(str(value)) <= 256 for value in point.attributes.values())
    assert not [record for record in caplog.records if record.name.startswith(("opentelemetry", "foundry"))]


@pytest.mark.row(71)
def test_hostile_requests(instrumented: Capture) -> None:
    """Whatever the request holds, which is the application's own doing, what we export of it is clean."""

    @fuzz
    @given(raw_value, raw_value, raw_value, st.binary(max_size=20))
    def run(model: str, stream: str, limit: str, tail: bytes) -> None:
        body = f'{{"model":{model},"stream":{stream},"max_tokens":{limit}}}'.encode(
            "utf-8", "surrogateescape"
        )
        with playing(200, JSON, [b"{}"]) as client:
            client.post(URL, content=body + tail.strip())
        instrumented.observations.pop()
        check_attributes(instrumented)

    run()


@pytest.mark.row(71)
@pytest.mark.parametrize(
    "url",
    [
        URL.replace("/anthropic", "/a" * 30_000),
        URL.replace("/messages", "/models/" + "x" * 30_000),
        URL.replace("example-resource", "r" * 5_000),
        URL.replace("/anthropic", "/%0d%0a%1b%E2%80%A8"),
    ],
    ids=["path", "unsupported", "host", "escapes"],
)
def test_hostile_urls(url: str, instrumented: Capture) -> None:
    """A URL of any length leaves attributes and a span name of bounded length."""
    with playing(200, JSON, [b"{}"]) as client:
        assert client.post(url, json=ASK).content == b"{}"
    for attributes in (instrumented.spans[0].attributes, instrumented.ledger[0]):
        assert max(len(value) for value in (attributes or {}).values() if isinstance(value, str)) <= 600
    assert len(instrumented.spans[0].name) <= 512


@pytest.mark.parametrize("method", ["BREW", "X" * 5_000])
def test_unknown_methods(method: str, instrumented: Capture) -> None:
    """A method may be any text; one that HTTP does not know is reported as the convention says."""
    with playing(200, JSON, [b"{}"]) as client:
        assert client.request(method, URL, json=ASK).content == b"{}"
    assert instrumented.ledger[0]["http.request.method"] == "_OTHER"
    assert instrumented.observations[0].method == "_OTHER"


@pytest.mark.parametrize(
    "path", ["/a" * 30_000 + "/v1/messages", "/\x1b[31m\r\n\u2028/v1/messages"], ids=["long", "control"]
)
def test_hostile_path_of_a_call_that_was_never_sent(path: str) -> None:
    """The path of a call for which no request was built is bounded and quoted like any other."""
    asked = unsent_request(method="POST", path=path, model="m", stream=None, max_tokens=None, retry_count=0)
    assert asked.operation == "chat"
    assert len(asked.path) <= 256
    assert asked.path.isascii()
    assert asked.path.isprintable()


@pytest.mark.row(69)
def test_sums_of_huge_counters() -> None:
    """Counters that are allowed one by one are allowed in sum: whatever is added up stays exact."""
    huge = MAX_COUNT - 1
    inputs = dict.fromkeys(("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"), huge)
    usage = read_usage(
        inputs | {"output_tokens": huge, "iterations": [{"type": "compaction", **inputs}] * 50}, final=True
    )
    check_usage(usage)
