"""What the benchmark makes of a measurement; the measurements themselves are a command, not a test."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.benchmarks import bill
from tests.benchmarks.__main__ import PAGE, README
from tests.benchmarks.budgets import BUDGETS
from tests.benchmarks.report import Results, as_json, markdown
from tests.benchmarks.whole_process import ROLES, SHOWN_ROLES, by_role
from tests.benchmarks.whole_report import TITLES, Whole, sentence
from tests.support.marked import markers

DUMPS = """
part: 1
thread: 1
desc: Timerange: Basic block 0 - 9
desc: Trigger: dump empty
summary: 5
12 5
totals: 5
part: 1
thread: 3
desc: Trigger: dump empty
summary: 7
part: 2
thread: 1
desc: Trigger: dump full
summary: 50
part: 2
thread: 2
desc: Trigger: dump full
summary: 1000
part: 2
thread: 3
desc: Trigger: dump full
summary: 70
part: 2
thread: 4
desc: Trigger: dump full
summary: 3
part: 3
thread: 1
desc: Trigger: dump empty
summary: 6
part: 4
thread: 1
desc: Trigger: Program termination
summary: 18446744073694224532
"""

ROW = {"Name": "é", "Properties": '{"a":"1","b":"é"}', "Measurements": "{}", "Empty": "", "Null": None}


def measured(**by_variant: float) -> dict[str, dict[str, Any]]:
    """Variants whose calls take so many instructions in their own thread."""
    roles = dict.fromkeys(SHOWN_ROLES, 0.0)
    tables = {"AppEvents": {"Properties.a": 900.0, "Name": 100.0, "rows": 1.0}}
    one = {"wire": 250.0, "json": 4_000.0, "tables": tables}
    sent = {**one, "posts": 2.0, "export": one}
    return {
        name: {"roles": {**roles, "request path": path, "span export": 0.0}, "export": 9e6, "sent": sent}
        for name, path in by_variant.items()
    }


def test_instructions_go_to_the_role_of_their_thread() -> None:
    """Every dump is a round; a thread of the SDK counts for its signal, and what measures does not count."""
    threads = {"1": "MainThread", "2": "callgrind_0", "3": "OtelBatchSpanRecordProcessor", "4": "of a sender"}
    found = by_role(DUMPS, threads)
    assert found == {
        "empty": [{"request path": 5, "span export": 7}, {"request path": 6}],
        "full": [{"request path": 50, "span export": 70, "other threads": 3}],
    }


def test_every_thread_has_a_role_that_is_shown() -> None:
    """No instruction is left out of the total, whatever its thread is called."""
    assert {*ROLES.values(), "other threads"} == set(SHOWN_ROLES)


def test_a_row_is_its_values_as_text() -> None:
    """Names of columns are free, names within a bag are not; bytes count, and what is empty is nothing."""
    sizes = bill.sizes_of({**ROW, "_BilledSize": "4000"})
    bags = len(ROW["Properties"] or "") + 1 + len("{}")
    assert sum(sizes.values()) == len("é".encode()) + bags + len(",")
    assert (sizes["Properties.a"], sizes["Properties.b"]) == (len('"a":"1",'), len('"b":"é",'.encode()))


def test_posted_envelopes_are_weighed_by_table() -> None:
    """What is posted becomes the rows of the local store, and each is weighed for one call."""
    envelope = {
        "iKey": bill.INSTRUMENTATION_KEY,
        "time": "2026-11-29T10:00:00.000000Z",
        "name": "Microsoft.ApplicationInsights.Event",
        "tags": {"ai.cloud.role": "orders"},
        "data": {
            "baseType": "EventData",
            "baseData": {"ver": 2, "name": "foundry.attempt", "properties": {"foundry.schema": "1"}},
        },
    }
    found = bill.tables([json.dumps([envelope, envelope])], calls=2)
    assert list(found) == ["AppEvents"]
    assert found["AppEvents"]["rows"] == 1
    assert found["AppEvents"]["AppRoleName"] == len("orders")
    assert found["AppEvents"]["Properties.foundry.schema"] == len('"foundry.schema":"1",')
    assert bill.biggest(found["AppEvents"], 1)[0][0] == "Properties.foundry.schema"


def test_an_envelope_that_is_no_row_is_not_free() -> None:
    """What the store refuses ends the measurement: it would be missing from the bill."""
    with pytest.raises(SystemExit, match="no row"):
        bill.tables(["[{}]"], calls=1)


def test_whole_budgets() -> None:
    """A budget of the whole process is held against no telemetry, one of the path against its own base."""
    kept = measured(none=4e6, sdk_spans=5e6, configure=5.4e6, configure_own_span=4.6e6)
    results = Results({}, {}, {}, whole=Whole(kept))
    verdicts = {budget.name: budget.verdict(results) for budget in BUDGETS}
    assert [name for name, verdict in verdicts.items() if verdict == "FAIL"] == []
    assert verdicts["wire, 100 calls a flush"] == verdicts["ingested text"] == "pass"
    broken = kept | measured(configure=7e6, configure_own_span=6.1e6, distro_and_instrument=12.1e6)
    results = Results({}, {}, {}, whole=Whole(broken))
    failed = [budget.name for budget in BUDGETS if budget.verdict(results) == "FAIL"]
    assert failed == [
        "whole process, `configure()`, SDK spans on",
        "whole process, `configure()`, our span",
        "whole process, `instrument()` and the distro",
        "request path under `configure()`, our span",
        "request path under `configure()`, on the SDK's span",
    ]


def test_tables_have_every_variant() -> None:
    """Each variant stands in the table with what it adds, and a part that was not measured has no table."""
    text = markdown(Results({}, {}, {}, whole=Whole(measured(**{**dict.fromkeys(TITLES, 5e6), "none": 4e6}))))
    assert all(f"| {title} |" in text for title in TITLES.values())
    assert "| +1.00 |" in text
    assert "| 2.30 to 2.76 |" in text
    assert "1 KB" not in text
    assert "whole process |" not in markdown(Results({}, {}, {}))
    assert json.dumps(as_json(Results({}, {}, {})))


def test_the_page_has_room_for_the_tables() -> None:
    """The page of the docs and the README have the markers between which the command writes."""
    for path, name in ((PAGE, "benchmarks"), (README, "price")):
        text = path.read_text("utf-8")
        assert [text.count(marker) for marker in markers(name)] == [1, 1]


def test_the_price_is_one_sentence() -> None:
    """The README's sentence has what was measured, beside the distro in the same run."""
    kept = measured(none=4e6, configure=6.3e6, configure_own_span=6e6, distro=11.25e6)
    text = sentence(Whole(kept))
    assert all(figure in text for figure in ("4.00 million", "2.30 million", "7.25 million"))
