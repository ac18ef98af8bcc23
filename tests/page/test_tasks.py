"""What people come for, done as they do it: from the first address, by what a screen shows, in a few clicks.

Each task has decoys in the data, and its answer is worked out in plain Python. Nothing scrolls by itself:
what is clicked must be within 1440 by 900 and under nothing else.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboards.builder.texts import COLUMNS, PARAMETERS, TABS, VALUES
from foundry_telemetry import observation
from foundry_telemetry.investigate.cost.why import read_why
from foundry_telemetry.investigate.cost.why_texts import SHORT
from foundry_telemetry.investigate.sources import local
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page import tasks
from tests.page.browser import Screen
from tests.page.conftest import type_of_open

pytestmark = pytest.mark.slow

WIDTH, HEIGHT = 1440, 900
NONE = "\N{EN DASH}"
"""What stands in a cell without a value."""
ON_TOP = """(element) => {
  const {x, y, width, height} = element.getBoundingClientRect();
  const top = document.elementFromPoint(x + Math.min(width, 60) / 2, y + height / 2);
  return element.contains(top) || top?.contains(element);
}"""


@pytest.fixture(scope="module")
def data() -> tasks.Data:
    """Weeks that end now; a day that has just begun has no slow calls yet."""
    now = datetime.now(UTC)
    if now - now.replace(hour=0, minute=0, second=0) < timedelta(minutes=5):
        pytest.skip("the UTC day is less than five minutes old")
    return tasks.make(now.replace(microsecond=0))


@pytest.fixture(scope="module")
def weeks(data: tasks.Data) -> Iterator[LocalAzureMonitor]:
    """The shipped workbook over those weeks."""
    with LocalAzureMonitor(retention_days=100) as azure:
        for body in tasks.bodies(azure.store.key, data):
            azure.store.add(body).result()
        yield azure


def seen(found: Locator) -> Locator:
    """What is wholly on the screen, and under nothing."""
    found.wait_for()
    box = found.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= HEIGHT, box
    assert found.evaluate(ON_TOP)
    return found


def click(page: Page, found: Locator) -> None:
    """A click of the mouse, where it is: nothing scrolls it into view before."""
    box = seen(found).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + min(box["width"], 60) / 2, box["y"] + box["height"] / 2)


def row_of(screen: Screen, step: str, text: str) -> Locator:
    """The row of a table whose first cell has this text."""
    return screen.idle(step).locator("tbody tr").filter(has=screen.page.get_by_text(text, exact=True)).first


def ms(value: float) -> str:
    """As a table shows it: whole, grouped by thousands."""
    return f"{int(value + 0.5):,}"


def test_the_slowest_call_of_a_tenant_today_and_where_its_time_went(
    weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open
):
    """Two clicks: the tab, and the tenant's row; its attempts and waits stand in the trace on one axis."""
    call = tasks.slowest(data, tasks.TENANT)
    assert len(call) == 3, "the decoys must not win"
    opened = screen(weeks.url)
    page = opened.open()
    click(page, page.get_by_role("tab", name=TABS["calls"]))
    row = row_of(opened, "slowest call of each tag", tasks.TENANT)
    expect(row.locator("td").nth(1)).to_have_text(ms(tasks.took_ms(call)))
    expect(row.locator("td").nth(2)).to_have_text(ms(sum(tasks.waits_ms(call))))
    click(page, row.locator("td").first)
    trace = opened.idle("trace of the slowest call").locator("tbody tr")
    expect(trace).to_have_count(len(call))
    for shown, one in zip(trace.all(), call, strict=True):
        begun = (one.begun - call[0].begun) / timedelta(milliseconds=1)
        took = float(str(one.reported["duration_ms"]))
        seen(shown)
        expect(shown.locator("td").nth(4)).to_have_text(ms(begun))
        expect(shown.locator("td").nth(5)).to_have_text(ms(took))
        bar = shown.locator(".is-drawn").bounding_box()
        track = shown.locator(".pieces").bounding_box()
        assert bar is not None
        assert track is not None
        assert (bar["x"] - track["x"]) / track["width"] == pytest.approx(
            begun / tasks.took_ms(call), abs=0.02
        )
        assert bar["width"] / track["width"] == pytest.approx(took / tasks.took_ms(call), abs=0.02)
    attempts = opened.idle("attempts of the slowest call").locator("tbody tr")
    expect(attempts).to_have_count(len(call))
    code = observation.support_code(str(call[0].reported["call_id"]))
    expect(attempts.first.get_by_text(code, exact=True)).to_be_attached()


def test_what_a_tenant_cost_last_month_and_which_day_was_dear(
    weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open
):
    """Three clicks: the tab, the tag, last month. The table has the sum, the chart's table each day."""
    days = {day: sum(parts.values()) for day, parts in tasks.cost_by_day(data, tasks.TENANT).items()}
    opened = screen(weeks.url)
    page = opened.open()
    click(page, page.get_by_role("tab", name=TABS["cost"]))
    opened.idle("usage and cost")
    by = page.get_by_role("radiogroup", name=PARAMETERS["SplitBy"][0])
    click(page, by.get_by_role("radio", name=VALUES["split_by"]["tag"]))
    click(page, page.get_by_role("radio", name=VALUES["period"]["last_month"]))
    row = row_of(opened, "usage and cost", tasks.TENANT)
    expect(row.locator("td").nth(1)).to_contain_text(f"${sum(days.values()):,.4f}")
    step = opened.idle("cost over time")
    step.get_by_role("button", name="Show as table").click()
    dear = max(days, key=lambda day: days[day])
    shown = step.locator("tbody tr").filter(has_text=f"{dear:%Y-%m-%d}")
    of_tenant = shown.filter(has=page.get_by_text(tasks.TENANT, exact=True))
    expect(of_tenant.locator("td").last).to_have_text(f"{days[dear]:g}")


def test_why_a_day_was_dear(weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open):
    """Two clicks: the tab, and the bar of the day: its cost, that of the same weekday before, each part."""
    day, usd, earlier = tasks.dear_day(data)
    opened = screen(weeks.url)
    page = opened.open()
    click(page, page.get_by_role("tab", name=TABS["cost"]))
    opened.idle("change of the cost")  # beside it, and then both are as tall as they stay
    page.mouse.click(*bar_of(page, seen(opened.idle("cost by day")), day))
    chart = opened.step("change of the cost").locator(".chart-canvas")
    expect(chart).to_have_attribute("aria-label", re.compile(rf"Now: {day:%Y-%m-%d}"))
    shown = BARS.findall((chart.get_attribute("aria-label") or "").partition("waterfall. ")[2])
    bars = {name: float(value.replace("$", "").replace(",", "")) for name, value in shown}
    assert bars.pop(f"Now: {day:%Y-%m-%d}") == pytest.approx(usd, abs=1e-4)
    assert bars.pop(f"Before: {day - timedelta(days=7):%Y-%m-%d}") == pytest.approx(earlier, abs=1e-4)
    with local(weeks.url) as source:
        spans = [(one, one + timedelta(days=1)) for one in (day, day - timedelta(days=7))]
        why = read_why(source.answer, spans[0], spans[1], way="service")
    expected = {SHORT[part.factor]: part.usd for part in why.factors if round(part.usd, 4)}
    assert {name: bar for name, bar in bars.items() if bar} == pytest.approx(expected, abs=1e-4)
    assert math.fsum(bars.values()) == pytest.approx(usd - earlier, abs=1e-3)


BARS = re.compile(r"(?:^|; )(.+?) ([+-]?\$[0-9.,]+)(?=;|$)")
"""A bar in the words of the waterfall."""


def bar_of(page: Page, step: Locator, day: datetime) -> tuple[float, float]:
    """Where the bar of a day stands, found by the note beside the pointer."""
    box = step.locator("canvas").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] * 0.7
    for part in range(20, 200):
        x = box["x"] + box["width"] * part / 200
        page.mouse.move(x, y)
        title = page.locator(".chart-note .note-title")
        if title.is_visible() and f"{day:%Y-%m-%d}" in title.inner_text():
            return x, y
    raise AssertionError(f"no bar of {day:%Y-%m-%d}")


def test_is_any_deployment_near_its_limit_and_when(
    weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open
):
    """One click and the limits typed in: what rises to its limit has a time, what is flat or far has none."""
    opened = screen(weeks.url)
    page = opened.open()
    click(page, page.get_by_role("tab", name=TABS["limits"]))
    seen(page.get_by_label("Limits per minute")).fill(tasks.LIMITS)
    table = opened.step("utilisation of the limits")
    expect(table.get_by_text(VALUES["source"]["configured"])).to_have_count(len(tasks.RATES))
    found = {row[0]: row for row in opened.rows("utilisation of the limits") if row[1] == "Requests"}
    until = {name: found[name][8] for name in tasks.RATES}
    assert {name for name, time in until.items() if time != NONE} == {tasks.NEAR}
    # One request more each minute, of 70: some 46 minutes, fewer while the tests run.
    minutes, unit = until[tasks.NEAR].split()
    assert unit == "min"
    assert 46 - tasks.AHEAD <= float(minutes) <= 49


def test_which_release_broke_it(weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open):
    """One click: on the tab Incident the first row of the versions is the release that broke it."""
    service, version = tasks.broken_release(data)
    assert (service, version) == tasks.BROKEN
    opened = screen(weeks.url)
    page = opened.open()
    click(page, page.get_by_role("tab", name=TABS["incident"]))
    first = opened.idle("releases").locator("tbody tr").first
    seen(first)
    cells = first.locator("td").all_text_contents()
    assert cells[:2] == [service, version]
    assert cells[8:10] == ["invalid_request", VALUES["error_owner"]["caller_request"]]


def test_in_which_version_each_failure_was_first_and_last_seen(
    weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open
):
    """Over two weeks each group of the tab Incident names both versions; they are not the same for all."""
    owners = {label: owner for owner, label in VALUES["error_owner"].items()}
    groups = tasks.error_groups(data)
    opened = screen(weeks.url)
    opened.open("#TimeRange=14d&Tab=incident")
    step = opened.idle("failures against last week")
    heads = step.locator("th .sort span").all_text_contents()
    places = [heads.index(COLUMNS[name]) for name in ("first_version", "last_version")]
    rows = opened.rows("failures against last week")
    assert rows
    shown = {(row[0], owners[row[1]], row[2]): tuple(row[place] for place in places) for row in rows}
    assert shown == {group: groups[group] for group in shown}
    assert len(set(shown.values())) > len({service for _, _, service in shown}), "each has its own"


@pytest.mark.parametrize("pasted", ["{code}", "It said {lower}, what now?", "{bare}"])
def test_what_a_support_code_means(
    weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open, pasted: str
):
    """One typed id at the first address: the attempts of that call alone, with causes and owners."""
    call = tasks.slowest(data, tasks.TENANT)
    code = observation.support_code(str(call[0].reported["call_id"]))
    opened = screen(weeks.url)
    page = opened.open()
    field = seen(page.get_by_label("Find by id"))
    field.fill(pasted.format(code=code, lower=code.lower(), bare=code.replace("-", "")))
    rows = opened.step("attempts with this id").locator("tbody tr")
    expect(rows).to_have_count(len(call))
    seen(rows.first)
    shown = rows.evaluate_all("(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))")
    for cells, one in zip(shown, reversed(call), strict=True):
        owner = VALUES["error_owner"].get(str(one.reported.get("error_owner", "")), NONE)
        assert cells[3] == str(one.reported["status"])
        assert cells[5:7] == [one.reported.get("error_type", NONE), owner]
        assert cells[9] == code


def test_whether_all_telemetry_arrives(weeks: LocalAzureMonitor, screen: type_of_open):
    """One click: the tab shows which service drops data, and how much; yesterday's drops are no alarm."""
    opened = screen(weeks.url)
    page = opened.open()
    click(page, page.get_by_role("tab", name=TABS["health"]))
    rows = opened.idle("telemetry of services").locator("tbody tr")
    expect(rows.first).to_be_visible()
    for row in rows.all():
        seen(row)
    heads = opened.step("telemetry of services").locator("th .sort span").all_text_contents()
    shown = [dict(zip(heads, row.locator("td").all_text_contents(), strict=True)) for row in rows.all()]
    dropping = {
        row["Service"]: row["Dropped items"]
        for row in shown
        if row["State"] == VALUES["telemetry"]["dropping"]
    }
    assert dropping == {tasks.DROPPING: str(tasks.LOST)}


def test_a_table_is_downloaded_with_its_raw_values(
    weeks: LocalAzureMonitor, data: tasks.Data, screen: type_of_open
):
    """The file has every row that the filter lets through, numbers as they are, in the order shown."""
    opened = screen(weeks.url)
    page = opened.open("#Tab=calls&TimeRange=1d")
    step = opened.idle("list of calls")
    step.get_by_role("searchbox").fill("claude-haiku")
    expect(step.locator(".grid-note")).to_contain_text("match the filter")
    with page.expect_download() as started:
        step.get_by_role("button", name="Download as CSV").click()
    text = Path(started.value.path()).read_text("utf-8")
    reported = list(csv.DictReader(io.StringIO(text, newline="")))
    today = {str(call[0].reported["call_id"]): call for call in data.calls()}
    assert reported
    assert {row["deployment"] for row in reported} == {"claude-haiku-5-5"}
    for row in reported:
        assert float(row["call_ms"]) == pytest.approx(tasks.took_ms(today[row["call_id"]]), abs=1e-3)
    lengths = [float(row["call_ms"]) for row in reported]
    assert lengths == sorted(lengths, reverse=True)
