"""The page for those who do not see it, or do not use a mouse."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from dashboards.builder.texts import TABS
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page.conftest import type_of_open

pytestmark = pytest.mark.slow

BAD_ANSWER = ("Failed to load resource: the server responded with a status of 400",)


COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe-core that look at colours."""


def violations(page: Page, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds, by all rules or by some."""
    options: dict[str, object] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found]


CHOSEN = {
    "incident": ("failed attempts", "attempts of the chosen call"),
    "calls": ("list of calls", "trace of the listed call"),
}
"""Tab: the table of which a row is selected, and a step that this shows."""


def test_axe_finds_no_violation_in_the_shipped_workbook(shipped: LocalAzureMonitor, screen: type_of_open):
    """No tab has one in either theme, which differ in colours alone, with a row chosen and its call shown."""
    opened = screen(shipped.url, color_scheme="light")
    page = opened.open("#TimeRange=1d")
    for tab, label in TABS.items():
        page.get_by_role("tab", name=label, exact=True).click()
        expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
        if tab in CHOSEN:
            table, shown = CHOSEN[tab]
            opened.idle(table).locator("tbody tr").first.locator("td").nth(1).click()
            opened.idle(shown)
        assert not violations(page), tab
        page.emulate_media(color_scheme="dark")
        assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
        assert not violations(page, COLOURS), tab
        page.emulate_media(color_scheme="light")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation_where_things_go_wrong(
    sample: LocalAzureMonitor, screen: type_of_open, theme: str
):
    """Errors, empty steps, notices, formatters, and what opens over the page hold too."""
    opened = screen(sample.url, color_scheme=theme, allowed=BAD_ANSWER)
    page = opened.open("#Tab=edges")
    assert not violations(page)
    page.get_by_role("tab", name="Overview").click()
    opened.idle("deployments").locator("tbody tr").first.wait_for()
    for name in ("Time range", "Service"):
        opened.parameter(name).click()
        assert not violations(page)
        page.keyboard.press("Escape")
    opened.step("deployments").get_by_role("button", name="KQL").click()
    assert not violations(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_no_violation_in_an_empty_store(fresh: LocalAzureMonitor, screen: type_of_open, theme: str):
    """The first steps and the panel of the store hold too."""
    opened = screen(fresh.url, color_scheme=theme)
    page = opened.open()
    page.locator(".store").click()
    assert not violations(page)


def focused(page: Page) -> str:
    """The accessible text of what has the focus."""
    return str(
        page.evaluate(
            "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"
        )
    )


def test_the_keyboard_reaches_everything(sample: LocalAzureMonitor, screen: type_of_open):
    """Tab goes from the bar over parameters, tabs and steps; each stop shows its focus."""
    opened = screen(sample.url)
    page = opened.open()
    stops = []
    for _ in range(30):
        page.keyboard.press("Tab")
        stops.append(focused(page))
        ring = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert ring != "none", stops[-1]
    assert stops[0] == "Skip to the workbook"
    wanted = ["Live", "Attempts", "Overview", "KQL", "Show as table", "Answered", "Failed"]
    places = [next((i for i, stop in enumerate(stops) if stop.startswith(name)), -1) for name in wanted]
    assert -1 not in places, stops
    assert places == sorted(places), stops


def test_tabs_and_options_are_moved_through_with_arrows(sample: LocalAzureMonitor, screen: type_of_open):
    """One tab is in the order of Tab; the arrows choose the next, at the end the first again."""
    opened = screen(sample.url, allowed=BAD_ANSWER)
    page = opened.open()
    page.get_by_role("tab", name="Overview").focus()
    for key, name in (("ArrowRight", "Incident"), ("End", "Edges"), ("ArrowRight", "Overview")):
        page.keyboard.press(key)
        expect(page.get_by_role("tab", name=name)).to_be_focused()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
    panel = page.get_by_role("tabpanel")
    expect(panel).to_have_attribute(
        "aria-labelledby", page.get_by_role("tab", name="Overview").get_attribute("id")
    )
    page.get_by_role("radio", name="Attempts").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Tokens")).to_be_focused()
    expect(page.get_by_role("radio", name="Tokens")).to_be_checked()


def test_a_table_is_walked_and_chosen_from_with_the_keyboard(sample: LocalAzureMonitor, screen: type_of_open):
    """One cell is in the order of Tab; arrows move, Enter chooses the row, and again gives it back."""
    opened = screen(sample.url)
    page = opened.open("#Tab=incident")
    step = opened.idle("failed")
    expect(step.locator("table [tabindex='0']")).to_have_count(1)
    step.locator("table [tabindex='0']").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    cell = step.locator("tbody tr").nth(1).locator("td").nth(1)
    expect(cell).to_be_focused()
    page.keyboard.press("Enter")
    expect(step.locator("tbody tr").nth(1)).to_have_attribute("aria-selected", "true")
    expect(cell).to_be_focused()
    expect(opened.step("call")).to_be_visible()
    page.keyboard.press("Enter")
    expect(opened.step("call")).to_be_hidden()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_drop_down_is_searched_and_chosen_from_with_the_keyboard(
    sample: LocalAzureMonitor, screen: type_of_open
):
    """Typing narrows the list, arrows move, Enter chooses, Escape closes and gives the focus back."""
    opened = screen(sample.url)
    page = opened.open()
    opened.parameter("Service").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("shop")
    expect(page.get_by_role("option")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option", name="shop.support-bot")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(opened.parameter("Service")).to_be_focused()
    expect(opened.parameter("Service")).to_contain_text("shop.support-bot")
    expect(page.locator("#announcer")).to_have_text("Updated")


def test_nothing_moves_for_those_who_want_no_motion(sample: LocalAzureMonitor, screen: type_of_open):
    """With reduced motion asked for, nothing on the page is animated."""
    page = screen(sample.url, reduced_motion="reduce").open()
    assert page.evaluate("document.getAnimations().length") == 0
