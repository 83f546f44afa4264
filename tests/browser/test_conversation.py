"""A conversation with the coach: its sources, its receipt, and whatever the network does."""

import re
from collections.abc import Callable

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.cloud.description import Cloud
from tests.support.console import WHOLE_ANSWER, answers, ask, sign_up

QUESTION = "How often should I take a deload week?"


def coming(page: Page) -> None:
    """The first words of an answer are there, and it is still being written."""
    expect(page.get_by_role("article", name="Answer").get_by_text("well").first).to_be_visible()


@pytest.mark.usefixtures("knowledge")
def test_a_source_opens_beside_the_answer_with_its_quote_marked_and_the_receipt_says_what_was_read(
    signed_in: Page, shot: Callable[[Page, str], None]
) -> None:
    ask(signed_in, QUESTION)
    signed_in.get_by_role("list", name="Sources").get_by_role("button").first.click()

    passage = signed_in.get_by_role("complementary", name="Where this is from")
    expect(passage.locator("mark")).to_contain_text("A deload is a planned easier week")
    shot(signed_in, "source")

    signed_in.get_by_role("button", name="What the coach saw").click()
    receipt = signed_in.get_by_role("complementary", name="What the coach saw")
    expect(receipt).to_contain_text("hercules-extractive-1")
    expect(receipt.get_by_text("cited", exact=True).first).to_be_visible()


def test_an_answer_goes_on_when_the_page_is_loaded_anew_in_the_middle_of_it(signed_in: Page, slow: str) -> None:
    ask(signed_in, f"How should I rest, {slow}?")
    coming(signed_in)

    signed_in.reload()

    coming(signed_in)
    expect(answers(signed_in)).to_contain_text(WHOLE_ANSWER)
    expect(answers(signed_in)).to_have_count(1)


def test_a_network_that_is_lost_is_said_and_the_answer_is_there_when_it_is_back(signed_in: Page, slow: str) -> None:
    ask(signed_in, f"How should I rest, {slow}?")
    coming(signed_in)

    signed_in.context.set_offline(True)
    expect(signed_in.get_by_text("No network.")).to_be_visible()
    signed_in.context.set_offline(False)

    expect(signed_in.get_by_text("No network.")).to_be_hidden()
    expect(answers(signed_in)).to_contain_text(WHOLE_ANSWER)


def test_a_question_that_is_asked_without_a_network_waits_for_one(signed_in: Page) -> None:
    ask(signed_in, "Hello")
    expect(answers(signed_in)).to_have_count(1)

    signed_in.context.set_offline(True)
    ask(signed_in, "Hello again")
    expect(signed_in.get_by_role("article", name="You").last).to_contain_text("Waits for a network")
    signed_in.context.set_offline(False)

    expect(answers(signed_in)).to_have_count(2)


def test_an_answer_is_stopped_and_another_question_asked_in_its_place(signed_in: Page, very_slow: str) -> None:
    ask(signed_in, f"How should I rest, {very_slow}?")
    coming(signed_in)
    signed_in.get_by_role("button", name="Stop").click()
    expect(answers(signed_in)).to_contain_text("Stopped here.")

    signed_in.get_by_role("button", name="Edit this question").click()
    signed_in.get_by_label("Edit this question").fill("Hello coach")
    signed_in.get_by_role("button", name="Ask this instead").click()

    expect(signed_in.get_by_role("article", name="You")).to_have_text("Hello coach")
    expect(answers(signed_in)).to_have_count(1)
    expect(answers(signed_in)).not_to_contain_text("Rest well.")


def test_an_answer_is_asked_for_again_and_rated_with_what_was_wrong(signed_in: Page, cloud: Cloud) -> None:
    ask(signed_in, "Hello")
    expect(answers(signed_in)).to_have_count(1)
    signed_in.get_by_role("button", name="Answer again").click()
    expect(signed_in.get_by_role("article", name="Answer")).to_be_visible()
    expect(answers(signed_in)).to_have_count(1)
    expect(signed_in.get_by_role("article", name="You")).to_have_count(1)

    signed_in.get_by_role("button", name="Bad answer").click()
    signed_in.get_by_label("too long").check()
    signed_in.get_by_label("Comment").fill("Only the steps, please.")
    signed_in.get_by_role("button", name="Send").click()
    expect(signed_in.get_by_text("Thank you.")).to_be_visible()

    with psycopg.connect(cloud.database_url) as connection:
        rated = connection.execute("select rating, reasons from ai_feedback where comment = 'Only the steps, please.'")
        assert rated.fetchall() == [(-1, ["too long"])]


def test_conversations_are_renamed_searched_and_deleted(signed_in: Page) -> None:
    ask(signed_in, "Hello, my word is xylophone")
    expect(answers(signed_in)).to_have_count(1)
    listed = signed_in.get_by_role("complementary", name="Conversations")

    listed.get_by_role("button", name=re.compile("^Rename: ")).first.click()
    signed_in.get_by_label("New name").fill("About instruments")
    signed_in.get_by_role("button", name="Save").click()
    expect(listed.get_by_role("link", name="About instruments")).to_be_visible()

    listed.get_by_label("Search all conversations").fill("xylophone")
    expect(listed.get_by_text("1 message found")).to_be_visible()
    listed.get_by_role("link", name="About instruments").click()
    listed.get_by_label("Search all conversations").fill("")

    listed.get_by_role("link").nth(1).click()
    listed.get_by_role("link", name="About instruments").click()
    expect(answers(signed_in)).to_have_count(1)
    expect(signed_in.get_by_role("article", name="You")).to_have_count(1)  # what it began with is not asked again

    listed.get_by_role("button", name="Delete: About instruments").click()
    signed_in.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(listed.get_by_role("link", name="About instruments")).to_have_count(0)
    expect(signed_in.get_by_role("heading", name="What would you like to train for?")).to_be_visible()


def test_a_strangers_address_shows_nothing(signed_in: Page, browser: Browser, console: str) -> None:
    ask(signed_in, "Hello, this is private")
    expect(answers(signed_in)).to_have_count(1)
    with browser.new_context(base_url=console, locale="en-GB") as elsewhere:
        stranger = elsewhere.new_page()
        sign_up(stranger)
        stranger.goto(signed_in.url)

        expect(stranger.get_by_role("heading", name="There is no such conversation")).to_be_visible()
        expect(stranger.get_by_text("private")).to_have_count(0)
