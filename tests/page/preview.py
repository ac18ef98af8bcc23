"""The picture of the workbook for the README: ``python -m tests.page.preview``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.sync_api import expect

from foundry_telemetry.local.server import LocalAzureMonitor
from tests.page import ledger
from tests.page.browser import Screen, chromium

PICTURE: Final = Path(__file__).parents[2] / "dashboards" / "preview.png"
CALLS: Final = 16_000
SIZE: Final = {"width": 1600, "height": 900}


def draw(path: Path = PICTURE) -> None:
    """Draw the first tab over two days of demo data, in the light theme, by the real server and browser."""
    with LocalAzureMonitor() as azure, chromium() as browser:
        azure.store.add(ledger.body(azure.store.key, ledger.demo(datetime.now(UTC), calls=CALLS))).result()
        page = browser.new_context(viewport=SIZE, color_scheme="light").new_page()
        screen = Screen(page, azure.url)
        screen.open("#TimeRange=1d")
        expect(page.locator(".chart-canvas:visible:not(:has(canvas))")).to_have_count(0)
        page.screenshot(path=path, full_page=True)
        screen.check()


if __name__ == "__main__":
    draw()
    sys.stdout.write(f"{PICTURE}\n")
