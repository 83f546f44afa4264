"""The account: all that is stored of oneself is taken along, and deleted; and a session comes to its end."""

import gzip
import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from infra.local.demo.phone import Phone
from tests.browser.test_accessibility import NARROW, findings
from tests.support.console import PASSWORD, sign_up

BROKEN = """() => {
    const session = JSON.parse(localStorage['hercules-console:auth']);
    localStorage['hercules-console:auth'] = JSON.stringify({
        ...session, access_token: session.access_token.slice(0, -8), refresh_token: 'used before'
    });
}"""


def test_all_that_is_stored_of_a_user_is_written_into_a_file_and_downloaded(signed_in: Page, phone: Phone) -> None:
    phone.call("PATCH", "/v1/profile", {"goals": ["first pull-up"]}).expect(200)
    signed_in.goto("/#/profile")
    signed_in.get_by_role("button", name="Write my data into a file").click()
    with signed_in.expect_download() as download:
        signed_in.get_by_role("link", name="Download your data").click()

    tables = json.loads(gzip.decompress(download.value.path().read_bytes()))["tables"]
    assert tables["ai_profile"][0]["goals"] == ["first pull-up"]
    expect(signed_in.get_by_text("The link works until")).to_be_visible()
    assert findings(signed_in) == []


def test_an_account_is_deleted_once_its_address_is_typed_and_is_gone_then(
    page: Page, shot: Callable[[Page, str], None]
) -> None:
    page.set_viewport_size(NARROW)
    email = sign_up(page)
    page.goto("/#/profile")
    page.get_by_role("button", name="Delete my account").click()
    dialog = page.get_by_role("dialog")
    address = dialog.get_by_label("To confirm")
    address.fill("somebody.else@example.com")
    dialog.get_by_role("button", name="Delete everything for good").click()
    expect(dialog.get_by_text("This is not the account's address.")).to_be_visible()
    assert findings(page) == []
    shot(page, "profile_delete")

    address.fill(email)
    dialog.get_by_role("button", name="Delete everything for good").click()

    expect(page.get_by_text("Your account and everything in it is deleted.")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('hercules:'))") == []
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The email and the password do not belong together.")


def test_a_session_that_is_over_leads_to_the_sign_in_and_from_there_back_to_where_it_was(page: Page) -> None:
    email = sign_up(page)
    page.evaluate(BROKEN)
    page.goto("/#/training")

    expect(page.get_by_text("You are signed in no longer. Sign in again.")).to_be_visible()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1, name="Training")).to_be_visible()


def test_who_signs_out_is_told_so(page: Page) -> None:
    sign_up(page)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You are signed out.")).to_be_visible()
