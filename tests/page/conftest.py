"""A browser, servers with data, and pages open on them.

The browser lives only as long as the tests of this folder run: playwright's event loop would be in the way
of others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="pip install playwright")

from playwright.sync_api import Browser, expect

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page import ledger
from tests.page.browser import Screen, chromium, enter
from tests.support.patience import PATIENCE_S

FIXTURE = Path(__file__).parents[1] / "data" / "workbooks" / "page.workbook.json"
EDGES = (timedelta(hours=1), timedelta(hours=2), timedelta(hours=4), timedelta(hours=8), timedelta(hours=24))
"""Ends of ranges that tests choose: nothing happened near them, as the page's clock goes on during a test."""
NEAR = timedelta(minutes=10)
PATIENCE_MS = 1_000 * PATIENCE_S

type_of_open = Callable[..., Screen]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as running:
        yield running


@pytest.fixture(scope="package")
def attempts() -> list[ledger.Attempt]:
    """Two days of demo data that end now."""
    now = datetime.now(UTC)
    reported = ledger.demo(now)
    return [one for one in reported if all(abs(now - one.at - edge) > NEAR for edge in EDGES)]


def _filled(attempts: list[ledger.Attempt], workbook: Path | None) -> Iterator[LocalAzureMonitor]:
    with LocalAzureMonitor(workbook=workbook) as azure:
        azure.store.add(ledger.body(azure.store.key, attempts)).result()
        yield azure


@pytest.fixture(scope="package")
def shipped(attempts: list[ledger.Attempt]) -> Iterator[LocalAzureMonitor]:
    """The shipped workbook over the demo data; tests only read it."""
    yield from _filled(attempts, None)


@pytest.fixture(scope="package")
def sample(attempts: list[ledger.Attempt]) -> Iterator[LocalAzureMonitor]:
    """A workbook with every feature over the demo data; tests only read it."""
    yield from _filled(attempts, FIXTURE)


@pytest.fixture
def fresh() -> Iterator[LocalAzureMonitor]:
    """The workbook with every feature over an empty store of the test's own."""
    with LocalAzureMonitor(workbook=FIXTURE) as azure:
        yield azure


@pytest.fixture
def screen(browser: Browser) -> Iterator[type_of_open]:
    """Makes pages; at the end none of them may have complained."""
    made: list[Screen] = []

    def make(url: str, *, allowed: tuple[str, ...] = (), **options: object) -> Screen:
        settings = {"viewport": {"width": 1440, "height": 900}, "timezone_id": "America/New_York", **options}
        context = browser.new_context(**settings)
        context.set_default_timeout(PATIENCE_MS)
        enter(context, url)
        made.append(Screen(context.new_page(), url, allowed=allowed))
        return made[-1]

    yield make
    for each in made:
        each.check()
        each.page.context.close()
