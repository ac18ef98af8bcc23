"""From measurements to figures, verdicts and tables."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from tests.support.marked import table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TITLES = {
    "ours": "**foundry-telemetry**, SDK spans off",
    "ours_on_native": "**foundry-telemetry**, on top of the SDK's spans",
    "native": "the SDK's own spans",
    "official": "opentelemetry-instrumentation-genai-anthropic",
    "otel_httpx2": "HTTPX2ClientInstrumentor",
}

PACKAGES = ("anthropic", "httpx2", "httpx", "opentelemetry-sdk")

NOT_MEASURED = "-"
"""In a cell of a table."""

MEMORY_SLACK = 4_096 + 2_048
"""Bytes by which a long stream may hold more than a short one: up to four kilobytes of its pieces wait to be
searched, and the rest is the error of the measurement."""


@dataclass(frozen=True)
class Results:
    """All that was measured, as `__main__.py` collects it.

    `variants` is what `callgrind.measure` gives, a list with one item for each layout.
    """

    variants: dict[str, list[dict[str, Any]]]
    importing: dict[str, Any]
    memory: dict[str, Any]

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


@dataclass(frozen=True)
class Budget:
    """A limit, and where the figure for it comes from."""

    name: str
    unit: str
    limit: float
    figure: Callable[[Results], float | None]

    def verdict(self, results: Results) -> str:
        """`pass`, `FAIL` or `not measured`."""
        found = self.figure(results)
        if found is None:
            return "not measured"
        return "pass" if found <= self.limit else "FAIL"


def _import_ms(results: Results) -> float | None:
    seconds = results.importing.get("import_s")
    return None if seconds is None else seconds * 1000


def _stream_growth(results: Results) -> float | None:
    if not results.memory or "skipped" in results.memory:
        return None
    return max(long - short for short, long in results.memory.values())


BUDGETS = (
    Budget("plain call, our span", "instructions", 1_000_000, lambda all_: all_.added("ours", "sync-small")),
    Budget(
        "plain call, our span, async",
        "instructions",
        1_000_000,
        lambda all_: all_.added("ours", "async-small"),
    ),
    Budget(
        "plain call, on the SDK's span",
        "instructions",
        700_000,
        lambda all_: all_.added("ours_on_native", "sync-small"),
    ),
    Budget("delta, our span", "instructions", 2_600, lambda all_: all_.per_delta("ours", "sync")),
    Budget("delta, our span, async", "instructions", 2_600, lambda all_: all_.per_delta("ours", "async")),
    Budget(
        "delta, on the SDK's span",
        "instructions",
        2_600,
        lambda all_: all_.per_delta("ours_on_native", "sync"),
    ),
    Budget(
        "delta, on the SDK's span, async",
        "instructions",
        2_600,
        lambda all_: all_.per_delta("ours_on_native", "async"),
    ),
    Budget("prices and two tags", "instructions", 60_000, lambda all_: all_.added("money", "sync-small")),
    Budget(
        "prices and two tags, async",
        "instructions",
        60_000,
        lambda all_: all_.added("money", "async-small"),
    ),
    Budget(
        "other traffic of httpx2", "instructions", 20_000, lambda all_: all_.added("ours", "httpx2-elsewhere")
    ),
    Budget(
        "other traffic of httpx", "instructions", 20_000, lambda all_: all_.added("ours", "httpx-elsewhere")
    ),
    Budget("import alone, without first use", "ms", 50, _import_ms),
    Budget("a stream 4,000 times as long holds more by", "bytes", MEMORY_SLACK, _stream_growth),
)


def markdown(results: Results) -> str:
    """All tables, with a line that says what was measured with."""
    versions = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    parts = [
        f"Python {platform.python_version()}, {versions}; machine instructions, counted by callgrind.",
        _sdk_table(results),
        _raw_table(results),
        _footprint_table(results),
        _budget_table(results),
    ]
    skipped = {run["skipped"] for runs in results.variants.values() for run in runs if "skipped" in run}
    parts += [f"Skipped: {reason}." for reason in sorted(skipped)]
    return "\n\n".join(part for part in parts if part)


def as_json(results: Results) -> dict[str, Any]:
    """Figures, raw and against the budgets."""
    return {
        "variants": results.variants,
        "import": results.importing,
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
    if "skipped" not in results.memory:
        for integration, (short, long) in results.memory.items():
            rows.append([f"open stream of {integration}, 5 deltas; 20,000", f"{short:,} B", f"{long:,} B"])
    return _table(["without a call", "", ""], rows)


def _budget_table(results: Results) -> str:
    rows = []
    for budget in BUDGETS:
        found = budget.figure(results)
        shown = NOT_MEASURED if found is None else f"{found:,.0f}"
        rows.append([budget.name, shown, f"{budget.limit:,.0f} {budget.unit}", budget.verdict(results)])
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
