"""`python -m tests.benchmarks.queries [rows]`: how long the shipped queries take over that many ledger rows.

Envelopes as the exporter posts them are taken in by the store, in a process of their own; then every query
of the shipped workbook is asked for the newest 24 hours, while the rows are spread over 48, so that those
which look at the period before read all of them. The figures are the first run, in which the text is
translated, and the best and the worst of three more. Last, what `foundry-telemetry incident` and `ticket`
ask. Whole tabs: `tests.benchmarks.tabs`.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from dashboards.builder.texts import TABS as _TABS
from foundry_telemetry.investigate import sources
from foundry_telemetry.investigate.incident.report import investigate
from foundry_telemetry.investigate.ticket.call import find
from foundry_telemetry.investigate.ticket.ids import read_id
from foundry_telemetry.kql import files
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, Value, substitute
from foundry_telemetry.local.api import api_response
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store

END = datetime(2026, 11, 22, 12, 7, tzinfo=UTC)
SHOWN = TimeRange(END - timedelta(hours=24), END, timedelta(minutes=30))
SPREAD = timedelta(hours=48)
POSTED = 1_000
"""Envelopes in a body."""

MOST_SECONDS = 1.0
"""What each query may take."""
MOST_COMMAND_SECONDS = 1.0
"""What a command may ask for; with the start of its process it takes about half a second more."""
TABS = tuple(_TABS)
MOST_MEGABYTES = 1_000.0
"""What each process may hold."""

DEPLOYMENTS = ("claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-5-5", "support-chat-prod")
SERVICES = ("orders-api", "shop.checkout", "night-batch", "search")
FAILURES = (
    ("rate_limited", "quota", "429", "True"),
    ("overloaded", "model_service", "529", "True"),
    ("auth_token_expired", "caller_credential", "401", "False"),
    ("read_timeout", "network", "", "True"),
)


def envelopes(count: int, key: str) -> Iterator[dict[str, Any]]:
    """`count` envelopes of the ledger, oldest first, with retries and failures."""
    chance = Random(5)  # noqa: S311 - made-up data
    step = SPREAD / count
    left, call, number = 0, "", 1
    for index in range(count):
        if not left:
            left, call, number = (
                chance.choices((1, 2, 3), (85, 10, 5))[0],
                f"{chance.getrandbits(64):016x}",
                0,
            )
        left, number = left - 1, number + 1
        failed = left > 0 or chance.random() < 0.05
        yield _envelope(chance, key, END - SPREAD + step * index, call, number, failed=failed)


def _envelope(
    chance: Random, key: str, at: datetime, call: str, number: int, *, failed: bool
) -> dict[str, Any]:
    deployment = chance.choice(DEPLOYMENTS)
    service = chance.choice(SERVICES)
    return {
        "name": "Microsoft.ApplicationInsights.Event",
        "time": f"{at:%Y-%m-%dT%H:%M:%S.%f}Z",
        "iKey": key,
        "tags": {
            "ai.device.id": "host-1",
            "ai.device.locale": "en_US",
            "ai.device.type": "Other",
            "ai.internal.sdkVersion": "ulm_py3.11.7:otel1.45.1:dst1.8.11",
            "ai.cloud.role": service,
            "ai.cloud.roleInstance": f"{service}-{chance.randrange(6)}",
            "ai.application.ver": "1.4.2",
            "ai.operation.id": f"{call}{call[::-1]}",
            "ai.operation.parentId": call,
        },
        "data": {
            "baseType": "EventData",
            "baseData": {
                "ver": 2,
                "name": "foundry.attempt",
                "properties": {
                    **_common(chance, deployment, call, number),
                    **(_failure(chance) if failed else _success(chance, deployment)),
                },
            },
        },
    }


def _common(chance: Random, deployment: str, call: str, number: int) -> dict[str, str]:
    return {
        "foundry.schema": "1",
        "foundry.call.id": call,
        "foundry.attempt.number": str(number),
        "foundry.client": "AnthropicFoundry/2.12.0",
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": deployment,
        "gen_ai.request.stream": "True",
        "gen_ai.request.max_tokens": "4096",
        "http.request.method": "POST",
        "url.template": "/anthropic/v1/messages",
        "server.address": "contoso-ai.services.ai.azure.com",
        "foundry.resource": "contoso-ai",
        "anthropic.version": "2023-06-01",
        "foundry.auth.scheme": "entra_id",
        "foundry.region": "East US 2",
        "azure.service.request.id": f"{chance.getrandbits(128):032x}",
        "anthropic.request.id": f"req_{chance.getrandbits(96):024x}",
        "foundry.connect_ms": f"{chance.uniform(5, 60):.3f}",
        "foundry.time_to_headers_ms": f"{chance.uniform(80, 900):.3f}",
        "foundry.tag.tenant": f"tenant-{chance.randrange(40)}",
        "foundry.tag.feature": chance.choice(("chat", "summary", "triage")),
    }


def _success(chance: Random, deployment: str) -> dict[str, str]:
    new, cached, written = chance.randrange(20, 6_000), chance.randrange(0, 20_000), chance.randrange(0, 900)
    return {
        "http.response.status_code": "200",
        "gen_ai.response.model": "claude-sonnet-5-5" if deployment == "support-chat-prod" else deployment,
        "gen_ai.response.id": f"msg_{chance.getrandbits(96):024x}",
        "anthropic.message.stop_reason": chance.choice(("end_turn", "max_tokens", "tool_use")),
        "foundry.outcome": "ok",
        "foundry.duration_ms": f"{chance.lognormvariate(8, 0.7):.3f}",
        "foundry.time_to_first_token_ms": f"{chance.lognormvariate(6, 0.5):.3f}",
        "gen_ai.usage.input_tokens": str(new + cached + written),
        "gen_ai.usage.output_tokens": str(chance.randrange(1, 4_000)),
        "gen_ai.usage.cache_read.input_tokens": str(cached),
        "gen_ai.usage.cache_write.input_tokens": str(written),
        "gen_ai.usage.reasoning.output_tokens": str(chance.randrange(0, 400)),
        "foundry.usage.uncached_input_tokens": str(new + written),
        "foundry.usage.cache_write_5m_tokens": str(written),
        "foundry.usage.cache_write_1h_tokens": "0",
        "foundry.usage.complete": "True",
        "foundry.cost.usd": f"{chance.random() / 20:.6f}",
        "foundry.cost.source": "genai-prices 0.2.3",
    }


def _failure(chance: Random) -> dict[str, str]:
    kind, owner, status, retryable = chance.choice(FAILURES)
    return {
        **({"http.response.status_code": status} if status else {}),
        "foundry.outcome": "error" if status else "no_response",
        "foundry.duration_ms": f"{chance.lognormvariate(5, 1):.3f}",
        "error.type": kind,
        "foundry.error.code": str(chance.randrange(400, 600)),
        "foundry.error.origin": "foundry",
        "foundry.error.owner": owner,
        "foundry.retryable": retryable,
        "foundry.retry_after_s": f"{chance.randrange(1, 60)}.0",
    }


def fill(path: str, count: int, peak: Any) -> None:
    """Have a store take in `count` envelopes; put its peak in megabytes into `peak`."""
    with Store(path, retention_days=36_500) as store:
        body, done = [], None
        for envelope in envelopes(count, store.key):
            body.append(envelope)
            if len(body) == POSTED:
                if done is not None:
                    done.result()
                done, body = store.add(msgspec.json.encode(body)), []
        store.add(msgspec.json.encode(body)).result()
    peak.put(peak_megabytes())


def peak_megabytes() -> float:
    """The most memory that this process held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000


def values(store: Store, shown: TimeRange) -> dict[str, Value]:
    """What stands in the workbook's inputs."""
    with store.cursor() as cursor:
        row = cursor.execute("SELECT call_id, apim_request_id FROM foundry_attempts LIMIT 1").fetchone()
    call, ident = row or ("", "")
    ids = {"Id": ident, "CallId": call, "FoundCallId": call, "TagCallId": call, "ListedCallId": call}
    return {**presets(workbook()), "TimeRange": shown, **ids, **UNFILTERED}


def presets(item: dict[str, Any]) -> dict[str, Value]:
    """What stands in texts and options of one choice at the beginning."""
    found: dict[str, Value] = {}
    for inner in item.get("items", ()):
        content = inner["content"]
        reported = content.get("parameters", ())
        found |= {each["name"]: each["value"] for each in reported if isinstance(each.get("value"), str)}
        found |= presets(content)
    return found


def ask(store: Store) -> list[tuple[str, float, float, float, int]]:
    """Name, first, best and worst seconds, and rows of every step and filter."""
    found = []
    query, inputs = Query(store), values(store, SHOWN)
    texts = {text: name for tab in TABS for name, text in queries_of(workbook(), tab)}
    for text, name in texts.items():
        text = substitute(text, inputs)  # noqa: PLW2901 - the same text, filled in
        seconds = []
        for _ in range(4):
            store.version += 1  # or the answer would be the kept one
            begun = time.perf_counter()
            table = query.run(text, now=END)
            api_response.encode(table)
            seconds.append(time.perf_counter() - begun)
        found.append((name, seconds[0], min(seconds[1:]), max(seconds[1:]), len(table.rows)))
    return found


def commands(path: str) -> list[tuple[str, float, float]]:
    """Name, first and best seconds of what the commands `incident` and `ticket` ask, over HTTP as they do."""
    with LocalAzureMonitor(path, retention_days=36_500) as azure, sources.local(azure.url) as source:
        (row,) = azure.query("AppEvents | take 1 | project tostring(Properties['anthropic.request.id'])").rows
        identity = read_id(str(row[0]))
        half, day = timedelta(minutes=30), timedelta(hours=24)
        asked: dict[str, Callable[[], object]] = {
            "incident --since 30m": lambda: investigate(source, TimeRange(END - half, END, SHOWN.grain), len),
            # Nothing was before it, so all its causes are wrong and are looked into.
            "incident of the first day": lambda: investigate(
                source, TimeRange(END - SPREAD, END - SPREAD + day, SHOWN.grain), len
            ),
            "ticket": lambda: find(source, identity, TimeRange(END - SPREAD, END, SHOWN.grain), len),
        }
        return [(name, *_timed(ask, azure.store)) for name, ask in asked.items()]


def _timed(ask: Callable[[], object], store: Store) -> tuple[float, float]:
    seconds = []
    for _ in range(4):
        store.version += 1
        begun = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - begun)
    return seconds[0], min(seconds[1:])


def workbook() -> dict[str, Any]:
    """The shipped workbook."""
    return json.loads(files.workbook())


def queries_of(item: dict[str, Any], tab: str) -> Iterator[tuple[str, str]]:
    """Name and text of the queries of the filters and of a tab, with everything in it shown."""
    for inner in item.get("items", ()):
        shown = inner.get("conditionalVisibility") or {}
        if shown.get("parameterName") == "Tab" and shown["value"] != tab:
            continue
        content = inner["content"]
        if content.get("query"):
            yield inner["name"], content["query"]
        yield from (
            (each["name"], each["query"]) for each in content.get("parameters", ()) if each.get("query")
        )
        yield from queries_of(content, tab)


def main() -> int:
    """Returns the exit code: 1 where a query or the memory is over its budget."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.queries", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--db", help="keep the filled database here, or use the one that is here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = options.db or str(Path(folder) / "telemetry.duckdb")
        if not Path(path).exists():
            peak = multiprocessing.get_context("spawn").Queue()
            begun = time.perf_counter()
            process = multiprocessing.get_context("spawn").Process(
                target=fill, args=(path, options.rows, peak)
            )
            process.start()
            filled = peak.get()
            process.join()
            _say(f"filled in {time.perf_counter() - begun:.0f} s; peak {filled:.0f} MB")
        _say(f"file {Path(path).stat().st_size / 1e6:.0f} MB")
        with Store(path, retention_days=36_500) as store:
            found = ask(store)
        asked = commands(path)
    _say(f"{'query':36} {'first ms':>9} {'best ms':>9} {'worst ms':>9} {'rows':>7}")
    for name, first, best, worst, rows in found:
        _say(f"{name:36} {first * 1e3:9.0f} {best * 1e3:9.0f} {worst * 1e3:9.0f} {rows:7}")
    for name, first, best in asked:
        _say(f"{name:36} {first * 1e3:9.0f} {best * 1e3:9.0f}")
    _say(f"peak {peak_megabytes():.0f} MB")
    slow = [name for name, first, *_ in found if first > MOST_SECONDS]
    slow += [name for name, first, _ in asked if first > MOST_COMMAND_SECONDS]
    return int(bool(slow) or peak_megabytes() > MOST_MEGABYTES)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
