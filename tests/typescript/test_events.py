"""The recorded calls, made by the module in TypeScript: the library's own events, and the same rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from foundry_telemetry.kql import compose, view
from foundry_telemetry.kql.parameters import UNFILTERED, TimeRange, substitute
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.schema import field_table as names
from foundry_telemetry.schema.field_table import BY_NAME, COLUMNS, LEDGER
from foundry_telemetry.schema.value import TAG_PREFIX
from tests.support.recorded import canaries, cases
from tests.typescript.absent import ABSENT
from tests.typescript.project import compiled, output
from tests.typescript.sent import PIECES, PYTHON, ROADS, TAG, Event, played, sent_by_python, task

pytestmark = pytest.mark.slow

OF_THE_CALL = {names.CALL_ID} | {row.name for row in LEDGER if row.in_ms}
"""Differ from one call to the next; that they are there does not."""
SAME = [row.column for row in COLUMNS if row.name not in OF_THE_CALL | set(ABSENT)]
"""Columns of the typed view that are compared value by value."""

ALONE = (
    "APPLICATION_INSIGHTS_NO_STATSBEAT",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED",
    "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL",
    "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED",
    "APPLICATIONINSIGHTS_SDKSTATS_DISABLED",
)
"""What keeps the exporters of both languages from asking the network."""

SCREENS = (
    "calls_over_time",
    "deployment_names",
    "failures_by_class",
    "failures_by_owner",
    "model_names",
    "stream_endings",
    "throttled_over_time",
    "tokens_over_time",
)
"""Queries of the workbook without times and costs in their answers."""

Rows = dict[str, dict[str, Any]]


class Sent:
    """What was written and stored."""

    def __init__(self, monitor: LocalAzureMonitor, python: dict[str, Event], said: dict[str, Any]) -> None:
        self.monitor = monitor
        self.python = python
        self.calls = {road: {call["case"]: call for call in said["said"][road]} for road in ROADS}
        self.losses = said["losses"]

    def rows(self, kql: str) -> list[list[Any]]:
        """The rows of a query that begins with the typed view."""
        return [list(row) for row in self.monitor.query(f"{view.TEXT}\n{kql}").rows]

    def by_case(self, role: str) -> Rows:
        """The rows of a service."""
        columns = ", ".join(["AppVersion", "ItemCount", *SAME])
        kql = (
            f"foundry_attempts | where AppRoleName == '{role}' "
            f"| project ['case'] = tostring(Properties['{TAG}']), {columns}"
        )
        found = self.rows(kql)
        return {row[0]: dict(zip(columns.split(", "), row[1:], strict=True)) for row in found}


@pytest.fixture(scope="module")
def sent() -> Iterator[Sent]:
    """Every recorded call, made three times."""
    project, done = compiled()
    assert done.returncode == 0, output(done)
    with (
        pytest.MonkeyPatch.context() as patch,
        LocalAzureMonitor(retention_days=36_500) as monitor,
        played(PIECES[ROADS[0]]) as one,
        played(PIECES[ROADS[1]]) as other,
    ):
        for name in ALONE:
            patch.setenv(name, "true")
        python = sent_by_python(monitor)
        replayed = project.script(
            "test/replay.js", reported=task(dict(zip(ROADS, (one, other), strict=True)), monitor)
        )
        assert replayed.returncode == 0, output(replayed)
        yield Sent(monitor, python, json.loads(replayed.answer))


def test_each_event_is_that_of_the_library(sent: Sent, subtests: pytest.Subtests) -> None:
    """Field by field, however the body is cut; the named fields are absent or the same."""
    for case, road in product(cases(), ROADS):
        with subtests.test(case=case["id"], road=road):
            expected = sent.python[case["id"]]
            (event,) = sent.calls[road][case["id"]]["events"]
            assert expected.keys() - ABSENT.keys() <= event.keys() <= expected.keys()
            compared = event.keys() - OF_THE_CALL
            assert {name: event[name] for name in compared} == {name: expected[name] for name in compared}


def test_at_most_six_fields_are_absent(sent: Sent) -> None:
    """What fetch cannot know is a short list, and each field of it is missing somewhere."""
    assert len(ABSENT) <= 6
    missing = {
        name
        for call in sent.calls[ROADS[0]].values()
        for name in sent.python[call["case"]].keys() - call["events"][0].keys()
    }
    assert missing | {names.PARTIAL_COST} == {*ABSENT}


def test_every_value_fits_its_field(sent: Sent) -> None:
    """The constraints of the table of fields hold, so no value is longer or freer than the library's."""
    for road in ROADS:
        for call in sent.calls[road].values():
            for name, value in call["events"][0].items():
                if not name.startswith(TAG_PREFIX):
                    assert BY_NAME[name].constraint.fits(value), (call["case"], name, value)


def test_the_rows_are_those_of_the_library(sent: Sent) -> None:
    """By either way to Azure the typed view, which all screens read, has the same rows, one for each call."""
    ours = sent.by_case(PYTHON)
    assert len(ours) == len(cases())
    for road in ROADS:
        assert sent.by_case(road) == ours


def test_the_screens_show_the_same_of_each_service(sent: Sent, subtests: pytest.Subtests) -> None:
    """Panels of the workbook, with the filter of services at its top, have the same answer for each."""
    end = datetime.now(UTC) + timedelta(days=1)
    span = TimeRange(end - timedelta(days=300), end, timedelta(days=300))
    for name in SCREENS:
        text = compose.whole(name)
        ours, *theirs = (
            sent.monitor.query(substitute(text, {**UNFILTERED, "Service": (role,), "TimeRange": span})).rows
            for role in (PYTHON, *ROADS)
        )
        with subtests.test(name):
            assert ours
            assert theirs == [ours, ours]


def test_services_stand_side_by_side(sent: Sent) -> None:
    """Causes, owners and tokens by service are the same for all three."""
    found = sent.rows(
        "foundry_attempts | summarize attempts = count(), failed = countif(isnotempty(error_type)), "
        "causes = dcount(error_type), owners = dcount(error_owner), input = sum(input_tokens), "
        "output = sum(output_tokens) by AppRoleName, AppVersion | order by AppRoleName asc"
    )
    assert [row[0] for row in found] == [PYTHON, *sorted(ROADS)]
    assert found[0][1:] == found[1][1:] == found[2][1:]


def test_nothing_was_lost(sent: Sent) -> None:
    """All events are in the store, and none was counted as lost."""
    assert sent.losses == {}
    assert sent.rows("foundry_attempts | summarize count() by AppRoleName | project-away AppRoleName") == [
        [len(cases())]
    ] * (len(ROADS) + 1)


def test_no_canary(sent: Sent) -> None:
    """Nothing that a case forbids to record leaves the process: no prompt, no answer, no key, no token."""
    with sent.monitor.store.cursor() as cursor:
        tables = [name for (name,) in cursor.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        text = "".join(str(cursor.table(f"stored.{name}").fetchall()) for name in tables)
    assert ROADS[0] in text
    written = text + json.dumps(sent.calls)
    assert not {canary for case in cases() for canary in canaries(case) if canary in written}
