"""What goes wrong, as a person meets it: it is said where they look, in their language, and nothing is lost."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.browser.conftest import SLOWLY
from tests.browser.test_accessibility import NARROW, findings
from tests.support.console import Person, answers, ask

QUESTION = "How often should I take a deload week?"
URGENT = "I have crushing chest pain and my left arm is numb"


@pytest.fixture
def used_up(cloud: Cloud, phone: Phone) -> Iterator[None]:
    """All messages of that person's week are used."""
    phone.ask(phone.open_session("On the phone"), QUESTION).expect(200)
    of_user = "from ai_usage as u where u.user_id = %s"
    with psycopg.connect(cloud.database_url, autocommit=True) as database:
        row = database.execute(f"select messages_used {of_user}", (phone.user_id,)).fetchone()
        database.execute("update ai_usage set messages_used = 1000 where user_id = %s", (phone.user_id,))
        yield
        database.execute("update ai_usage set messages_used = %s where user_id = %s", (*(row or (0,)), phone.user_id))


@pytest.fixture
def cut_off(browser: Browser, console: str, person: Person) -> Iterator[Page]:
    """A page of that person of which files may not come, which is a fault elsewhere."""
    with browser.new_context(base_url=console, locale="en-GB", storage_state=person.state) as context:
        context.set_default_timeout(SLOWLY)
        page = context.new_page()
        page.goto("/")
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        yield page


def test_a_question_that_is_asked_in_anothers_place_and_refused_stays_to_be_edited(
    signed_in: Page, cloud: Cloud, phone: Phone
) -> None:
    ask(signed_in, QUESTION)
    expect(answers(signed_in)).to_be_visible()
    with psycopg.connect(cloud.database_url, autocommit=True) as database:
        database.execute("update ai_usage set messages_used = 1000 where user_id = %s", (phone.user_id,))
        signed_in.get_by_role("button", name="Edit this question").click()
        signed_in.get_by_label("Edit this question").fill("And how long should it last?")
        signed_in.get_by_role("button", name="Ask this instead").click()

        expect(signed_in.get_by_role("alert")).to_contain_text("This week's limit is reached. Try again in")
        expect(signed_in.get_by_label("Edit this question")).to_have_value("And how long should it last?")
        expect(answers(signed_in)).to_be_visible()
        database.execute("update ai_usage set messages_used = 1 where user_id = %s", (phone.user_id,))


@pytest.mark.usefixtures("used_up")
def test_the_first_question_of_a_conversation_that_is_refused_stays_to_be_sent_again(signed_in: Page) -> None:
    ask(signed_in, QUESTION)

    expect(signed_in.get_by_role("alert")).to_contain_text("This week's limit is reached. Try again in")
    expect(signed_in.get_by_label("Question")).to_have_value(QUESTION)


def test_without_a_network_it_is_said_and_with_one_all_comes_by_itself(cut_off: Page) -> None:
    cut_off.goto("/#/training")
    expect(cut_off.get_by_text("Nothing written down yet")).to_be_visible()
    cut_off.context.set_offline(True)
    navigation = cut_off.get_by_role("navigation", name="Main")
    navigation.get_by_role("link", name="Coach").click()
    navigation.get_by_role("link", name="Training").click()
    expect(cut_off.get_by_role("alert").first).to_contain_text("The server cannot be reached.")

    cut_off.context.set_offline(False)

    expect(cut_off.get_by_text("Nothing written down yet")).to_be_visible()
    expect(cut_off.get_by_role("alert")).to_have_count(0)


def test_a_view_that_did_not_load_does_once_there_is_a_network(cut_off: Page) -> None:
    cut_off.context.set_offline(True)
    cut_off.get_by_role("link", name="Profile").click()
    expect(cut_off.get_by_role("alert")).to_contain_text("This part of the console did not load.")

    cut_off.context.set_offline(False)

    expect(cut_off.get_by_role("heading", level=1, name="Profile")).to_be_visible()


def test_what_goes_wrong_in_a_dialog_is_said_in_it(signed_in: Page) -> None:
    signed_in.goto("/#/rooms")
    signed_in.get_by_role("button", name="Open a room").click()
    dialog = signed_in.get_by_role("dialog")
    dialog.get_by_label("What should the agents make?").fill(URGENT)
    dialog.get_by_role("button", name="Open the room").click()
    expect(dialog.get_by_role("alert")).to_contain_text("emergency")
    signed_in.keyboard.press("Escape")

    ask_and_rate_badly(signed_in)
    signed_in.context.set_offline(True)
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("status")).to_contain_text("The server cannot be reached.")
    signed_in.context.set_offline(False)
    assert findings(signed_in) == []


def ask_and_rate_badly(page: Page) -> None:
    page.goto("/#/coach")
    ask(page, QUESTION)
    page.get_by_role("button", name="Bad answer").click()
    send = page.get_by_role("dialog").get_by_role("button", name="Send").bounding_box()
    assert send is not None
    assert send["width"] > send["height"]


def test_dialogs_that_are_closed_one_after_the_other_open_again(signed_in: Page) -> None:
    page = signed_in
    ask(page, QUESTION)
    expect(answers(page)).to_be_visible()
    page.set_viewport_size(NARROW)
    page.get_by_role("button", name="Conversations").click()
    page.get_by_role("dialog").get_by_role("button", name="Rename").first.click()
    expect(page.get_by_label("New name")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    page.get_by_role("button", name="Conversations").click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_an_address_of_no_conversation_says_so(signed_in: Page) -> None:
    for name in ("rubbish", "00000000-0000-4000-8000-000000000000"):
        signed_in.goto(f"/#/coach/{name}")
        expect(signed_in.get_by_role("heading", name="There is no such conversation")).to_be_visible()


def test_a_field_that_is_not_valid_is_named_in_the_users_language(signed_in: Page) -> None:
    signed_in.get_by_label("Language").select_option("de")
    signed_in.goto("/#/profile")
    signed_in.get_by_label("Zeitzone").fill("Berlin")
    signed_in.get_by_label("Geburtsjahr").fill("1950")
    signed_in.get_by_label("Land").fill("ZZ")
    signed_in.get_by_role("button", name="Speichern").click()

    alert = signed_in.get_by_role("alert")
    expect(alert).to_contain_text("Zeitzone: so nicht geschrieben.")
    expect(alert).to_contain_text("Land: ein Land mit zwei Buchstaben, wie DE.")
