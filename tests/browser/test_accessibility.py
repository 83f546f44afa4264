"""Every view by axe-core: light and dark, on a phone and wide. Serious and critical findings are faults."""

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from infra.local.accounts.__main__ import account
from infra.local.cloud.description import Cloud
from infra.local.console.serving import FOLDER
from infra.local.demo.phone import supabase_client
from tests.browser.conftest import SHOTS, SLOWLY, WIDE
from tests.support.console import PASSWORD, ask, sign_in

AXE = FOLDER / "node_modules" / "axe-core" / "axe.min.js"
NARROW: ViewportSize = {"width": 390, "height": 844}
OPERATOR = "operator-of-the-console@example.com"


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical, each with the first element that it found."""
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        "axe.run({ resultTypes: ['violations'] }).then((all) => all.violations)"
    )
    return [
        f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['failureSummary'][:300]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def views(page: Page) -> list[str]:
    """The addresses of all views, as the navigation has them."""
    links = page.get_by_role("navigation").get_by_role("link").all()
    return [str(link.get_attribute("href")) for link in links]


@pytest.fixture(scope="module")
def of_operator(browser: Browser, console: str, cloud: Cloud) -> Iterator[BrowserContext]:
    """Somebody who has all views, with something to see in some of them."""
    with supabase_client(cloud, cloud.service_key) as admin:
        account(admin, OPERATOR, PASSWORD, operator=True)
    with browser.new_context(base_url=console, viewport=WIDE, locale="en-GB", reduced_motion="reduce") as context:
        context.set_default_timeout(SLOWLY)
        page = context.new_page()
        sign_in(page, OPERATOR)
        ask(page, "Please make me a 3-day full body plan for 4 weeks.")
        expect(page.get_by_role("button", name="Approve")).to_be_visible()
        page.close()
        yield context


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_no_view_has_a_serious_finding(
    of_operator: BrowserContext, colours: Literal["light", "dark"], size: ViewportSize
) -> None:
    page = of_operator.new_page()
    page.emulate_media(color_scheme=colours)
    page.goto("/")
    found = {}
    addresses = views(page)
    page.set_viewport_size(size)
    assert len(addresses) >= 7
    for address in addresses:
        page.goto(f"/{address}")
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        page.wait_for_load_state("networkidle")
        found[address] = findings(page)
        page.screenshot(path=SHOTS / f"{address.rpartition('/')[2]}_{colours}_{size['width']}.png")
    page.close()
    assert {address: all_of_it for address, all_of_it in found.items() if all_of_it} == {}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_a_conversation_with_a_proposal_has_none(
    of_operator: BrowserContext, colours: Literal["light", "dark"]
) -> None:
    page = of_operator.new_page()
    page.emulate_media(color_scheme=colours)
    page.goto("/")
    page.get_by_role("complementary", name="Conversations").get_by_role("listitem").first.get_by_role("link").click()
    page.get_by_role("button", name="What the coach saw").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_label("Goal")).to_be_visible()
    found = findings(page)
    page.close()
    assert found == []


def test_the_way_in_has_none(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert findings(page) == []


def test_a_german_browser_is_spoken_to_in_german_and_may_choose_otherwise(browser: Browser, console: str) -> None:
    with browser.new_context(base_url=console, locale="de-DE") as context:
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_role("heading", name="Anmelden")).to_be_visible()
        page.get_by_label("Sprache").select_option("en")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "en"
