"""Debian's Chromium, driven by playwright, and a page that must never complain."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, sync_playwright

from foundry_telemetry.ingestion.access_token import link, of_server

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
});
"""


def executable() -> str:
    """The browser's path; without one the test is skipped, and fails where all must run."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    why = "no Chromium on this machine: apt-get install chromium"
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a fresh profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=list(OPTIONS))
        try:
            yield browser
        finally:
            browser.close()


def enter(context: BrowserContext, url: str) -> None:
    """Give a context the cookie of a server of this process, by its link."""
    context.request.get(link(url, str(of_server(url, {}))))


@dataclass
class Screen:
    """One open page and what it complained of."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = ()
    """Starts of complaints that the test provokes."""

    def __post_init__(self) -> None:
        self.page.add_init_script(WATCH)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._request(request.url))

    def _request(self, url: str) -> None:
        if not url.startswith((self.url, "data:", "about:")):
            self.complaints.append(f"asked another site: {url}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(self.allowed or ("\0",)):
            self.complaints.append(message.text)

    def open(self, hash_: str = "") -> Page:
        """Open the page and wait until every visible step has its answer."""
        self.page.goto(f"{self.url}/{hash_}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page

    def step(self, name: str) -> Locator:
        """A step by its name."""
        return self.page.locator(f'[data-step="{name}"]')

    def parameter(self, label: str) -> Locator:
        """The button of a drop-down or a time."""
        return self.page.locator(".opener").filter(has_text=label)

    def idle(self, name: str) -> Locator:
        """A step once it is not busy."""
        self.page.wait_for_selector(f'[data-step="{name}"][aria-busy="false"]')
        return self.step(name)

    def rows(self, name: str) -> list[list[str]]:
        """The texts of the cells of a step's table."""
        return (
            self.idle(name)
            .locator("tbody tr")
            .evaluate_all("(rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent))")
        )

    def tiles(self, name: str) -> dict[str, float]:
        """The bare values of a step's tiles by their titles."""
        reported = (
            self.idle(name)
            .locator(".tile")
            .evaluate_all(
                "(tiles) => tiles.map((tile) => [tile.querySelector('.tile-title').textContent,"
                " tile.querySelector('.tile-left').dataset.value])"
            )
        )
        return {title: float(value) for title, value in reported}

    def check(self) -> None:
        """Fail where the page complained or broke its own policy."""
        violations = self.page.evaluate("window.violations ?? []")
        assert not self.complaints + violations, self.complaints + violations
