"""Ingestion of the local Azure Monitor, end to end: ``python -m tests.benchmarks.ingest``.

One process serves, another posts ledger events of about 2 kB over real connections on loopback, and counts
those answered 200. What is measured is the time from the first byte sent to the last answer, so that every
envelope counted is committed to the database file. Both processes share the machine's cores.

Beside it, in one process by turns: the processor time of reading bodies and inserting their rows, and of a
plain insert of the same values from lists into the same table.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from foundry_telemetry.kql.tables import stored_table
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.ingest import row_builder
from foundry_telemetry.local.ingest.envelopes import read_batch
from foundry_telemetry.local.store.database import facts, open_database, use

BODIES = 60
"""Different bodies, posted in turn."""
ITEMS = 512
"""Envelopes in a body, as the exporter posts them."""
CONNECTIONS = 8
TOGETHER, TURNS = 4, 15
"""Bodies that one statement inserts, and how often each side does."""
KIND, TABLE = "EventData", stored_table("AppEvents")
HALVES = (attrgetter("fields"), attrgetter("properties"))
BUDGET_ROWS = 1_000_000
LIMITS = {"item_us": 50.0, "peak_mib": 1_024.0, "ratio": 1.16}
"""At most: on the clock an envelope, of memory, and of processor time beside a plain insert."""

FORMS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    "array": lambda items: json.dumps(items).encode(),
    "lines": lambda items: "\n".join(json.dumps(item) for item in items).encode(),
    "array, gzip": lambda items: gzip.compress(json.dumps(items).encode(), 6),
}
"""Ways to post; the first is the exporter's."""

PROPERTIES = {
    "foundry.schema": "1",
    "foundry.attempt.number": "1",
    "foundry.client": "AnthropicFoundry/2.12.0",
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "claude-opus-4-6",
    "gen_ai.request.stream": "True",
    "gen_ai.request.max_tokens": "1024",
    "http.request.method": "POST",
    "url.template": "/anthropic/v1/messages",
    "server.address": "myresource.services.ai.azure.com",
    "foundry.resource": "myresource",
    "anthropic.version": "2023-06-01",
    "foundry.auth.scheme": "entra_id",
    "http.response.status_code": "200",
    "gen_ai.response.model": "claude-opus-4-6-20260205",
    "anthropic.message.stop_reason": "end_turn",
    "foundry.region": "swedencentral",
    "foundry.outcome": "ok",
    "foundry.retryable": "False",
    "gen_ai.usage.cache_write.input_tokens": "0",
    "gen_ai.usage.reasoning.output_tokens": "0",
    "foundry.usage.cache_write_5m_tokens": "0",
    "foundry.usage.cache_write_1h_tokens": "0",
    "foundry.usage.complete": "True",
    "foundry.cost.source": "genai-prices 0.2.3",
    "foundry.tag.tenant": "contoso",
    "logger_name": "foundry_telemetry",
}
TAGS = {
    "ai.device.id": "host-1",
    "ai.device.locale": "en_US",
    "ai.device.type": "Other",
    "ai.internal.sdkVersion": "ulm_py3.11.7:otel1.45.1:dst1.8.11",
    "ai.cloud.role": "shop.orders-api",
    "ai.cloud.roleInstance": "pod-7",
    "ai.internal.nodeName": "pod-7",
    "ai.application.ver": "1.4.2",
}


def envelope(number: int, key: str, chance: random.Random) -> dict[str, Any]:
    """One ledger event; ids and figures differ from one to the next."""
    seconds, micros = divmod(number * 977, 1_000_000)
    properties = PROPERTIES | {
        "foundry.call.id": f"{chance.getrandbits(64):016x}",
        "gen_ai.response.id": f"msg_{chance.getrandbits(96):024x}",
        "azure.service.request.id": f"{chance.getrandbits(128):032x}",
        "anthropic.request.id": f"req_{chance.getrandbits(96):024x}",
        "foundry.duration_ms": f"{chance.uniform(200, 9000):.3f}",
        "foundry.time_to_headers_ms": f"{chance.uniform(50, 900):.3f}",
        "foundry.time_to_first_token_ms": f"{chance.uniform(60, 1500):.3f}",
        "gen_ai.usage.input_tokens": str(chance.randrange(20_000)),
        "gen_ai.usage.output_tokens": str(chance.randrange(2_000)),
        "gen_ai.usage.cache_read.input_tokens": str(chance.randrange(20_000)),
        "foundry.usage.uncached_input_tokens": str(chance.randrange(2_000)),
        "foundry.cost.usd": f"{chance.uniform(0, 1):.6f}",
    }
    return {
        "name": "Microsoft.ApplicationInsights.Event",
        "iKey": key,
        "tags": TAGS
        | {
            "ai.operation.id": f"{chance.getrandbits(128):032x}",
            "ai.operation.parentId": f"{chance.getrandbits(64):016x}",
        },
        "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 3600 + seconds % 3600))
        + f".{micros:06}Z",
        "data": {
            "baseData": {"ver": 2, "name": "foundry.attempt", "properties": properties, "measurements": {}},
            "baseType": "EventData",
        },
    }


def bodies(form: str, key: str) -> list[bytes]:
    """`BODIES` bodies of `ITEMS` envelopes."""
    chance = random.Random(1)  # noqa: S311 - no secret
    return [
        FORMS[form]([envelope(body * ITEMS + item, key, chance) for item in range(ITEMS)])
        for body in range(BODIES)
    ]


def post(url: str, form: str, key: str, posts: int) -> dict[str, Any]:
    """Post so many bodies over `CONNECTIONS` connections.

    Returns:
        ``accepted`` envelopes, ``seconds`` and ``bytes_per_item`` as posted.
    """
    address = urlsplit(url).netloc
    prepared = bodies(form, key)
    headers = {"Content-Type": "application/json"}
    if "gzip" in form:
        headers["Content-Encoding"] = "gzip"
    numbers, lock, accepted = iter(range(posts)), threading.Lock(), [0]

    def work() -> None:
        connection = http.client.HTTPConnection(address)
        for number in _shared(numbers, lock):
            connection.request("POST", "/v2.1/track", prepared[number % BODIES], headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise SystemExit(f"answered {answer.status}: {content[:200]!r}")
            with lock:
                accepted[0] += json.loads(content)["itemsAccepted"]
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    started, cpu_before = time.perf_counter(), cpu_s()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    size = sum(map(len, prepared)) / BODIES / ITEMS
    return {
        "accepted": accepted[0],
        "seconds": round(time.perf_counter() - started, 2),
        "client_cpu_s": round(cpu_s() - cpu_before, 2),
        "bytes_per_item": round(size),
    }


def _shared(numbers: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        yield number


def serve(db: str) -> None:
    """Serve until the other side closes its end; a line on standard input is answered with the figures."""
    with LocalAzureMonitor(db) as azure:
        _say({"url": azure.url, "key": azure.store.key})
        for _ in sys.stdin:
            rows = azure.query("AppEvents | count").rows[0][0]
            size = 0 if db == ":memory:" else Path(db).stat().st_size
            figures = {"rows": rows, "file_mib": round(size / 2**20), "server_cpu_s": cpu_s(), **memory()}
            _say(figures)


def cpu_s() -> float:
    """Seconds of processor time that this process has used."""
    return round(time.process_time(), 2)


def memory() -> dict[str, int]:
    """This process's resident memory in MiB, now and at most."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return {
        "rss_mib": int(lines["VmRSS"].split()[0]) // 1024,
        "most_rss_mib": int(lines["VmHWM"].split()[0]) // 1024,
    }


class Server:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        reported = self._listen()
        self.url: str = reported["url"]
        self.key: str = reported["key"]

    def figures(self) -> dict[str, Any]:
        """Rows and memory."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._listen()

    def _listen(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        reported: dict[str, Any] = json.loads(self._process.stdout.readline())
        return reported


@contextmanager
def server(db: str) -> Iterator[Server]:
    """Run a server until the end of the block."""
    command = [sys.executable, "-m", "tests.benchmarks.ingest", "--serve", db]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Server(process)
        assert process.stdin is not None
        process.stdin.close()
        process.wait()


def client(url: str, form: str, key: str, posts: int) -> dict[str, Any]:
    """Run `post` in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.ingest", "--post", url, form, key, str(posts)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return found


def compared() -> dict[str, float]:
    """Microseconds of processor time a row, ``ours`` and ``plain``, and their median ``ratio``."""
    with tempfile.TemporaryDirectory() as folder:
        connection = open_database(str(Path(folder) / "telemetry.duckdb"), share=int(LIMITS["peak_mib"]))
        use(connection)
        key = facts(connection)["key"]
        posted = bodies("array", key)[:TOGETHER]

        def ours() -> None:
            for statement in row_builder.inserts(KIND):
                batches = [read_batch(body, key).texts[KIND] for body in posted]
                halves = [[text for batch in batches for text in half(batch)] for half in HALVES]
                connection.execute(statement, halves)

        ours()
        rows = connection.execute(f"SELECT * FROM {TABLE}").fetchall()  # noqa: S608 - our own table
        types = [kind for _, kind, *_ in connection.execute(f"DESCRIBE {TABLE}").fetchall()]
        values = [list(column) for column in zip(*rows, strict=True)]
        lists = ", ".join(f"unnest(?::{kind}[])" for kind in types)

        def plain() -> None:
            connection.execute(f"INSERT INTO {TABLE} SELECT {lists}", values)

        pairs = [(_committed(connection, ours), _committed(connection, plain)) for _ in range(TURNS)]
        connection.close()
    mine, theirs = (statistics.median(times) / len(rows) * 1e6 for times in zip(*pairs, strict=True))
    ratio = statistics.median(one / other for one, other in pairs)
    return {"ours_us": round(mine, 1), "plain_us": round(theirs, 1), "ratio": round(ratio, 3)}


def _committed(connection: duckdb.DuckDBPyConnection, insert: Callable[[], None]) -> float:
    begun = time.process_time()
    connection.begin()
    insert()
    connection.commit()
    return time.process_time() - begun


def measure(form: str, rows: int, db: str) -> dict[str, Any]:
    """Post about so many envelopes into a new store."""
    with tempfile.TemporaryDirectory() as folder:
        path = db if db == ":memory:" else str(Path(folder) / "telemetry.duckdb")
        with server(path) as running:
            found = client(running.url, form, running.key, -(-rows // ITEMS))
            found |= running.figures()
    if found["rows"] != found["accepted"]:
        raise SystemExit(f"{found['accepted']} envelopes were answered 200, {found['rows']} are there")
    return found | {"form": form, "db": db, "per_s": round(found["accepted"] / found["seconds"])}


def judged() -> dict[str, float]:
    """What `LIMITS` is about: of the exporter's form, in a file."""
    return _judged(measure(next(iter(FORMS)), BUDGET_ROWS, "file"), compared())


def _judged(found: dict[str, Any], beside: dict[str, float]) -> dict[str, float]:
    return {
        "item_us": 1e6 / found["per_s"],
        "peak_mib": found["most_rss_mib"],
        "ratio": beside["ratio"],
    }


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.ingest", description=__doc__)
    parser.add_argument("--rows", type=int, default=BUDGET_ROWS, help="of the first form (a million)")
    parser.add_argument("--db", default="file", choices=("file", ":memory:"))
    parser.add_argument("--check", action="store_true", help="exit with 1 unless the budgets are kept")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--post", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
        return 0
    if options.post:
        url, form, key, posts = options.post
        _say(post(url, form, key, int(posts)))
        return 0
    sizes = {form: options.rows if number == 0 else options.rows // 5 for number, form in enumerate(FORMS)}
    found = [measure(form, rows, options.db) for form, rows in sizes.items()]
    beside = compared()
    _say({"cores": os.cpu_count(), "runs": found, "plain insert": beside}, indent=1)
    kept = all(value <= LIMITS[name] for name, value in _judged(found[0], beside).items())
    return 1 if options.check and not kept else 0


def _say(reported: object, indent: int | None = None) -> None:
    sys.stdout.write(f"{json.dumps(reported, indent=indent)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
