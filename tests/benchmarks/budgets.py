"""What the figures may be at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.benchmarks import incident, ingest, roads, tabs

if TYPE_CHECKING:
    from tests.benchmarks.report import Results

Figure = Callable[["Results"], float | None]

MEMORY_SLACK = 4_096 + 2_048
"""Bytes by which a long stream may hold more than a short one: up to four kilobytes of its pieces wait to be
searched, and the rest is the error of the measurement."""

INSTRUCTIONS = "instructions"
CPU = "ms of processor time"

A_DELTA = {"sync": 1_500, "async": 2_150}
"""Instructions. A wrapper that only forwards takes 630 and 1,270."""


@dataclass(frozen=True)
class Budget:
    """A limit, and where the figure for it comes from."""

    name: str
    unit: str
    limit: float
    figure: Figure

    def verdict(self, results: Results) -> str:
        """`pass`, `FAIL` or `not measured`."""
        found = self.figure(results)
        if found is None:
            return "not measured"
        return "pass" if found <= self.limit else "FAIL"

    def shown(self, value: float) -> str:
        """A value of this unit, without it."""
        return f"{value:,.2f}" if self.unit in ("kB", "%") else f"{value:,.0f}"


def _whole(variant: str) -> Figure:
    return lambda results: results.whole.added(variant)


def _path(variant: str, base: str) -> Figure:
    return lambda results: results.whole.request_path(variant, base)


def _added(variant: str, workload: str) -> Figure:
    return lambda results: results.added(variant, workload)


def _delta(variant: str, prefix: str) -> Figure:
    return lambda results: results.per_delta(variant, prefix)


def _kilobytes(size: float | None) -> float | None:
    return None if size is None else size / 1_000


def _import_ms(results: Results) -> float | None:
    seconds = results.importing.get("import_s")
    return None if seconds is None else seconds * 1_000


def _incident(rows: int, take: Callable[[dict[str, float]], float]) -> Figure:
    """Milliseconds of `incident` over 24 hours."""
    return lambda results: take(found["24h"]) * 1_000 if (found := results.incident.get(rows)) else None


def _incident_budgets(rows: int, milliseconds: float) -> Iterator[Budget]:
    name = f"`incident` over 24 of 48 hours, {rows:,} attempts"
    yield Budget(f"{name}, all threads", CPU, milliseconds, _incident(rows, lambda found: found["best_s"]))
    yield Budget(
        f"{name}, first run of a process: more by",
        CPU,
        2_000,
        _incident(rows, lambda found: found["first_s"] - found["best_s"]),
    )
    yield Budget(f"{name}, memory", "MB", 700, lambda results: results.incident.get(rows, {}).get("peak_mb"))


def _tab(rows: int, name: str, figure: str) -> Figure:
    """Of a tab: seconds in milliseconds, or how many of its panels were refused."""
    scale = 1 if figure == "refused" else 1_000
    return lambda results: scale * found[name][figure] if (found := results.tabs.get(rows)) else None


def _tab_budgets(rows: int, figure: str, unit: str) -> Iterator[Budget]:
    """What a tab may take until all of it is answered, with its texts read, and without a refused panel."""
    milliseconds = tabs.MOST_SECONDS[rows] * 1_000
    for name in tabs.TABS:
        title = f"tab `{name}`, 24 of 48 hours, {rows:,} attempts"
        yield Budget(title, unit, milliseconds, _tab(rows, name, figure))
        yield Budget(f"{title}, refused", "panels", 0, _tab(rows, name, "refused"))


def _reading(results: Results) -> float | None:
    """Milliseconds in which the texts of the dearest tab are read, once for a process."""
    found = results.tabs.get(tabs.ROWS)
    return None if found is None else 1_000 * max(of_tab["read_s"] for of_tab in found.values())


def _why(results: Results) -> float | None:
    """Milliseconds of `cost --why`."""
    found = results.incident.get(incident.ROWS)
    return None if found is None else found[incident.WHY]["best_s"] * 1_000


def _road(name: str, scale: float) -> Figure:
    return lambda results: scale * results.roads[name] if results.roads else None


def _start_of_mcp(results: Results) -> float | None:
    """Milliseconds until the MCP server answers, the SDK's own included."""
    seconds = results.agents.get("start_s")
    return None if seconds is None else seconds * 1_000


def _stream_growth(results: Results) -> float | None:
    if not results.memory or "skipped" in results.memory:
        return None
    sizes: dict[str, Any] = results.memory
    return max(long - short for short, long in sizes.values())


def _ingest_budgets() -> Iterator[Budget]:
    """Of an envelope of the ledger, as the exporter posts it."""
    titles = {
        "item_us": ("ingestion of the local Azure Monitor, an envelope", "µs on the clock", 1),
        "peak_mib": ("the same, memory over a million", "MiB", 1),
        "ratio": ("the same, processor time beside a plain insert of its values", "%", 100),
    }
    for key, (name, unit, scale) in titles.items():
        yield Budget(name, unit, scale * ingest.LIMITS[key], _ingest(key, scale))


def _ingest(key: str, scale: int) -> Figure:
    return lambda results: None if (found := results.ingest.get(key)) is None else scale * found


_WHOLE = "whole process, `{}`"
_PATH = "request path under `configure()`, {}"
_BESIDE = "plain call, `instrument()` with providers of the application, {}"

BUDGETS = (
    Budget(_WHOLE.format("configure()") + ", SDK spans on", INSTRUCTIONS, 2_300_000, _whole("configure")),
    Budget(
        _WHOLE.format("configure()") + ", our span", INSTRUCTIONS, 2_000_000, _whole("configure_own_span")
    ),
    Budget(
        _WHOLE.format("instrument()") + " and the distro",
        INSTRUCTIONS,
        8_000_000,
        _whole("distro_and_instrument"),
    ),
    Budget(_PATH.format("our span"), INSTRUCTIONS, 700_000, _path("configure_own_span", "none")),
    Budget(_PATH.format("on the SDK's span"), INSTRUCTIONS, 450_000, _path("configure", "sdk_spans")),
    Budget("wire, 100 calls a flush", "kB", 0.3, lambda results: _kilobytes(results.whole.wire("configure"))),
    Budget("ingested text", "kB", 2.4, lambda results: _kilobytes(results.whole.text("configure"))),
    Budget(_BESIDE.format("our span"), INSTRUCTIONS, 1_000_000, _added("ours", "sync-small")),
    Budget(_BESIDE.format("our span, async"), INSTRUCTIONS, 1_000_000, _added("ours", "async-small")),
    Budget(
        _BESIDE.format("on the SDK's span"), INSTRUCTIONS, 700_000, _added("ours_on_native", "sync-small")
    ),
    *(
        Budget(f"delta, {span}, {kind}", INSTRUCTIONS, limit, _delta(variant, kind))
        for span, variant in (("our span", "ours"), ("on the SDK's span", "ours_on_native"))
        for kind, limit in A_DELTA.items()
    ),
    Budget("prices and two tags", INSTRUCTIONS, 60_000, _added("money", "sync-small")),
    Budget("prices and two tags, async", INSTRUCTIONS, 60_000, _added("money", "async-small")),
    Budget("content of a plain call", INSTRUCTIONS, 300_000, _added("content", "sync-small")),
    *(
        Budget(f"content of a delta, {kind}", INSTRUCTIONS, 2_000, _delta("content", kind))
        for kind in A_DELTA
    ),
    Budget(
        "redaction, a character of the dearest text",
        INSTRUCTIONS,
        300,
        lambda results: max(results.redaction.values(), default=None),
    ),
    *(
        Budget(f"other traffic of {name}", INSTRUCTIONS, 5_000, _added("ours", f"{name}-elsewhere"))
        for name in ("httpx2", "httpx")
    ),
    Budget("import alone, without first use", "ms", 50, _import_ms),
    Budget("a stream 4,000 times as long holds more by", "bytes", MEMORY_SLACK, _stream_growth),
    *_incident_budgets(incident.ROWS, 1_000),
    *_incident_budgets(incident.MANY_ROWS, 5_000),
    Budget(f"`cost --why` over 48 hours, {incident.ROWS:,} attempts, all threads", CPU, 3_000, _why),
    *_tab_budgets(tabs.ROWS, "cpu_s", CPU),
    *_tab_budgets(tabs.MANY_ROWS, "clock_s", "ms on the clock"),
    Budget(
        f"a query of one road, {incident.ROWS:,} attempts: dearer for the look at others by",
        "%",
        100 * roads.MOST_DEARER,
        _road("dearer", 100),
    ),
    Budget(
        f"a tab, {incident.ROWS:,} attempts and {roads.BESIDE:,} by another road: dearer by",
        CPU,
        1_000 * roads.MOST_BESIDE_S,
        _road("beside_s", 1_000),
    ),
    Budget("a tab's texts, read once for a process", CPU, 1_500, _reading),
    *_ingest_budgets(),
    Budget("`mcp` ready to answer", CPU, 1_000, _start_of_mcp),
)
