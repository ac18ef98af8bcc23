"""Ingestion that refuses, redirects or hangs up: what is sent again, and what it costs to wait."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from foundry_telemetry.testing.ingestion import ACCEPT_AND_CLOSE, FakeIngestion, InjectedError, partly, refuse
from tests.azure.process import PATIENCE_S, run, running

pytestmark = pytest.mark.slow

SPANS_ALONE: Final = {"OTEL_LOGS_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"}

SENDING: Final = """
import foundry_telemetry
foundry_telemetry.configure(retry_total=0, storage_min_retry_interval=0)
for mark in ("a", "b", "c"):
    trace.get_tracer("test").start_span(mark).end()
say(flushed=trace.get_tracer_provider().force_flush())
hear()
for number in range(3):  # each success sends what is on disk
    trace.get_tracer("test").start_span(f"later {number}").end()
    trace.get_tracer_provider().force_flush()
"""


def posted(azure: FakeIngestion) -> Counter[str]:
    """How often each span was sent, taken or not."""
    return Counter(
        item["data"]["baseData"]["name"]
        for post in azure.posts
        for item in post.envelopes
        if item["data"]["baseType"] == "RemoteDependencyData"
    )


def arrived(azure: FakeIngestion) -> Counter[str]:
    """How often each span was taken."""
    return Counter(item["name"] for item in azure.dependencies())


ONCE: Final = dict.fromkeys("abc", 1)
AGAIN: Final = dict.fromkeys("abc", 2)


@pytest.mark.row(27)
@pytest.mark.parametrize(
    ("injected", "sent", "taken"),
    [
        (partly({1: 500, 2: 400, 3: 429}), {"a": 2, "b": 1, "c": 2}, {"a": 1, "c": 1}),
        (refuse(400), ONCE, {}),
        (refuse(402), ONCE, {}),
        (refuse(439), ONCE, {}),
        (refuse(429), AGAIN, ONCE),
        (refuse(503), AGAIN, ONCE),
        (refuse(401), AGAIN, ONCE),
    ],
    ids=["206", "400", "402", "439", "429", "503", "401"],
)
def test_refused_once(
    injected: InjectedError, sent: dict[str, int], taken: dict[str, int], tmp_path: Path
) -> None:
    """What may be taken later is sent once more, from disk, and arrives once; the rest is not repeated."""
    with FakeIngestion(injected) as azure:
        with running(SENDING, azure, tmp_path, **SPANS_ALONE) as process:
            process.listen()
            process.proceed()
            assert process.end().code == 0
        later = {f"later {number}": 1 for number in range(3)}
        assert posted(azure) == sent | later
        assert arrived(azure) == taken | later


@pytest.mark.row(27)
@pytest.mark.parametrize("status", [307, 308])
def test_moved(status: int, tmp_path: Path) -> None:
    """A batch that Azure sends elsewhere arrives there, once, and the next ones are sent there at once."""
    with FakeIngestion() as there, FakeIngestion() as azure:
        azure.always(InjectedError(status=status, location=f"{there.url}/v2.1/track"))
        with running(SENDING, azure, tmp_path, **SPANS_ALONE) as process:
            process.listen()
            process.proceed()
            assert process.end().code == 0
        assert posted(azure) == ONCE
        assert arrived(there) == ONCE | {f"later {number}": 1 for number in range(3)}


@pytest.mark.row(28)
def test_taken_and_hung_up(tmp_path: Path) -> None:
    """A batch whose answer is lost arrives at least once and at most twice; those after it once."""
    with FakeIngestion(ACCEPT_AND_CLOSE) as azure:
        with running(SENDING, azure, tmp_path, **SPANS_ALONE) as process:
            process.listen()
            process.proceed()
            assert process.end().code == 0
        assert arrived(azure) == AGAIN | {f"later {number}": 1 for number in range(3)}


MOST_BYTES: Final = 300_000
BATCHES: Final = 24

REFUSED_FOR_EVER: Final = f"""
import gc, tracemalloc
import httpx
import foundry_telemetry
foundry_telemetry.configure(retry_total=0, storage_max_size={MOST_BYTES})
body = {{"id": "msg_1", "model": "claude-sonnet-5-5", "usage": {{"input_tokens": 1, "output_tokens": 1}}}}
client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)))
url = "https://contoso.services.ai.azure.com/anthropic/v1/messages"

def batch():
    for _ in range(20):
        assert client.post(url, json={{"model": "claude-haiku-5-5"}}).json() == body
    for provider in (trace.get_tracer_provider(), _logs.get_logger_provider(), metrics.get_meter_provider()):
        provider.force_flush()
    gc.collect()

batch()
tracemalloc.start()
for _ in range({BATCHES} // 2):
    batch()
before = tracemalloc.get_traced_memory()[0]
for _ in range({BATCHES} // 2):
    batch()
say(grown=tracemalloc.get_traced_memory()[0] - before)
tracemalloc.stop()
"""


@pytest.mark.row(26)
def test_refused_for_ever(tmp_path: Path) -> None:
    """While Azure stays down calls go on, the disk holds what it may, and memory does not grow."""
    with FakeIngestion() as azure:
        azure.always(refuse(503))
        ended = run(REFUSED_FOR_EVER, azure, tmp_path)
        assert len(azure.posts) >= BATCHES
    assert ended.code == 0, ended.errors
    sizes = [path.stat().st_size for path in tmp_path.rglob("*.blob*")]
    assert (
        MOST_BYTES / 2 < sum(sizes) <= MOST_BYTES + 3 * max(sizes)
    )  # three exporters look before they write
    (reported,) = ended.said
    assert reported["grown"] < 300_000


@pytest.mark.row(26)
def test_taken_in_the_end(tmp_path: Path) -> None:
    """What was refused for a while arrives, once, when Azure is back."""
    with FakeIngestion() as azure:
        azure.always(refuse(503))
        with running(SENDING, azure, tmp_path, **SPANS_ALONE) as process:
            process.listen()
            azure.always(None)
            process.proceed()
            azure.wait_for(partial(_all_there, azure), PATIENCE_S)
            assert process.end().code == 0
        assert set(arrived(azure).values()) == {1}


def _all_there(azure: FakeIngestion) -> bool:
    return set("abc") <= {item["name"] for item in azure.dependencies()}
