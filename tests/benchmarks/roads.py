"""`python -m tests.benchmarks.roads`: what it costs a query that the ledger may come by several roads.

*Look*: whether a store has attempts by another road than the Azure exporter. Every text that a tab shows is
asked of a store of one road in turn with the look and without it, each time as if rows had come since. Of
each text the median of the ratios counts, weighed by its seconds. *Beside*: what the tabs take more where
some attempts came by another road as well. What the text of the view costs Azure is not measured here: this
engine keeps a `let` that is read three times, which Kusto does not.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median
from typing import Any

import duckdb
import msgspec

from foundry_telemetry.kql.parameters import substitute
from foundry_telemetry.local.engine.ledger_roads import Hours, LedgerRoads
from foundry_telemetry.local.engine.query import Query
from foundry_telemetry.local.store.store import Store
from foundry_telemetry.schema.field_table import CUSTOM_EVENT
from foundry_telemetry.schema.value import EVENT_NAME
from tests.benchmarks import incident, tabs
from tests.benchmarks.queries import END, SHOWN, envelopes, values, workbook

MOST_DEARER = 0.05
"""Part by which a query of one road may be dearer for the look."""
MOST_BESIDE_S = 1.0
"""Seconds of processor time by which a tab may be dearer beside another road."""
BESIDE = 1_000
"""Attempts that came by the other one."""
_RUNS = 5
_FOREVER_DAYS = 36_500.0


class _WithoutLook(LedgerRoads):
    def repeated(self, cursor: duckdb.DuckDBPyConnection) -> Hours | None:
        return None


def measure(path: str) -> dict[str, float]:
    """Of a store of one road: ``dearer``, ``tab_s`` of the dearest tab, and ``beside_s`` of it afterwards.

    Args:
        path: Of the store, which has attempts of the other road afterwards.
    """
    dearer = incident.alone(looked, path)
    before = _tabs(path)
    incident.alone(fill_beside, path)
    beside = _tabs(path)
    return {
        "dearer": dearer,
        "tab_s": max(before.values()),
        "beside_s": max(beside[tab] - before[tab] for tab in before),
    }


def _tabs(path: str) -> dict[str, float]:
    return {tab: incident.alone(tabs.opened, path, tab)["cpu_s"] for tab in tabs.TABS}


def looked(path: str, results: Any) -> None:
    """Put into `results` by which part the queries are dearer for the look."""
    with Store(path, retention_days=_FOREVER_DAYS) as store:
        with_look, without = Query(store), Query(store)
        without._roads = _WithoutLook(lambda: store.version)
        inputs = {**values(store, SHOWN), **tabs.NOTHING_CHOSEN}
        texts = {
            substitute(text, inputs)
            for tab in tabs.TABS
            for _, text in tabs.shown(workbook(), {**inputs, "Tab": tab})
        }
        base = more = 0.0
        for text in texts:
            pairs = [_pair(store, with_look, without, text, run) for run in range(_RUNS)]
            seconds = median(second for _, second in pairs)
            base += seconds
            more += seconds * (median(first / second for first, second in pairs) - 1)
    results.put(more / base)


def _pair(store: Store, one: Query, other: Query, text: str, run: int) -> tuple[float, float]:
    """Seconds of both, asked in turn."""
    seconds = {}
    for query in (one, other) if run % 2 else (other, one):
        store.version += 1
        query.read(text)
        begun = time.process_time()
        query.run(text, now=END)
        seconds[query] = time.process_time() - begun
    return seconds[one], seconds[other]


def fill_beside(path: str, results: Any) -> None:
    """Have a store take in attempts as a Collector brings them, over all of its time."""
    with Store(path, retention_days=_FOREVER_DAYS) as store:
        body = []
        for number, envelope in enumerate(envelopes(BESIDE, store.key)):
            base = envelope["data"]["baseData"]
            call = {"foundry.call.id": f"{number:016x}", CUSTOM_EVENT: EVENT_NAME}
            data = {"ver": 2, "message": EVENT_NAME, "properties": {**base["properties"], **call}}
            data = {"baseType": "MessageData", "baseData": data}
            body.append({**envelope, "name": "Microsoft.ApplicationInsights.Message", "data": data})
        receipt = store.add(msgspec.json.encode(body)).result()
    results.put(receipt.received - len(receipt.refusals))


def main() -> int:
    """Returns the exit code: 1 where it is too dear."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.roads", description=__doc__)
    parser.add_argument("db", help="a store of one road; it has rows of another one afterwards")
    found = measure(parser.parse_args().db)
    sys.stdout.write(f"a query of one road is dearer by {found['dearer']:.1%}\n")
    sys.stdout.write(f"the dearest tab takes {found['tab_s']:.2f} s of processor time\n")
    sys.stdout.write(f"beside another road a tab takes {found['beside_s']:.2f} s more\n")
    return int(found["dearer"] > MOST_DEARER or found["beside_s"] > MOST_BESIDE_S)


if __name__ == "__main__":
    raise SystemExit(main())
