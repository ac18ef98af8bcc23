"""Data that arrives while the page is open, a store without any, and a server that goes away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from playwright.sync_api import expect

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page import ledger
from tests.page.conftest import FIXTURE, type_of_open

pytestmark = pytest.mark.slow

LOST = ("Failed to load resource", "Fetch API cannot load")


def some(count: int, seed: int, ago: timedelta = timedelta(minutes=10)) -> list[ledger.Attempt]:
    """The attempts of `count` calls that ended some time ago."""
    chance = Random(seed)  # noqa: S311 - the same data every time
    begun = datetime.now(UTC) - ago
    return [one for _ in range(count) for one in ledger.call(chance, begun, begun)]


def send(azure: LocalAzureMonitor, attempts: list[ledger.Attempt]) -> None:
    """Post them, and wait for the commit."""
    azure.store.add(ledger.body(azure.store.key, attempts)).result()


def test_an_empty_store_shows_how_to_fill_it(fresh: LocalAzureMonitor, screen: type_of_open):
    """The connection string stands on the page, once and not in each step, until a record is there."""
    opened = screen(fresh.url, permissions=["clipboard-read", "clipboard-write"])
    page = opened.open()
    start = page.get_by_role("region", name="Get started")
    expect(start).to_contain_text(fresh.connection_string)
    expect(page.locator(".is-empty:visible, .step:visible")).to_have_count(0)
    start.get_by_role("button", name="Copy the connection string").click()
    line = f'export APPLICATIONINSIGHTS_CONNECTION_STRING="{fresh.connection_string}"'
    assert page.evaluate("navigator.clipboard.readText()") == line
    send(fresh, some(5, 1))
    expect(page.get_by_role("region", name="Get started")).to_be_hidden()
    expect(opened.step("latency").locator("canvas")).to_be_visible()


def test_new_data_changes_a_tile_without_a_reload(fresh: LocalAzureMonitor, screen: type_of_open):
    """The number is another, the page the same: no navigation, no step made anew."""
    send(fresh, first := some(20, 1))
    opened = screen(fresh.url)
    page = opened.open()
    number = opened.step("tiles").locator(".tile-left").first
    expect(number).to_have_text(str(len(first)))
    page.evaluate("window.mark = 1; document.querySelector('[data-step=latency] canvas').mark = 1")
    send(fresh, second := some(30, 2))
    expect(number).to_have_text(str(len(first) + len(second)))
    expect(page.locator(".store-words")).to_contain_text(str(len(first) + len(second)))
    assert page.evaluate("window.mark + document.querySelector('[data-step=latency] canvas').mark") == 2


def test_a_table_keeps_place_choice_and_order_when_data_arrives(
    fresh: LocalAzureMonitor, screen: type_of_open
):
    """The rows that stay are the same elements; the choice, the sorting and the scroll stay too."""
    failing = [one for one in some(900, 3) if one.failed]
    send(fresh, failing)
    opened = screen(fresh.url)
    page = opened.open("#Tab=incident")
    step = opened.idle("failed")
    step.get_by_role("columnheader", name="error_type").get_by_role("button").click()
    row = step.locator("tbody tr").nth(12)
    row.locator("td").nth(1).click()
    chosen = step.locator("tr[aria-selected=true]")
    expect(chosen).to_have_count(1)
    apim = chosen.locator("td").nth(6).inner_text()
    page.evaluate("document.querySelector('tr[aria-selected=true]').mark = 1")
    page.evaluate("document.querySelector('[data-step=failed] .grid-scroll').scrollTop = 120")
    count = step.locator("tbody tr").count()
    send(fresh, more := [one for one in some(300, 4, timedelta(minutes=1)) if one.failed])
    assert more
    expect(step.locator("tbody tr")).to_have_count(count + len(more))
    expect(chosen.locator("td").nth(6)).to_contain_text(apim)
    assert page.evaluate("document.querySelector('tr[aria-selected=true]').mark") == 1
    assert page.evaluate("document.querySelector('[data-step=failed] .grid-scroll').scrollTop") > 60
    expect(step.get_by_role("columnheader", name="error_type")).to_have_attribute("aria-sort", "ascending")
    reported = [cells[4] for cells in opened.rows("failed")]
    assert reported == sorted(reported)


def test_a_paused_page_waits(fresh: LocalAzureMonitor, screen: type_of_open):
    """Paused, nothing is asked; live again, what came meanwhile is there at once."""
    send(fresh, first := some(20, 1))
    opened = screen(fresh.url)
    page = opened.open()
    page.get_by_role("button", name="Live").click()
    expect(page.get_by_role("button", name="Paused")).to_have_attribute("aria-pressed", "false")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    send(fresh, second := some(30, 2))
    expect(page.locator(".store-words")).to_contain_text(str(len(first) + len(second)))
    assert not [url for url in asked if url.endswith("/query")]
    expect(opened.step("tiles").locator(".tile-left").first).to_have_text(str(len(first)))
    page.get_by_role("button", name="Paused").click()
    expect(opened.step("tiles").locator(".tile-left").first).to_have_text(str(len(first) + len(second)))


def test_nothing_is_asked_while_nothing_changes(fresh: LocalAzureMonitor, screen: type_of_open):
    """Data that changes no answer changes no element: the tiles stay the very same nodes."""
    send(fresh, some(20, 1))
    opened = screen(fresh.url)
    page = opened.open()
    page.evaluate("document.querySelector('.tile').mark = 1")
    with page.expect_response("**/query"):
        send(fresh, some(3, 2, timedelta(days=9)))
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    assert page.evaluate("document.querySelector('.tile').mark") == 1


def test_nothing_in_the_time_chosen_offers_a_longer_one(fresh: LocalAzureMonitor, screen: type_of_open):
    """An empty step tells when the last record was, and its button shows a time that has it."""
    send(fresh, old := some(20, 1, timedelta(hours=50)))
    opened = screen(fresh.url)
    opened.open()
    empty = opened.step("latency").locator(".is-empty")
    expect(empty).to_contain_text(
        f"No data in the last 24 hours. The last record is from {max(o.at for o in old):%Y-%m-%d %H:%M}"
    )
    empty.get_by_role("button", name="Show the last 3 days").click()
    expect(opened.step("tiles").locator(".tile-left").first).to_have_text(str(len(old)))


def test_a_lost_connection_is_shown_and_recovers(screen: type_of_open):
    """While the server is away the content stays and the lamp says so; then the page goes on by itself."""
    with LocalAzureMonitor(workbook=FIXTURE) as azure:
        send(azure, first := some(20, 1))
        opened = screen(azure.url, allowed=LOST)
        page = opened.open()
        port = int(azure.url.rsplit(":", 1)[1])
    expect(page.get_by_role("button", name="Connection lost")).to_be_visible()
    expect(opened.step("tiles").locator(".tile-left").first).to_have_text(str(len(first)))
    with LocalAzureMonitor(port=port, workbook=FIXTURE, token=azure.token) as azure:
        send(azure, second := some(7, 2))
        expect(page.get_by_role("button", name="Live")).to_be_visible()
        expect(opened.step("tiles").locator(".tile-left").first).to_have_text(str(len(second)))
        page.goto("about:blank")


def test_at_most_four_queries_run_at_once_and_none_twice(fresh: LocalAzureMonitor, screen: type_of_open):
    """However fast data comes, the page never has more than four questions open."""
    send(fresh, some(20, 1))
    opened = screen(fresh.url)
    open_now: set[object] = set()
    most = [0]

    def begun(request: object) -> None:
        if request.url.endswith("/query"):
            open_now.add(request)
            most[0] = max(most[0], len(open_now))

    def ended(request: object) -> None:
        open_now.discard(request)

    opened.page.on("request", begun)
    for end in ("requestfinished", "requestfailed"):
        opened.page.on(end, ended)
    opened.open()
    sent = fresh.store.ingested
    for seed in range(2, 8):
        send(fresh, more := some(10, seed))
        sent += len(more)
    expect(opened.step("tiles").locator(".tile-left").first).to_have_text(str(sent))
    assert most[0] <= 4
