"""The shipped workbook on the page: its numbers, its tabs, its drill-downs."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from foundry_telemetry.kql import files
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page import counted
from tests.page.conftest import type_of_open
from tests.page.ledger import Attempt

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from tests.page.browser import Screen

DAY = timedelta(days=1)
TILES = ("calls and tokens tiles", "cost tile")
WORKBOOK = json.loads(files.workbook())


def shown_tiles(screen: Screen) -> dict[str, float]:
    """The numbers of all tiles."""
    return {title: value for name in TILES for title, value in screen.tiles(name).items()}


@pytest.mark.parametrize(
    ("chosen", "back"), [("4h", timedelta(hours=4)), ("1d", DAY), ("7d", timedelta(days=7))]
)
def test_the_tiles_show_what_plain_python_counts(
    shipped: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open, chosen: str, back: timedelta
):
    """Calls, attempts, failures, tokens and cost equal those of the envelopes sent."""
    page = screen(shipped.url)
    page.open(f"#TimeRange={chosen}")
    assert shown_tiles(page) == pytest.approx(counted.tiles(counted.within(attempts, back)), abs=0.000051)


OVERLAPS = """
() => [...document.querySelectorAll('.as-tiles')].flatMap((step) => {
  const tools = step.querySelector('.tools').getBoundingClientRect();
  return [...step.querySelectorAll('.tile-title')].filter((title) => {
    const range = document.createRange();
    range.selectNodeContents(title);
    return [...range.getClientRects()].some(
      (text) => text.right + 4 > tools.left && text.left < tools.right
        && text.bottom > tools.top && text.top < tools.bottom);
  }).map((title) => title.textContent);
})
"""
"""The titles of tiles that touch their step's buttons."""

LAID_OUT = """
(width) => new Promise((done) => {
  const frame = () => (innerWidth === width ? requestAnimationFrame(() => requestAnimationFrame(done))
    : requestAnimationFrame(frame));
  frame();
})
"""
"""Until the page has its new width and what watches sizes has answered; the page's policy lets no text be
evaluated later, so this is one function and not a condition asked again and again."""


def test_no_title_of_a_tile_touches_the_buttons(shipped: LocalAzureMonitor, screen: type_of_open):
    """Whichever tile stands at the top right, and however long its title: at every width it makes room."""
    page = screen(shipped.url).open("#TimeRange=1d&Target=99")
    page.locator(".tile-title").evaluate_all(
        "(titles) => titles.forEach((one) => (one.textContent += ' and more'))"
    )
    assert page.locator(".as-tiles .tile-title").count() > 0
    for width in (1920, 1440, 1100, 800, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(LAID_OUT, width)
        assert page.evaluate(OVERLAPS) == [], width


def test_a_filter_changes_the_numbers(
    shipped: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open
):
    """Choosing a service from the drop-down leaves its attempts; taking it off brings all back."""
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1d")
    all_of_them = shown_tiles(opened)
    opened.parameter("Service").click()
    page.get_by_role("option", name="shop.support-bot").click()
    page.keyboard.press("Escape")
    expect(opened.parameter("Service")).to_contain_text("shop.support-bot")
    ours = counted.tiles(counted.within(attempts, DAY, service="shop.support-bot"))
    expect(opened.step(TILES[0]).locator(".tile-left").first).to_have_text(f"{ours['Calls']:,}")
    opened.idle(TILES[1])
    assert shown_tiles(opened) == pytest.approx(ours, abs=0.000051)
    page.go_back()
    expect(opened.step(TILES[0]).locator(".tile-left").first).to_have_text(f"{all_of_them['Calls']:,.0f}")


def test_tabs_show_their_own_steps_and_go_into_the_address(shipped: LocalAzureMonitor, screen: type_of_open):
    """A tab shows its group and hides the other; Back returns to the tab before."""
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1d")
    page.get_by_role("tab", name="Incident").click()
    expect(opened.step("failed attempts")).to_be_visible()
    expect(opened.step(TILES[0])).to_be_hidden()
    assert "Tab=incident" in page.url
    page.go_back()
    expect(opened.step(TILES[0])).to_be_visible()
    expect(page.get_by_role("tab", name="Overview")).to_have_attribute("aria-selected", "true")


def test_the_chosen_tab_is_on_a_narrow_screen(shipped: LocalAzureMonitor, screen: type_of_open):
    """Chosen by the address or by a key, it is within the bar of tabs, but for its line below."""
    page = screen(shipped.url).page
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{shipped.url}/#TimeRange=1d&Tab=health")
    chosen = page.get_by_role("tab", selected=True)
    expect(chosen).to_have_text("Telemetry health")
    expect(chosen).to_be_in_viewport(ratio=0.95)
    chosen.press("Home")
    expect(chosen).to_have_text("Overview")
    expect(chosen).to_be_in_viewport(ratio=0.95)


def test_a_narrow_screen_holds_every_panel(shipped: LocalAzureMonitor, screen: type_of_open):
    """Wherever its button is, what a click opens is between the borders of the window."""
    page = screen(shipped.url, viewport={"width": 390, "height": 844}).open("#TimeRange=1d")
    buttons = page.locator("[aria-haspopup=dialog]:visible")
    assert buttons.count() > 5
    for button in buttons.all():
        button.click()
        box = page.get_by_role("dialog").bounding_box()
        assert box is not None
        assert box["x"] >= 0, button
        assert box["x"] + box["width"] <= 390, button
        page.keyboard.press("Escape")


BROKEN_WORDS = r"""
(tables) => tables.flatMap((table) => {
  const walker = document.createTreeWalker(table, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const broken = [];
  while (walker.nextNode()) {
    const text = walker.currentNode;
    for (const word of text.data.matchAll(/\w+/g)) {
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
      if (lines.size > 1) broken.push(word[0]);
    }
  }
  return broken;
})
"""
"""The words that stand on more than one line."""


def test_a_narrow_screen_breaks_no_word_of_a_table(shipped: LocalAzureMonitor, screen: type_of_open):
    """Tables of both kinds, of rows and of a text, scroll in a box of their own, and the page does not."""
    opened = screen(shipped.url, viewport={"width": 390, "height": 844})
    page = opened.open("#TimeRange=1d&Tab=auth")
    opened.idle("authentication failures").locator("tbody tr").first.wait_for()
    tables = page.locator("table:visible")
    assert tables.evaluate_all(BROKEN_WORDS) == []
    wide = tables.evaluate_all("(all) => all.map((one) => one.parentElement.scrollWidth > innerWidth)")
    assert wide == [True, True]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_steps_of_a_hidden_tab_do_not_run(shipped: LocalAzureMonitor, screen: type_of_open):
    """While Overview is shown, nothing asks what Incident asks."""
    opened = screen(shipped.url)
    asked: list[str] = []
    opened.page.on("request", lambda request: asked.append(request.post_data or ""))
    page = opened.open("#TimeRange=1d")
    assert any(" recovered by retry" in body for body in asked)
    assert not any("call_outcome" in body for body in asked)
    page.get_by_role("tab", name="Incident").click()
    opened.idle("failed attempts").locator("tbody tr").first.wait_for()
    assert any("call_outcome" in body for body in asked)


def recovered(attempts: list[Attempt]) -> list[Attempt]:
    """A call of the last day that failed first and was answered then."""
    found = counted.calls(counted.within(attempts, DAY)).values()
    return next(
        tries
        for tries in found
        if len(tries) > 1 and not tries[-1].failed and "request_id" in tries[0].reported
    )


def test_a_click_on_a_failed_attempt_shows_its_call(
    shipped: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open
):
    """The attempts of the call stand below in order, with their ids; a second click takes the choice back."""
    call = recovered(attempts)
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1d&Tab=incident")
    row = opened.step("failed attempts").locator(
        "tbody tr", has_text=str(call[0].reported["apim_request_id"])
    )
    row.locator("td").nth(1).click()
    below = opened.step("attempts of the chosen call")
    expect(below.locator("tbody tr")).to_have_count(len(call))
    reported = [" ".join(cells) for cells in opened.rows("attempts of the chosen call")]
    assert all(str(one.reported["apim_request_id"]) in text for one, text in zip(call, reported, strict=True))
    expect(row).to_have_attribute("aria-selected", "true")
    assert f"CallId={call[0].reported['call_id']}" in page.url
    row.locator("td").nth(1).click()
    expect(below).to_be_hidden()


@pytest.mark.parametrize("kind", ["apim_request_id", "request_id", "response_id", "call_id"])
def test_any_id_finds_its_call(
    shipped: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open, kind: str
):
    """An id pasted with words around it finds the attempts; a click shows their call."""
    call = recovered(attempts)
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1h&Tab=incident")
    page.get_by_label("Find by id").fill(f"error: see '{call[-1].reported[kind]}', please")
    found = opened.step("attempts with this id").locator("tbody tr")
    expect(found).to_have_count(len(call) if kind == "call_id" else 1)
    found.first.locator("td").nth(1).click()
    expect(opened.step("attempts of the call that was found").locator("tbody tr")).to_have_count(len(call))


def test_dragging_over_a_chart_chooses_its_time_for_the_page(
    shipped: LocalAzureMonitor, attempts: list[Attempt], screen: type_of_open
):
    """The brush sets the time of all steps; the button leads back to the time before."""
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1d")
    before = shown_tiles(opened)
    box = opened.step("calls over time").locator("canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 90, steps=4)
    page.mouse.up()
    expect(opened.parameter("Time range")).to_contain_text(" to ")
    expect(opened.step(TILES[0]).locator(".tile-left").first).not_to_have_text(f"{before['Calls']:,.0f}")
    opened.idle(TILES[1])
    start, end = page.evaluate("decodeURIComponent(location.hash).match(/TimeRange=([^&]+)/)[1].split('/')")
    inside = [one for one in attempts if start <= one.at.isoformat().replace("+00:00", "Z") < end]
    assert shown_tiles(opened) == pytest.approx(counted.tiles(inside), abs=0.000051)
    opened.step("calls over time").get_by_role("button", name="Restore the previous time range").click()
    expect(opened.step(TILES[0]).locator(".tile-left").first).to_have_text(f"{before['Calls']:,.0f}")
    expect(opened.parameter("Time range")).to_contain_text("Last 24 hours")


def test_every_step_of_the_workbook_is_drawn(shipped: LocalAzureMonitor, screen: type_of_open):
    """Neither tab has a step that failed, that waits, or of which something is not drawn."""
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1d")
    for tab in ("Overview", "Incident"):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
        expect(page.locator(".notice:visible, .is-error:visible, .is-waiting:visible")).to_have_count(0)


def test_a_heading_follows_its_parameter(shipped: LocalAzureMonitor, screen: type_of_open):
    """The first column is headed by what the table is split by, from the start and after a change."""
    opened = screen(shipped.url)
    page = opened.open("#TimeRange=1d&Tab=cost&SplitBy=service")
    heading = opened.step("usage and cost").locator("th .sort span").first
    expect(heading).to_have_text("Service")
    page.evaluate("location.hash = location.hash.replace('SplitBy=service', 'SplitBy=model')")
    expect(heading).to_have_text("Model")


def test_a_chart_can_be_read_as_a_table(
    shipped: LocalAzureMonitor, screen: type_of_open, attempts: list[Attempt]
):
    """The same button shows a chart's rows and the chart again; the rows add up to the tile."""
    opened = screen(shipped.url)
    opened.open("#TimeRange=1d")
    step = opened.idle("calls over time")
    step.get_by_role("button", name="Show as table").click()
    rows = step.locator("tbody tr")
    expect(rows.first).to_be_visible()
    counts = rows.evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].slice(1).map((c) => Number(c.textContent)))"
    )
    assert sum(map(sum, counts)) == counted.tiles(counted.within(attempts, DAY))["Calls"]
    step.get_by_role("button", name="Show as table").click()
    expect(step.locator("canvas")).to_be_visible()


def test_a_chart_says_in_words_what_it_shows(shipped: LocalAzureMonitor, screen: type_of_open):
    """A chart has a text for those who do not see it, with its series and their last values."""
    opened = screen(shipped.url)
    opened.open("#TimeRange=1d")
    label = opened.idle("latency over time").locator("[role=img]").get_attribute("aria-label") or ""
    assert label.startswith("Latency")
    assert all(part in label for part in ("p50: last", "p99: last", "highest", "\u00a0s"))
