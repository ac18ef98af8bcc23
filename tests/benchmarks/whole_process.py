"""What a call costs the whole process, by threads, and what it sends: the path, the export and the bytes.

Unlike `callgrind.py`, which looks at the request path with exporters that drop, here the real exporter posts
to a sink, and every instruction of the process counts, whichever thread runs it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from foundry_telemetry.azure.pipelines import QUIET
from tests.benchmarks import bill, callgrind
from tests.benchmarks.servers import served
from tests.benchmarks.whole_child import MEASURING, METRICS, VARIANTS, Plan
from tests.soak.stage import Served

REQUEST_PATH = "request path"
OTHER = "other threads"
ROLES = {
    "MainThread": REQUEST_PATH,
    "span export": "span export",
    "OtelBatchSpanRecordProcessor": "span export",
    "log export": "log export",
    "OtelBatchLogRecordProcessor": "log export",
    METRICS: METRICS,
    "OtelPeriodicExportingMetricReader": METRICS,
}
"""Beginning of a thread's name to what it does; all else is `OTHER`."""

SHOWN_ROLES = tuple(dict.fromkeys((*ROLES.values(), OTHER)))

UNEXPORTED = ("none", "sdk_spans")
"""Variants that post nothing."""

_HOUR_MS = "3600000"
_ENVIRONMENT = {
    **QUIET,
    # An export is made when we say so, and not by the clock.
    "OTEL_BSP_SCHEDULE_DELAY": _HOUR_MS,
    "OTEL_BLRP_SCHEDULE_DELAY": _HOUR_MS,
    "OTEL_METRIC_EXPORT_INTERVAL": _HOUR_MS,
    # Those of Azure ask addresses that are not here.
    "OTEL_EXPERIMENTAL_RESOURCE_DETECTORS": "otel",
    "OTEL_SERVICE_NAME": "benchmark-service",
}
"""Statsbeat, control plane and SDK stats are off, for every variant."""

_DUMP = "dump "
"""What callgrind writes before the name of a dump that was asked for."""

Threads = dict[str, int]
"""Instructions by role."""


def measure(variant: str) -> dict[str, Any]:
    """What a call costs in one variant.

    Returns:
        ``roles``: instructions of a call by role. ``export``: instructions of an export of metrics.
        ``sent``, where the variant exports: what `_weigh` finds.
    """
    with served("service") as service, served("sink") as sink:
        plan = {"variant": variant, "base_url": service.where, "connection_string": sink.where}
        found = _count(plan)
        return found if variant in UNEXPORTED else {**found, "sent": _weigh(plan, sink)}


def _count(plan: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, _child(plan, folder, counts=True) as (child, result):
        _, errors = child.communicate()
        facts = _result(plan, child, result, errors)
        segments = by_role(Path(folder, "counts").read_text("utf-8", "replace"), facts["threads"])
    calls = facts["calls"]
    median = {name: _median(rounds) for name, rounds in segments.items()}
    roles = {role: (median["full"][role] - median["empty"][role]) / calls for role in SHOWN_ROLES}
    all_, one = (sum(median[name].values()) for name in ("export_all", "export_one"))
    recording = (all_ - one) / (calls - 1)
    roles[METRICS] += recording
    return {"roles": roles, "export": one - recording, "noise": _noise(segments["full"], calls)}


def by_role(dumps: str, threads: dict[str, str]) -> dict[str, list[Threads]]:
    """Instructions by role of every segment, by its name.

    Args:
        dumps: What callgrind has written.
        threads: Number of a thread to its name.
    """
    found: defaultdict[str, list[Threads]] = defaultdict(list)
    header, last = {}, ""
    for line in dumps.splitlines():
        key, _, value = line.removeprefix("desc: ").partition(": ")
        header[key] = value
        if key != "summary" or not header["Trigger"].startswith(_DUMP):
            continue
        rounds = found[header["Trigger"].removeprefix(_DUMP)]
        if header["part"] != last:
            rounds.append(Counter())
            last = header["part"]
        if (role := _role(threads.get(header["thread"], ""))) is not None:
            rounds[-1][role] += int(value)
    return found


def _role(thread: str) -> str | None:
    if thread.startswith(MEASURING):
        return None
    return next((role for start, role in ROLES.items() if thread.startswith(start)), OTHER)


def _median(rounds: list[Threads]) -> dict[str, float]:
    return {role: statistics.median(one[role] for one in rounds) for role in SHOWN_ROLES}


def _noise(rounds: list[Threads], calls: int) -> float:
    totals = [sum(one.values()) for one in rounds]
    return (max(totals) - min(totals)) / calls


def _weigh(plan: dict[str, Any], sink: Served) -> dict[str, Any]:
    """What a call sends: ``posts`` a flush, bytes on the ``wire`` and of ``json``; and ``tables``, as `bill`.

    An export of metrics has the same, below ``export``.
    """
    with tempfile.TemporaryDirectory() as folder, _child(plan, folder, counts=False) as (child, result):
        assert child.stdout is not None
        child.stdout.readline()
        sink.ask()  # what warmed up
        _, errors = child.communicate("\n")
        facts = _result(plan, child, result, errors)
    posts = sink.ask()["taken"]
    # A batch of spans brings one metric with it, of the process's resource.
    of_metrics = [post for post in posts if _kinds(post) == {"MetricData"}]
    of_calls = [post for post in posts if post not in of_metrics]
    sent = {"posts": len(of_calls) / facts["flushes"], **_sizes(of_calls, facts["calls"])}
    return {**sent, "export": _sizes(of_metrics, 1)}


def _kinds(post: dict[str, Any]) -> set[str]:
    return {item["data"]["baseType"] for item in json.loads(post["body"])}


def _sizes(posts: list[dict[str, Any]], calls: int) -> dict[str, Any]:
    return {
        "wire": sum(post["wire"] for post in posts) / calls,
        "json": sum(post["json"] for post in posts) / calls,
        "tables": bill.tables([post["body"] for post in posts], calls),
    }


@contextmanager
def _child(
    plan: dict[str, Any], folder: str, *, counts: bool
) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """The measured process, with what it writes below a folder."""
    result = Path(folder, "result.json")
    text = msgspec.json.encode(msgspec.convert({**plan, "counts": counts}, Plan)).decode()
    valgrind = [
        *("valgrind", "--quiet", "--tool=callgrind", "--combine-dumps=yes", "--separate-threads=yes"),
        *("--instr-atstart=no", f"--callgrind-out-file={folder}/counts"),
    ]
    with subprocess.Popen(
        [*(valgrind if counts else ()), sys.executable, "-m", "tests.benchmarks.whole_child", text, result],
        cwd=callgrind.ROOT,
        env={**callgrind.environment(), **_ENVIRONMENT, "TMPDIR": folder},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process, result


def _result(plan: dict[str, Any], child: subprocess.Popen[str], result: Path, errors: str) -> dict[str, Any]:
    if child.returncode or not result.exists():
        raise SystemExit(f"{plan['variant']}: the measured process failed:\n{errors}")
    facts: dict[str, Any] = json.loads(result.read_text("utf-8"))
    return facts


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: measure(name) for name in sys.argv[1:] or VARIANTS}, indent=1) + "\n")
