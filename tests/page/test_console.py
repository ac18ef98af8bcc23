"""The console: a query of one's own, typed, completed, run and kept."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from dashboards.builder.kusto.package import PARSER
from foundry_telemetry.local.api.console import WORKER
from foundry_telemetry.local.api.server import LocalAzureMonitor
from foundry_telemetry.local.page import language_service
from tests.page.conftest import type_of_open
from tests.page.ledger import Attempt
from tests.page.test_access import BAD_ANSWER, violations
from tests.support.kusto import need
from tests.support.telemetry import event

pytestmark = pytest.mark.slow

CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}
BY_DEPLOYMENT = "foundry_attempts | summarize attempts = count() by deployment"


@pytest.fixture
def fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The language service is where the command puts it."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    home = language_service.folder()
    home.parent.mkdir(parents=True)
    home.symlink_to(need(PARSER) / "node_modules" / language_service.NAME)


@pytest.fixture
def not_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It was never fetched."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))


def opened(page: Page, url: str, address: str = "") -> Page:
    """The console, once it is ready."""
    page.goto(f"{url}/console{address}")
    page.wait_for_selector("html[data-ready]")
    return page


def editor(page: Page) -> Locator:
    """What is typed into."""
    return page.get_by_role("textbox", name="KQL query")


def write(page: Page, kql: str) -> None:
    """Put a text in place of the one in the editor, as a paste does."""
    editor(page).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(kql)


def run(page: Page, kql: str) -> None:
    """Run a text by the keyboard."""
    write(page, kql)
    page.keyboard.press("ControlOrMeta+Enter")


def status(page: Page) -> Locator:
    """What the console says of the last run."""
    return page.locator(".console-status")


@pytest.mark.usefixtures("fetched")
def test_names_are_completed_and_errors_underlined(shipped: LocalAzureMonitor, screen: type_of_open) -> None:
    """Tables, columns, let-names and functions are offered; what is wrong is underlined and listed."""
    page = opened(screen(shipped.url).page, shipped.url)
    write(page, "let recent = AppEvents | take 5;\n")
    for typed, offered in (("rec", "recent"), ("where TimeGen", "TimeGenerated"), (" > ag", "ago")):
        page.keyboard.type(typed)
        page.get_by_role("option", name=offered).first.click()
    page.keyboard.type("1h")
    expect(editor(page)).to_contain_text("recent| where TimeGenerated > ago(1h)")
    write(page, "foundry_attempts\n| where deploy == 1")
    problem = page.get_by_role("list", name="Problems in the query").get_by_role("button")
    expect(problem).to_have_text(
        "Line 2, column 9: The name 'deploy' does not refer to any known column, table, variable or function."
    )
    expect(page.locator(".cm-lintRange-error")).to_have_text("deploy")
    problem.click()
    expect(editor(page)).to_be_focused()
    write(page, "foundry_attempts\n| where deployment == ''")
    expect(problem).to_have_count(0)


@pytest.mark.usefixtures("fetched")
def test_what_is_offered_is_a_list_for_all(shipped: LocalAzureMonitor, screen: type_of_open) -> None:
    """A long list of completions has a name, and axe finds nothing; Tab takes an entry, else it goes on."""
    page = opened(screen(shipped.url).page, shipped.url)
    write(page, "nowhere")
    expect(page.locator(".cm-lintRange-error")).to_have_text("nowhere")  # the language service is there
    write(page, "foundry_attempts | where ")
    page.keyboard.press("Control+Space")
    offered = page.get_by_role("listbox", name="Completions")
    expect(offered).to_be_visible()
    assert offered.evaluate("(list) => list.scrollHeight > list.clientHeight")
    assert not violations(page)
    page.keyboard.type("deploym")
    expect(page.get_by_role("option", name="deployment").first).to_be_visible()
    page.keyboard.press("Tab")
    expect(editor(page)).to_have_text("foundry_attempts | where deployment")
    expect(offered).to_have_count(0)
    page.keyboard.press("Tab")
    expect(editor(page)).not_to_be_focused()


@pytest.mark.usefixtures("not_fetched")
def test_without_the_language_service_it_works_and_says_how_to_get_it(
    shipped: LocalAzureMonitor, screen: type_of_open, attempts: list[Attempt]
) -> None:
    """The query runs, a refusal is shown in full with its place, and the note has the command."""
    page = opened(screen(shipped.url, allowed=BAD_ANSWER).page, shipped.url)
    expect(page.locator(".console-note")).to_contain_text(language_service.COMMAND)
    page.get_by_label("Time range").select_option("As in the query")
    run(page, BY_DEPLOYMENT)
    expect(status(page)).to_contain_text("3 rows in")
    counts = page.locator("tbody td:nth-child(2)").all_inner_texts()
    assert sum(int(text.replace(",", "")) for text in counts) == len(attempts)
    run(page, "foundry_attempts\n| project nowhere")
    expect(page.get_by_role("alert")).to_have_text(
        "'project' operator: Failed to resolve column or scalar expression named 'nowhere'"
        " on line 2, position 11."
    )
    expect(page.locator(".cm-lintRange-error")).to_have_text("nowhere")


@pytest.mark.usefixtures("not_fetched")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_render_draws_a_chart_that_can_be_read_as_a_table(
    shipped: LocalAzureMonitor, screen: type_of_open, theme: str
) -> None:
    """`render` gives a chart, on a wide and a narrow window, in both themes; axe finds nothing serious."""
    page = opened(screen(shipped.url, color_scheme=theme).page, shipped.url)
    run(page, f"{BY_DEPLOYMENT} | render columnchart with (title='By deployment')")
    expect(page.locator("canvas")).to_be_visible()
    expect(page.get_by_role("heading", name="By deployment")).to_be_visible()
    assert not violations(page)
    page.get_by_role("button", name="Table").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="History").click()
    assert not violations(page)


@pytest.mark.usefixtures("not_fetched")
def test_queries_are_kept_in_the_browser_shared_and_exported(
    shipped: LocalAzureMonitor, screen: type_of_open
) -> None:
    """The history brings a query back and is cleared; its address has it; copied KQL runs in Azure."""
    page = opened(screen(shipped.url, **CLIPBOARD).page, shipped.url)
    run(page, BY_DEPLOYMENT)
    expect(status(page)).to_contain_text("3 rows in")
    page.get_by_role("button", name="Copy a link to this query").click()
    expect(page.get_by_text("Link copied")).to_be_visible()
    link = str(page.evaluate("navigator.clipboard.readText()"))
    assert link.startswith(f"{shipped.url}/console#query=")
    assert BY_DEPLOYMENT not in link
    page.get_by_role("button", name="Copy KQL").click()
    expect(page.get_by_text("KQL copied")).to_be_visible()
    assert "let foundry_attempts = " in str(page.evaluate("navigator.clipboard.readText()"))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download as CSV").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"deployment,attempts\r\n")
    page.goto("about:blank")
    page.goto(link)
    expect(editor(page)).to_have_text(BY_DEPLOYMENT)
    write(page, "AppEvents")
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name=BY_DEPLOYMENT).click()
    expect(editor(page)).to_have_text(BY_DEPLOYMENT)
    page.get_by_role("button", name="History").click()
    page.get_by_role("button", name="Clear history").click()
    assert page.evaluate("localStorage.getItem('foundry-console-history')") is None


@pytest.mark.usefixtures("not_fetched")
def test_the_query_of_a_step_opens_in_the_console(shipped: LocalAzureMonitor, screen: type_of_open) -> None:
    """The link in the dialog brings its text and its time."""
    shown = screen(shipped.url)
    page = shown.open("#TimeRange=1d")
    shown.idle("calls over time").get_by_role("button", name="KQL").click()
    sent = page.get_by_role("dialog").locator("pre").text_content() or ""
    link = page.get_by_role("dialog").get_by_role("link", name="Open in console")
    expect(link).to_have_attribute("href", re.compile("^/console#query="))
    address = str(link.get_attribute("href"))
    page = opened(page, shipped.url, address.removeprefix("/console"))
    page.get_by_role("button", name="Run").click()
    expect(status(page)).to_contain_text("rows in")
    past = json.loads(page.evaluate("localStorage.getItem('foundry-console-history')"))
    assert past[0]["kql"].split() == sent.split()


@pytest.mark.usefixtures("not_fetched")
def test_a_running_query_is_cancelled(shipped: LocalAzureMonitor, screen: type_of_open) -> None:
    """The button appears while it runs, ends it, and the next query runs."""
    page = opened(screen(shipped.url).page, shipped.url)
    page.route("**/query", lambda _: None)  # which has no answer until the page cancels it
    run(page, "print answer = 41")
    page.get_by_role("button", name="Cancel").click()
    expect(status(page)).to_have_text("Cancelled")
    page.unroute_all()
    run(page, "print answer = 42")
    expect(status(page)).to_contain_text("1 row in")


HOSTILE = "<img src=x onerror='window.bad=1'>{{7*7}}<script>window.bad=1</script>\u202e"


@pytest.mark.usefixtures("fetched")
def test_values_and_queries_are_text(fresh: LocalAzureMonitor, screen: type_of_open) -> None:
    """Markup in a value, a column's name, a query and the history is shown, and nothing of it runs."""
    hostile = {**event(datetime.now(UTC), HOSTILE, value=HOSTILE, long="v" * 8_193), "iKey": fresh.store.key}
    fresh.store.add(json.dumps([hostile]).encode()).result()
    page = screen(fresh.url).open()
    page.locator(".store").click()
    expect(page.locator(".store-panel")).to_contain_text("1 value longer than Azure keeps")
    page = opened(page, fresh.url)
    literal = json.dumps(HOSTILE.removesuffix("\u202e"))
    run(page, f"AppEvents | project Name, c = {literal}, Properties | project-rename ['<b>x</b>'] = c")
    expect(status(page)).to_contain_text("1 row in")
    expect(page.locator("tbody td").first).to_have_text(HOSTILE)
    expect(page.get_by_role("columnheader", name="<b>x</b>")).to_be_visible()
    page.get_by_role("button", name="History").click()
    expect(page.locator(".past-query")).to_contain_text("onerror")
    assert page.evaluate("window.bad") is None
    assert page.locator("main img, main b").count() == 0


@pytest.mark.usefixtures("fetched")
def test_the_worker_alone_may_make_code_from_text(fresh: LocalAzureMonitor, screen: type_of_open) -> None:
    """No other answer allows it, the service's own scripts included; the worker reaches no address."""
    page = opened(screen(fresh.url).page, fresh.url)
    scripts = ["/page/console/main.js", *(f"/language-service/{name}" for name in language_service.FILES)]
    found = {}
    for path in ("/", "/console", "/console.json", *scripts, WORKER):
        answer = page.context.request.get(f"{fresh.url}{path}")
        assert answer.status == 200
        found[path] = answer.headers["content-security-policy"]
    assert [path for path, policy in found.items() if "unsafe" in policy] == [WORKER]
    assert found[WORKER].startswith("default-src 'none'; script-src 'self' 'unsafe-eval';")
    assert "connect-src" not in found[WORKER]
