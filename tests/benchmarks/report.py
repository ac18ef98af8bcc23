"""From measurements to figures, verdicts and tables."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.benchmarks import whole_report
from tests.benchmarks.budgets import BUDGETS
from tests.benchmarks.whole_report import Whole
from tests.support.marked import table

if TYPE_CHECKING:
    from collections.abc import Iterable

TITLES = {
    "ours": "**foundry-telemetry**, SDK spans off",
    "ours_on_native": "**foundry-telemetry**, on top of the SDK's spans",
    "native": "the SDK's own spans",
    "official": "opentelemetry-instrumentation-genai-anthropic",
    "otel_httpx2": "HTTPX2ClientInstrumentor",
}

PACKAGES = (
    *("anthropic", "httpx2", "httpx", "opentelemetry-sdk"),
    *("azure-monitor-opentelemetry", "azure-monitor-opentelemetry-exporter"),
)

NOT_MEASURED = "-"
"""In a cell of a table."""


@dataclass(frozen=True)
class Results:
    """All that was measured, as `__main__.py` collects it.

    `variants` is what `callgrind.measure` gives, a list with one item for each layout; `starting` what
    `footprint.starting` does, `incident` what `incident.measure` does, by number of attempts, `agents` what
    `agents.measure` does, `redaction` what `redaction.measure` does, `tabs` what `tabs.measure` does, by
    number of attempts, and `ingest` what `ingest.judged` does.
    """

    variants: dict[str, list[dict[str, Any]]]
    importing: dict[str, Any]
    memory: dict[str, Any]
    starting: dict[str, Any] = field(default_factory=dict)
    whole: Whole = field(default_factory=lambda: Whole({}))
    incident: dict[int, dict[str, Any]] = field(default_factory=dict)
    agents: dict[str, float] = field(default_factory=dict)
    redaction: dict[str, float] = field(default_factory=dict)
    tabs: dict[int, dict[str, dict[str, float]]] = field(default_factory=dict)
    ingest: dict[str, float] = field(default_factory=dict)

    def before(self, workload: str) -> float | None:
        """Instructions of a call without telemetry."""
        return _mean(run["before"].get(workload) for name in ("ours", "native") for run in self._runs(name))

    def added(self, variant: str, workload: str) -> float | None:
        """Instructions that the variant adds to a call; None when not measured."""
        runs = [run for run in self._runs(variant) if workload in run["after"]]
        return _mean(run["after"][workload] - run["before"][workload] for run in runs)

    def per_delta(self, variant: str, prefix: str) -> float | None:
        """Instructions that the variant adds for each delta of a stream."""
        short, long = self.added(variant, f"{prefix}-s50"), self.added(variant, f"{prefix}-s500")
        return None if short is None or long is None else (long - short) / 450

    def records(self, variant: str, workload: str) -> tuple[float, float] | None:
        """Spans and log records for each call."""
        for run in self._runs(variant):
            found = run["records"].get(workload)
            return None if found is None else (found["spans"], found["logs"])
        return None

    def _runs(self, variant: str) -> list[dict[str, Any]]:
        return [run for run in self.variants.get(variant, []) if "skipped" not in run]


def markdown(results: Results) -> str:
    """All tables, with a line that says what was measured with."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    parts = [
        f"Python {platform.python_version()}, {versions}; machine instructions, counted by callgrind.",
        *whole_report.tables(results.whole),
        *_under("### The request path, exporters that drop", _sdk_table(results), _raw_table(results)),
        *_under("### Without a call", _footprint_table(results)),
        *_under("### Budgets", _budget_table(results)),
    ]
    skipped = {run["skipped"] for runs in results.variants.values() for run in runs if "skipped" in run}
    parts += [f"Skipped: {reason}." for reason in sorted(skipped)]
    return "\n\n".join(part for part in parts if part)


def _under(heading: str, *tables: str) -> list[str]:
    """Tables and their heading, if there are any."""
    return [heading, *tables] if any(tables) else []


def as_json(results: Results) -> dict[str, Any]:
    """Figures, raw and against the budgets."""
    return {
        "variants": results.variants,
        "whole": dict(results.whole.found),
        "import": results.importing,
        "start": results.starting,
        "incident": results.incident,
        "tabs": results.tabs,
        "ingest": results.ingest,
        "agents": results.agents,
        "open_stream_bytes": results.memory,
        "budgets": [
            {
                "name": budget.name,
                "unit": budget.unit,
                "limit": budget.limit,
                "found": budget.figure(results),
                "verdict": budget.verdict(results),
            }
            for budget in BUDGETS
        ],
    }


def _sdk_table(results: Results) -> str:
    columns = ("sync-small", "sync-s50", "sync-s500", "async-small", "async-s500")
    rows = [["call without telemetry", *(_millions(results.before(name)) for name in columns), "", "", ""]]
    for variant, title in TITLES.items():
        if results.added(variant, "sync-small") is None:
            continue
        spans, logs = results.records(variant, "sync-small") or (0, 0)
        rows.append(
            [
                title,
                *(_millions(results.added(variant, name), "+") for name in columns),
                _thousands(results.per_delta(variant, "sync")),
                _thousands(results.per_delta(variant, "async")),
                f"{spans:g} + {logs:g}",
            ]
        )
    if len(rows) == 1:
        return ""
    head = [
        "million instructions per call",
        "1 KB",
        "50 deltas",
        "500 deltas",
        "async 1 KB",
        "async 500 deltas",
    ]
    return _table([*head, "thousand per delta", "the same, async", "spans + events"], rows)


def _raw_table(results: Results) -> str:
    rows = []
    for module in ("httpx2", "httpx"):
        columns = [f"{module}-{shape}" for shape in ("small", "s50", "s500", "elsewhere")]
        if results.added("ours", columns[0]) is None:
            continue
        before = (_millions(results.before(name)) for name in columns)
        added = (_millions(results.added("ours", name), "+", 3) for name in columns)
        rows.append([f"{module}, without telemetry", *before, ""])
        rows.append(
            [f"{module}, **foundry-telemetry**", *added, _thousands(results.per_delta("ours", module))]
        )
    head = ["million instructions per call", "1 KB", "50 deltas", "500 deltas", "GET to another host"]
    return _table([*head, "thousand per delta"], rows)


def _footprint_table(results: Results) -> str:
    rows = []
    for key, title in (
        ("import", "`import foundry_telemetry`"),
        ("first_use", "the first `foundry_telemetry.instrument`"),
    ):
        if f"{key}_s" in results.importing:
            seconds, count = results.importing[f"{key}_s"], results.importing[f"{key}_instructions"]
            rows.append(
                [f"{title}, after `opentelemetry.trace`", f"{seconds * 1000:.1f} ms", f"{_millions(count)} M"]
            )
    rows += _start_rows(results.starting)
    if "skipped" not in results.memory:
        for integration, (short, long) in results.memory.items():
            rows.append([f"open stream of {integration}, 5 deltas; 20,000", f"{short:,} B", f"{long:,} B"])
    return _table(["without a call", "", ""], rows)


def _start_rows(starting: dict[str, Any]) -> list[list[str]]:
    rows = []
    for family, found in starting.items():
        other = next(name for name in starting if name != family)
        cells = {
            name: [f"{found[f'{name}_s'] * 1000:.0f} ms", f"{_millions(found[f'{name}_instructions'])} M"]
            for name in ("start", "other")
        }
        rows.append([f"import and `instrument()` where only {family} is imported", *cells["start"]])
        if found["other_is_loaded"]:
            rows.append([f"of it to import {other}", "loaded by a dependency", ""])
        else:
            rows.append([f"saved: {other} is not imported", *cells["other"]])
    return rows


def _budget_table(results: Results) -> str:
    rows = []
    for budget in BUDGETS:
        found = budget.figure(results)
        shown = NOT_MEASURED if found is None else budget.shown(found)
        limit = f"{budget.shown(budget.limit)} {budget.unit}"
        rows.append([budget.name, shown, limit, budget.verdict(results)])
    return _table(["budget", "found", "at most", ""], rows)


def _table(head: list[str], rows: list[list[str]]) -> str:
    return table([head, *rows])


def _millions(count: float | None, sign: str = "", digits: int = 2) -> str:
    return NOT_MEASURED if count is None else f"{count / 1e6:{sign}.{digits}f}"


def _thousands(count: float | None) -> str:
    return NOT_MEASURED if count is None else f"{count / 1e3:+.1f}"


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
