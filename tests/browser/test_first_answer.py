"""A newcomer's first minute: an account, a question, an answer that comes sentence by sentence."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.support.console import WHOLE_ANSWER, answers, ask, sign_up


def test_a_newcomer_signs_up_asks_and_watches_the_answer_come(
    page: Page, slow: str, shot: Callable[[Page, str], None]
) -> None:
    sign_up(page)

    ask(page, f"How should I rest, {slow}?")

    coming = page.get_by_role("article", name="Answer")
    expect(coming.get_by_text("well").first).to_be_visible()
    assert coming.inner_text().count("well") < 40
    expect(answers(page)).to_contain_text(WHOLE_ANSWER)
    shot(page, "first_answer")


def test_a_browser_of_a_system_without_a_language_is_served_too(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'languages', { get: () => ['en-US@posix', 'en'] })")

    sign_up(page)

    expect(page.get_by_role("navigation").first).to_be_visible()


def test_who_is_not_signed_in_sees_nothing_but_the_way_in(page: Page) -> None:
    page.goto("/#/training")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_role("navigation")).to_have_count(0)


def test_who_signs_out_leaves_nothing_behind(page: Page) -> None:
    sign_up(page)
    ask(page, "Hello")
    expect(answers(page)).to_have_count(1)
    page.wait_for_function("Object.keys(localStorage).some((key) => key.startsWith('hercules:'))")

    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    kept = page.evaluate(
        "Object.keys(localStorage).filter((key) => key.startsWith('hercules') && !/theme|language/.test(key))"
    )
    assert kept == []
