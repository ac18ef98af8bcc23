"""The process that is measured whole: calls of the SDK over a socket, and telemetry that is really exported.

Run by `whole_process.py` as `python -m tests.benchmarks.whole_child PLAN RESULT`, the plan as JSON. Under
valgrind it counts: a segment ends when `vgdb` has callgrind write the counters of every thread and clear
them. Otherwise it makes a known number of calls for the sink to weigh.

A flush is made in threads of our own, one a signal, so that a thread is a role. The threads of the SDK sleep
meanwhile; what they do all the same counts for the signal that they are of.
"""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
from anthropic import AnthropicFoundry
from msgspec import Struct
from msgspec import json as msgspec_json

from tests.benchmarks.workloads import REQUEST

FLUSH_CALLS = 100
"""Calls between two flushes."""
FLUSHES = 2
"""In a counted segment."""
ROUNDS = 3
"""Segments of each kind; the median counts."""
WEIGHED_FLUSHES = 10
"""In a run for the sink to weigh."""
PATIENCE_MS = 600_000
"""A flush may take so long; under callgrind, on a busy machine, seconds become minutes."""
MEASURING = "callgrind"
"""Name of the thread that talks to callgrind; what it costs is not of the process."""

SIGNALS = {"span export": "traces", "log export": "logs"}
"""Thread to the signal that it flushes, in this order."""
METRICS = "metrics"


class Plan(Struct, frozen=True, kw_only=True):
    """What to do."""

    variant: str
    base_url: str
    connection_string: str
    counts: bool


class Variant(Struct, frozen=True):
    """A set-up of the process."""

    install: Callable[[Plan], object]
    sdk_spans: bool = True


def _nothing(plan: Plan) -> None:
    """No telemetry."""


def _sdk_spans(plan: Plan) -> None:
    """The SDK's own spans, in batches that an exporter drops: what our own work on them is compared with."""
    from opentelemetry import trace

    from tests.benchmarks.variants import Telemetry

    trace.set_tracer_provider(Telemetry().tracer_provider)


def _distro(plan: Plan) -> None:
    """Azure's distro, every trace kept. Live metrics are a service of its own, by the second: off as ours."""
    from azure.monitor.opentelemetry import configure_azure_monitor

    configure_azure_monitor(
        connection_string=plan.connection_string, sampling_ratio=1.0, enable_live_metrics=False
    )


def _configure(plan: Plan) -> None:
    import foundry_telemetry

    foundry_telemetry.configure(connection_string=plan.connection_string, hosts=(plan.base_url,))


def _distro_and_instrument(plan: Plan) -> None:
    import foundry_telemetry

    _distro(plan)
    foundry_telemetry.instrument(hosts=(plan.base_url,))


VARIANTS = {
    "none": Variant(_nothing),
    "sdk_spans": Variant(_sdk_spans),
    "distro": Variant(_distro),
    "configure": Variant(_configure),
    "configure_own_span": Variant(_configure, sdk_spans=False),
    "distro_and_instrument": Variant(_distro_and_instrument),
}


def _providers() -> dict[str, Any]:
    from opentelemetry import _logs, metrics, trace

    return {
        "traces": trace.get_tracer_provider(),
        "logs": _logs.get_logger_provider(),
        METRICS: metrics.get_meter_provider(),
    }


class Process:
    """The calls, and the flushes between them. Each thread collects the garbage that it has made."""

    def __init__(self, plan: Plan) -> None:
        variant = VARIANTS[plan.variant]
        variant.install(plan)
        self._providers = _providers()
        self._threads = {
            name: ThreadPoolExecutor(1, thread_name_prefix=name) for name in (*SIGNALS, METRICS, MEASURING)
        }
        self._messages = AnthropicFoundry(
            api_key="x" * 32,
            base_url=plan.base_url,
            max_retries=0,
            http_client=httpx2.Client(trust_env=False),
            open_telemetry=None if variant.sdk_spans else False,
        ).messages

    def calls(self, count: int, flushes: int = 1) -> None:
        """Make so many calls before each of the flushes."""
        for _ in range(flushes):
            for _ in range(count):
                self._messages.create(**REQUEST)
            gc.collect()
            for thread, signal in SIGNALS.items():
                self._flush(thread, signal)

    def export_metrics(self) -> None:
        """What the reader does once a minute."""
        self._flush(METRICS, METRICS)

    def callgrind(self, *command: str) -> str:
        """Give callgrind a command. Returns what it answers."""
        return self._threads[MEASURING].submit(_callgrind, command).result()

    def _flush(self, thread: str, signal: str) -> None:
        flush = getattr(self._providers[signal], "force_flush", None)
        if flush is not None:
            self._threads[thread].submit(_flush, thread, flush).result()


def _flush(thread: str, flush: Callable[[int], object]) -> None:
    if not flush(PATIENCE_MS):
        raise SystemExit(f"the flush of the {thread} failed")
    gc.collect()


def _callgrind(command: tuple[str, ...]) -> str:
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as answer:
        vgdb = subprocess.Popen(["vgdb", f"--pid={os.getpid()}", *command], stdout=answer, stderr=answer)
        # Busy on purpose: valgrind looks for commands while code runs.
        while vgdb.poll() is None:
            pass
        answer.seek(0)
        text = answer.read()
    if vgdb.returncode:
        raise SystemExit(f"vgdb could not reach callgrind: {text}")
    return text


def count(process: Process) -> dict[str, Any]:
    """Segments of each kind. Returns the names of the threads, by the number that callgrind gives them."""
    for _ in range(2):
        process.calls(FLUSH_CALLS)
        process.export_metrics()
    gc.collect()
    # From here the collector looks only at what the calls make.
    gc.freeze()
    process.callgrind("v.set", "gdb_output")
    process.callgrind("instrumentation", "on")
    for _ in range(ROUNDS):
        process.callgrind("dump", "between")
        process.calls(0, FLUSHES)
        process.callgrind("dump", "empty")
        process.calls(FLUSH_CALLS, FLUSHES)
        process.callgrind("dump", "full")
        process.export_metrics()
        process.callgrind("dump", "export_all")
        process.calls(1)
        process.callgrind("dump", "between")
        process.export_metrics()
        process.callgrind("dump", "export_one")
    threads = _threads(process.callgrind("v.info", "scheduler"))
    process.callgrind("instrumentation", "off")
    return {"threads": threads, "calls": FLUSH_CALLS * FLUSHES}


def _threads(answer: str) -> dict[str, str]:
    """Thread number to name. They are not in the order of creation: numbers of threads that ended go on."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    found = re.findall(r"^Thread (\d+): .*\(lwpid (\d+)\)", answer, re.MULTILINE)
    if not found:
        raise SystemExit(f"valgrind names no threads: {answer}")
    return {number: names.get(int(native), "?") for number, native in found}


def weigh(process: Process) -> dict[str, Any]:
    """After a call that warms up, and the parent's word: calls with a flush now and then, and one export."""
    process.calls(1)
    process.export_metrics()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    process.calls(FLUSH_CALLS, WEIGHED_FLUSHES)
    process.export_metrics()
    return {"calls": FLUSH_CALLS * WEIGHED_FLUSHES, "flushes": WEIGHED_FLUSHES}


def main() -> None:
    """Do what the plan says."""
    plan = msgspec_json.decode(sys.argv[1], type=Plan)
    if plan.counts:
        gc.disable()
    process = Process(plan)
    found = count(process) if plan.counts else weigh(process)
    Path(sys.argv[2]).write_text(json.dumps(found), encoding="utf-8")
    sys.stdout.flush()
    # Without the shutdown of the interpreter: nothing waits any more.
    os._exit(0)


if __name__ == "__main__":
    main()
