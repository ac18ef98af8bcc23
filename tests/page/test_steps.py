"""What each step of a workbook can do, on a workbook made to have it all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page import counted
from tests.page.conftest import type_of_open
from tests.page.ledger import Attempt

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}
BAD_ANSWER = ("Failed to load resource: the server responded with a status of 400",)


def clipboard(page: Page) -> str:
    """What was copied last."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def test_the_button_shows_the_query_that_was_sent_and_copies_it(
    sample: LocalAzureMonitor, screen: type_of_open
):
    """The dialog has the text that went to the server, all parameters filled in; the button copies it."""
    opened = screen(sample.url, **CLIPBOARD)
    sent: list[str] = []
    opened.page.on("request", lambda request: sent.append((request.post_data_json or {}).get("query", "")))
    page = opened.open()
    opened.idle("deployments").get_by_role("button", name="KQL").click()
    page.get_by_role("dialog").get_by_role("button", name="Copy KQL").click()
    expect(page.get_by_role("status")).to_have_text("KQL copied")
    copied = clipboard(page)
    assert copied in sent
    assert "> ago(1d)" in copied
    assert "{" not in copied
    shown = page.get_by_role("dialog").locator("pre").inner_text().replace("\n\n", "\n")
    assert shown.split() == copied.split()
    page.keyboard.press("Escape")
    expect(opened.step("deployments").get_by_role("button", name="KQL")).to_be_focused()


def test_a_table_sorts_by_its_column(sample: LocalAzureMonitor, screen: type_of_open):
    """A click sorts numbers from the largest, another turns them round, a third gives back the order."""
    opened = screen(sample.url)
    opened.open()
    step = opened.idle("deployments")
    header = step.get_by_role("columnheader", name="failed", exact=True)
    before = opened.rows("deployments")
    for direction, order in (("descending", -1), ("ascending", 1)):
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", direction)
        reported = [int(row[2]) for row in opened.rows("deployments")]
        assert reported == sorted(reported)[::order]
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "none")
    assert opened.rows("deployments") == before


def test_a_table_filters_its_rows(sample: LocalAzureMonitor, screen: type_of_open):
    """The rows that stay have the words in some cell, and the note says how many there are."""
    opened = screen(sample.url)
    page = opened.open()
    opened.idle("deployments")
    page.get_by_label("Filter rows of Deployments").fill("HAIKU")
    expect(opened.step("deployments").locator("tbody tr")).to_have_count(1)
    expect(opened.step("deployments").locator(".grid-note")).to_have_text("1 of 3 rows match the filter.")


def test_a_long_table_says_that_it_was_cut(
    sample: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open
):
    """Only the rows of the limit are there, and the note reports how many."""
    failed = sum(one.failed for one in counted.within(attempts, DAY * 2))
    assert failed > 100
    opened = screen(sample.url)
    opened.open("#Tab=incident&TimeRange=7d")
    assert len(opened.rows("failed")) == 100
    expect(opened.step("failed").locator(".grid-note")).to_have_text(
        f"Only the first 100 of {min(failed, 300)} rows are shown."
    )


def test_formatters_draw_values(sample: LocalAzureMonitor, screen: type_of_open):
    """Bars, heat, icons with text, units, money and spark lines stand where the workbook wants them."""
    opened = screen(sample.url)
    opened.open()
    row = opened.idle("deployments").locator("tbody tr").first
    expect(row.locator(".gauge")).to_have_count(1)
    expect(row.locator(".heat")).to_have_count(1)
    expect(row.locator(".sign")).to_contain_text("%")
    expect(row.locator("svg.spark polyline")).to_have_count(1)
    texts = row.locator("td").all_inner_texts()
    assert texts[4].endswith("\u00a0s")
    assert texts[5].startswith("$")


def test_the_value_of_a_cell_is_copied_bare(sample: LocalAzureMonitor, screen: type_of_open):
    """The button in a cell, and Ctrl+C on it, copy the value without unit, grouping or icon."""
    opened = screen(sample.url, **CLIPBOARD)
    page = opened.open()
    cell = opened.idle("deployments").locator("tbody tr").first.locator("td").nth(4)
    cell.hover()
    cell.get_by_role("button", name="Copy this cell").click()
    expect(page.get_by_role("status")).to_have_text("Cell copied")
    by_button = clipboard(page)
    assert float(by_button) > 1000
    page.evaluate("navigator.clipboard.writeText('')")
    cell.focus()
    page.keyboard.press("Control+c")
    assert clipboard(page) == by_button


def test_a_link_in_a_cell_shows_the_row(sample: LocalAzureMonitor, screen: type_of_open):
    """The details have every column of the row, also those that the table hides, and do not choose it."""
    opened = screen(sample.url)
    page = opened.open("#Tab=incident")
    row = opened.idle("failed").locator("tbody tr").first
    apim = row.locator("td").nth(6).inner_text()
    row.locator("button.link").click()
    expect(page.get_by_role("dialog")).to_contain_text(apim)
    expect(row).to_have_attribute("aria-selected", "false")


def test_options_are_a_group_of_buttons(sample: LocalAzureMonitor, screen: type_of_open):
    """Choosing one sets it in the address and in the query."""
    opened = screen(sample.url)
    page = opened.open()
    page.get_by_role("radio", name="Tokens").click()
    expect(page.get_by_role("radio", name="Tokens")).to_be_checked()
    assert "Measure=tokens" in page.url
    opened.idle("tiles").get_by_role("button", name="KQL").click()
    expect(page.get_by_role("dialog")).to_contain_text("'tokens' != ''")


def test_any_time_can_be_chosen(sample: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open):
    """Two instants in UTC limit every step; an end before the start is refused in words."""
    opened = screen(sample.url)
    page = opened.open()
    start, end = attempts[100].at.replace(microsecond=0), attempts[900].at.replace(microsecond=0)
    opened.parameter("Time range").click()
    page.get_by_label("From", exact=True).fill(f"{end:%Y-%m-%dT%H:%M:%S}")
    page.get_by_label("To", exact=True).fill(f"{start:%Y-%m-%dT%H:%M:%S}")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("The end must be after the start.")).to_be_visible()
    page.get_by_label("From", exact=True).fill(f"{start:%Y-%m-%dT%H:%M:%S}")
    page.get_by_label("To", exact=True).fill(f"{end:%Y-%m-%dT%H:%M:%S}")
    page.get_by_role("button", name="Apply").click()
    inside = sum(start <= one.at <= end for one in attempts)
    expect(opened.step("tiles").locator(".tile-left").first).to_have_text(f"{inside:,}")


def test_a_link_leads_to_the_same_view(
    sample: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open
):
    """Tab, time, a drop-down of several and a chosen row come from the address alone."""
    call = next(one for one in reversed(attempts) if one.failed and one.service != "shop.support-bot")
    opened = screen(sample.url)
    page = opened.open(
        f"#Tab=incident&TimeRange=7d&Service=shop.orders-api&Service=back-office.reports&CallId={call.reported['call_id']}"
    )
    expect(page.get_by_role("tab", name="Incident")).to_have_attribute("aria-selected", "true")
    expect(opened.parameter("Service")).to_contain_text("shop.orders-api, back-office.reports")
    chosen = opened.idle("failed").locator("tr[aria-selected=true]")
    expect(chosen.first).to_contain_text(str(call.reported["call_id"]))
    services = {row[1] for row in opened.rows("failed")}
    assert services <= {"shop.orders-api", "back-office.reports"}
    expect(opened.step("call").locator("tbody tr").first).to_be_visible()


def test_a_change_of_the_filters_gives_up_a_choice_that_is_gone(
    sample: LocalAzureMonitor, screen: type_of_open
):
    """A chosen row that the new filter leaves out is no longer chosen, and what hung on it is hidden."""
    opened = screen(sample.url)
    page = opened.open("#Tab=incident&Service=shop.orders-api")
    opened.idle("failed").locator("tbody tr").first.locator("td").nth(1).click()
    expect(opened.step("call")).to_be_visible()
    opened.parameter("Service").click()
    page.get_by_role("option", name="back-office.reports").click()
    page.get_by_role("option", name="shop.orders-api").click()
    expect(opened.step("call")).to_be_hidden()
    assert "CallId" not in page.url


def test_times_are_shown_in_utc_or_on_the_clock_of_the_machine(
    sample: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open
):
    """UTC first, as the rows have it; a switch shows local time, and the browser remembers it."""
    newest = max((one for one in attempts if one.failed), key=lambda one: one.at).at
    opened = screen(sample.url, timezone_id="Asia/Kolkata")
    page = opened.open("#Tab=incident")
    assert opened.rows("failed")[0][0] == f"{newest:%Y-%m-%d %H:%M:%S}.{newest.microsecond // 1000:03}"
    page.get_by_role("button", name="Times in UTC").click()
    local = newest + timedelta(hours=5, minutes=30)
    expect(opened.step("failed").locator("tbody td").first).to_contain_text(f"{local:%Y-%m-%d %H:%M:%S}")
    page.reload()
    expect(opened.step("failed").locator("tbody td").first).to_contain_text(f"{local:%Y-%m-%d %H:%M:%S}")


def test_a_series_can_be_switched_off(sample: LocalAzureMonitor, screen: type_of_open):
    """A button of the legend takes its series away and brings it back, and says which it is."""
    opened = screen(sample.url)
    page = opened.open()
    entry = opened.idle("attempts over time").get_by_role("button", name="Failed")
    entry.focus()
    page.keyboard.press("Space")
    expect(entry).to_have_attribute("aria-pressed", "false")
    expect(entry).to_be_focused()
    page.keyboard.press("Space")
    expect(entry).to_have_attribute("aria-pressed", "true")


@pytest.mark.row(73)
def test_data_and_text_never_become_markup(sample: LocalAzureMonitor, screen: type_of_open):
    """Tags in a text step are shown as text; only the known marks of Markdown become elements."""
    opened = screen(sample.url, allowed=BAD_ANSWER)
    opened.open("#Tab=edges")
    words = opened.step("words")
    expect(words).to_contain_text("<b>no markup</b> <img src=x onerror=alert(1)>")
    expect(words.locator("img, b, script")).to_have_count(0)
    expect(words.locator("h3")).to_have_text("Text")
    expect(words.locator("li")).to_have_count(3)
    expect(words.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.org/x")
    expect(words).to_contain_text("The time is Last 24 hours")


def test_what_is_not_drawn_is_said_in_its_place(sample: LocalAzureMonitor, screen: type_of_open):
    """An unknown visualization, item, setting, formatter and parameter each leave a notice."""
    opened = screen(sample.url, allowed=BAD_ANSWER)
    opened.open("#Tab=edges")
    expect(opened.step("unknown picture").locator(".notice")).to_contain_text('visualization "graph"')
    expect(opened.step("a metric").locator(".notice")).to_contain_text("type 10")
    expect(opened.step("half known").locator(".notice")).to_contain_text("gridSettings.hierarchySettings")
    expect(opened.step("half known").locator(".notice")).to_contain_text("formatter 13")
    expect(opened.idle("half known").locator("tbody tr")).to_have_count(3)
    expect(opened.idle("undeclared").locator(".notice")).to_contain_text(
        "{Nobody} has no value: no step sets it"
    )


def test_a_query_that_fails_says_where_and_can_be_tried_again(
    sample: LocalAzureMonitor, screen: type_of_open
):
    """The message, its line with the text of that line, and buttons that ask again and show the query."""
    opened = screen(sample.url, allowed=BAD_ANSWER)
    page = opened.open("#Tab=edges")
    broken = opened.step("broken")
    expect(broken.locator(".is-error")).to_contain_text("nowhere_to_be_found")
    expect(broken.locator(".snippet")).to_contain_text("summarize count() by nowhere_to_be_found")
    broken.get_by_role("button", name="Show the query").click()
    expect(page.get_by_role("dialog").locator(".marked")).to_contain_text("nowhere_to_be_found")
    page.keyboard.press("Escape")
    with page.expect_response("**/query") as answer:
        broken.get_by_role("button", name="Try again").click()
    assert answer.value.status == 400
    expect(broken.locator(".is-error")).to_be_visible()


def test_an_empty_step_says_why(sample: LocalAzureMonitor, screen: type_of_open):
    """Its own words, or that nothing is in the time, or that a filter leaves nothing, with the way out."""
    opened = screen(sample.url, allowed=BAD_ANSWER)
    page = opened.open("#Tab=edges")
    expect(opened.step("own words").locator(".is-empty")).to_have_text("No such deployment.")
    expect(opened.step("empty by filter").locator(".is-empty")).to_have_text(
        "The query returned no rows in the last 24 hours."
    )
    opened.parameter("Service").click()
    page.get_by_role("option", name="shop.support-bot").click()
    page.keyboard.press("Escape")
    empty = opened.step("empty by filter").locator(".is-empty")
    expect(empty).to_contain_text("No rows match the filter. Service: shop.support-bot")
    empty.get_by_role("button", name="Clear the filter").click()
    expect(opened.parameter("Service")).to_contain_text("All")


NUMBERS = [
    (1234567, {}, "1,234,567"),
    (0.123456, {}, "0.123"),
    (12.5, {"unit": 1}, "12.5%"),
    (0.125, {"options": {"style": "percent", "maximumFractionDigits": 1}}, "12.5%"),
    (1536, {"unit": 2}, "1.5\u00a0KiB"),
    (1234567, {"unit": 17}, "1.23M"),
    (950, {"unit": 17}, "950"),
    (950.4, {"unit": 23, "options": {"maximumFractionDigits": 0}}, "950\u00a0ms"),
    (61_500, {"unit": 23}, "1.03\u00a0min"),
    (0.25, {"unit": 24}, "250\u00a0ms"),
    (7.5, {"options": {"style": "currency", "currency": "USD"}}, "$7.50"),
    (1234.5, {"options": {"style": "decimal", "useGrouping": False, "maximumFractionDigits": 1}}, "1234.5"),
]


def test_numbers_have_their_units(sample: LocalAzureMonitor, screen: type_of_open):
    """Percent, bytes, counts, times and money, with the digits that the workbook wants."""
    page = screen(sample.url).open()
    run = """async (cases) => {
      const { numberText } = await import('/page/format.js');
      return cases.map(([value, format]) => numberText(value, format));
    }"""
    reported = page.evaluate(run, [[value, form] for value, form, _ in NUMBERS])
    assert reported == [text for _, _, text in NUMBERS]


CHART = """
async () => {
  const { chartData } = await import('/page/chart_data.js');
  const types = { t: 'datetime', g: 'string', n: 'long' };
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }));
  const at = (minute) => `2026-11-22T12:0${minute}:00Z`;
  const rows = [[at(0), 'a', 1], [at(0), 'b', 5], [at(1), 'a', 2], [at(4), 'b', null], [at(5), 'c', 9]];
  const all = chartData({ columns, rows });
  const few = chartData({ columns, rows }, { createOtherGroup: 1 });
  return { xs: all.xs.length, step: all.step, series: all.series, few: few.series.map(({ name }) => name) };
}
"""


def test_a_chart_has_a_series_for_each_group_and_a_gap_where_nothing_is(
    sample: LocalAzureMonitor, screen: type_of_open
):
    """The time is the axis, the text the group; bins without rows are gaps, never zero."""
    page = screen(sample.url).open()
    reported = page.evaluate(CHART)
    assert reported["step"] == 60_000
    assert reported["xs"] == 6
    assert reported["series"] == [
        {"name": "a", "values": [1, 2, None, None, None, None]},
        {"name": "b", "values": [5, None, None, None, None, None]},
        {"name": "c", "values": [None, None, None, None, None, 9]},
    ]
    assert reported["few"] == ["c", "Other"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_follows_the_system_until_it_is_switched(
    sample: LocalAzureMonitor, screen: type_of_open, theme: str
):
    """The page takes the system's theme; the switch turns it, and the browser remembers that."""
    other = {"light": "dark", "dark": "light"}[theme]
    page = screen(sample.url, color_scheme=theme).open()
    ground = "getComputedStyle(document.body).backgroundColor"
    before = page.evaluate(ground)
    page.get_by_role("button", name=f"Switch to the {other} theme").click()
    after = page.evaluate(ground)
    assert before != after
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate(ground) == after
    page.get_by_role("button", name=f"Switch to the {theme} theme").click()
    assert page.evaluate(ground) == before
