"""The link that opens the page, and what a browser keeps of it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from foundry_telemetry.local.api.server import LocalAzureMonitor
from tests.page.conftest import PATIENCE_MS, type_of_open

UNAUTHORIZED = ("Failed to load resource: the server responded with a status of 401",)


def test_the_link_opens_the_page(fresh: LocalAzureMonitor, browser: Browser) -> None:
    """By the link, or by the file for a browser, the page opens; its token is in no address."""
    for start in (fresh.link, fresh.opener):
        context = browser.new_context()
        page = context.new_page()
        page.goto(start)
        page.wait_for_url(f"{fresh.url}/**", timeout=PATIENCE_MS)
        page.wait_for_selector("html[data-ready]", timeout=PATIENCE_MS)
        assert fresh.token not in page.url
        assert fresh.token not in page.evaluate("document.cookie + document.referrer + location.href")
        (cookie,) = context.cookies()
        assert (cookie["httpOnly"], cookie["sameSite"], cookie["value"]) == (True, "Strict", fresh.token)
        assert page.evaluate("navigation.entries().every(({url}) => !url.includes('token='))")
        context.close()


def test_a_page_of_an_earlier_start(screen: type_of_open) -> None:
    """After a restart with another token the page says where the link is."""
    with LocalAzureMonitor() as azure:
        opened = screen(azure.url, allowed=UNAUTHORIZED)
        page = opened.open()
        page.context.clear_cookies()
        page.reload()
        expect(page.locator("body")).to_contain_text(re.compile("open the link that was printed"))
        page.goto("about:blank")


@pytest.mark.slow
def test_a_link_that_sets_what_no_control_could(shipped: LocalAzureMonitor, screen: type_of_open) -> None:
    """A tab and a number that are none, a name that could end its string: each is as at the start."""
    page = screen(shipped.url).open("#Tab=nope&Target=-1&Deployment=x%27%29%20or%20%28%271%27%3D%3D%271")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Overview")
    expect(page.get_by_label("Target, %")).to_have_value("99")
    expect(page.locator(".opener").filter(has_text="Deployment")).to_contain_text("All")


@pytest.mark.slow
def test_what_is_typed_wrong_stays_beside_its_message(
    shipped: LocalAzureMonitor, screen: type_of_open
) -> None:
    """Until it is right: nothing else that happens on the page changes the field or its message."""
    page = screen(shipped.url).open()
    field = page.get_by_label("Target, %")
    field.fill("abc")
    expect(field).to_have_attribute("aria-invalid", "true")
    page.get_by_role("tab", name="Limits").click()
    expect(page.get_by_label("Limits per minute")).to_be_visible()
    expect(field).to_have_value("abc")
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("98")
    expect(field).to_have_attribute("aria-invalid", "false")
    page.wait_for_url("**Target=98**")
    page.go_back()
    expect(field).to_have_value("99")
