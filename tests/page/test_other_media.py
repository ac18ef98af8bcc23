"""The page on paper, and where the system chooses the colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page.conftest import type_of_open

pytestmark = pytest.mark.slow

PAINTED = """(canvas) => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const seen = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) seen.add(data.slice(i, i + 3).join());
  return [...seen];
}"""
"""The colours that a canvas has, as red,green,blue."""


def _opened(page: Page) -> Page:
    expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_and_what_is_chosen_differ_in_the_colours_of_the_system(
    shipped: LocalAzureMonitor, screen: type_of_open, theme: str
):
    """Each series keeps a colour of its own, in the chart as in its legend; the chosen tab differs."""
    opened = screen(shipped.url, color_scheme=theme, forced_colors="active")
    page = _opened(opened.open("#TimeRange=1d"))
    chart = opened.idle("calls over time")
    colours = chart.locator(".swatch").evaluate_all(
        "all => all.map((e) => getComputedStyle(e).backgroundColor)"
    )
    assert len({*colours}) == len(colours) == 4
    painted = chart.locator("canvas").evaluate(PAINTED)
    assert {colour[4:-1].replace(" ", "") for colour in colours} <= {*painted}
    chosen, other = (
        page.get_by_role("tab", selected=is_on).first.evaluate("(e) => getComputedStyle(e).backgroundColor")
        for is_on in (True, False)
    )
    assert chosen != other


def test_paper_has_all_rows_and_nothing_to_press(shipped: LocalAzureMonitor, screen: type_of_open):
    """No table scrolls or is cut, in either direction, and what is only for a screen is not there."""
    opened = screen(shipped.url, color_scheme="dark", viewport={"width": 794, "height": 1100})
    page = _opened(opened.open("#TimeRange=1d&Tab=incident"))
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.locator(".tools:visible, .grid-filter:visible")).to_have_count(0)
    cut = page.locator(".grid-scroll:visible").evaluate_all(
        "all => all.filter((e) => e.scrollHeight - e.clientHeight > 1 || e.scrollWidth - e.clientWidth > 1)"
        ".map((e) => e.textContent)"
    )
    assert cut == []
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
