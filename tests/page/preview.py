"""The pictures of the workbook, one of each tab: ``python -m tests.page.preview``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from dashboards.builder.texts import TABS
from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page import long_ranges
from tests.page.browser import Screen, chromium, enter

FOLDER: Final = Path(__file__).parents[2] / "dashboards"
FIRST: Final = "preview.png"
"""The first tab, for the README; the others are called as the tab is."""
SIZE: Final = {"width": 1600, "height": 900}
CHOSEN: Final[Mapping[str, str]] = {
    "cost": "&SplitBy=tag",
    "limits": "&Limits=claude-sonnet-5-5=80/120000/40000;claude-haiku-5-5=80/200000/",
}
"""What is chosen on a tab, as the address says it."""


def draw(folder: Path = FOLDER) -> list[Path]:
    """Draw every tab over weeks of demo data, in the light theme, by the real server and browser.

    All tabs show the same day of the same records, so that their totals agree.
    """
    drawn = []
    with LocalAzureMonitor() as azure, chromium() as browser:
        end = datetime.now(UTC).replace(second=0, microsecond=0)
        time = f"{end - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"
        for body in long_ranges.bodies(azure.store.key, end):
            azure.store.add(body).result()
        for tab in TABS:
            context = browser.new_context(viewport=SIZE, color_scheme="light")
            enter(context, azure.url)
            page = context.new_page()
            screen = Screen(page, azure.url)
            screen.open(f"#TimeRange={time}&Tab={tab}{CHOSEN.get(tab, '')}")
            expect(page.locator(".chart-canvas:visible:not(:has(canvas))")).to_have_count(0)
            expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
            drawn.append(folder / (f"preview-{tab}.png" if drawn else FIRST))
            page.screenshot(path=drawn[-1], full_page=True)
            screen.check()
    return drawn


if __name__ == "__main__":
    for path in draw():
        sys.stdout.write(f"{path}\n")
