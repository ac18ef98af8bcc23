"""`python -m tests.benchmarks.tabs [rows]`: what each tab of the workbook takes over so many attempts.

A process of its own for each tab opens the store, reads the texts that the tab shows when it is opened, and
asks them, four at a time, as the page does; what waits for a click or an id is not asked. The newest 24 of 48
hours are shown, so that panels which look at the period before read all rows. The attempts are those of
`tests.benchmarks.incident`. *Reading* is the translation of a text, which a process does once.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from dashboards.builder.texts import TABS as _TABS
from foundry_telemetry.kql.parameters import Value, substitute
from foundry_telemetry.local.api import api_response
from foundry_telemetry.local.engine.errors import QueryError
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from tests.benchmarks import incident
from tests.benchmarks.queries import END, SHOWN, peak_megabytes, values, workbook

ROWS, MANY_ROWS = incident.BUDGETED
TABS = tuple(_TABS)
MOST_SECONDS = {ROWS: 1.0, MANY_ROWS: 10.0}
"""What a tab may take: of processor time over a million attempts, on the clock over ten million."""
AT_ONCE = 4
"""Queries that run at a time, as in the page."""
_FOREVER_DAYS = 36_500.0


def measure(rows: int = ROWS, path: str | None = None) -> dict[str, dict[str, float]]:
    """By tab: ``read_s``, ``cpu_s``, ``clock_s``, ``refused`` panels and ``peak_mb``.

    Args:
        rows: How many attempts; of more than a million, a whole number of millions.
        path: Of a store that has them; one is filled where it does not exist or is not given.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = path or str(Path(folder) / "telemetry.duckdb")
        if not Path(store).exists():
            incident.filled(store, rows)
        return {tab: incident.alone(opened, store, tab) for tab in TABS}


def opened(path: str, tab: str, results: Any) -> None:
    """Open a tab, and put the figures into `results`."""
    with Store(path, retention_days=_FOREVER_DAYS) as store:
        query, inputs = Query(store), {**values(store, SHOWN), **NOTHING_CHOSEN}
        texts = [substitute(text, inputs) for _, text in shown(workbook(), {**inputs, "Tab": tab})]
        begun = time.process_time()
        for text in texts:
            query.read(text)
        read, clock = time.process_time(), time.perf_counter()
        with ThreadPoolExecutor(AT_ONCE) as pool:
            refused = sum(pool.map(lambda text: _is_refused(query, text), texts))
        found = {
            "read_s": read - begun,
            "cpu_s": time.process_time() - read,
            "clock_s": time.perf_counter() - clock,
            "refused": refused,
            "peak_mb": peak_megabytes(),
        }
    results.put(found)


NOTHING_CHOSEN: dict[str, Value] = dict.fromkeys(
    ("Id", "CallId", "FoundCallId", "TagCallId", "ListedCallId"), ""
)


def _is_refused(query: Query, text: str) -> bool:
    try:
        api_response.encode(query.run(text, now=END))
    except QueryError as error:
        sys.stderr.write(f"{text.partition(chr(10))[0]} {error.message}\n")
        return True
    return False


def shown(item: dict[str, Any], inputs: dict[str, Value]) -> Iterator[tuple[str, str]]:
    """Name and text of the queries that are visible, those of the filters included."""
    for inner in item.get("items", ()):
        if not all(_holds(condition, inputs) for condition in _conditions(inner)):
            continue
        content = inner["content"]
        if content.get("query"):
            yield inner["name"], content["query"]
        yield from (
            (each["name"], each["query"]) for each in content.get("parameters", ()) if each.get("query")
        )
        yield from shown(content, inputs)


def _conditions(item: dict[str, Any]) -> list[dict[str, str]]:
    single = item.get("conditionalVisibility")
    return [*([single] if single else ()), *item.get("conditionalVisibilities", ())]


def _holds(condition: dict[str, str], inputs: dict[str, Value]) -> bool:
    is_equal = inputs.get(condition["parameterName"], "") == condition["value"]
    return is_equal == (condition["comparison"] == "isEqualTo")


def main() -> int:
    """Returns the exit code: 1 where a tab takes too long or has a panel that is refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.tabs", description=__doc__)
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("--db", help="keep the filled database here, or use the one that is here")
    options = parser.parse_args()
    found = measure(options.rows, options.db)
    sys.stdout.write(f"{'tab':10} {'reading':>8} {'cpu':>6} {'clock':>6} {'refused':>8} {'peak MB':>8}\n")
    for tab, of_tab in found.items():
        seconds = " ".join(f"{of_tab[name]:6.2f}" for name in ("cpu_s", "clock_s"))
        sys.stdout.write(
            f"{tab:10} {of_tab['read_s']:8.2f} {seconds} {of_tab['refused']:8.0f} {of_tab['peak_mb']:8.0f}\n"
        )
    limit = MOST_SECONDS.get(options.rows, float("inf"))
    figure = "cpu_s" if options.rows <= ROWS else "clock_s"
    return int(any(each["refused"] or each[figure] > limit for each in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
