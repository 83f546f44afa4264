"""Rooms in the console: opened, watched, answered, changed, read, shared, gone on with."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from infra.local.demo.phone import Phone
from tests.browser.conftest import WIDE
from tests.browser.test_accessibility import NARROW, findings
from tests.support.console import faults, sign_up
from tests.support.waiting import eventually

PROMPT = "Write a guide for my next race, and a calculator in Python for its pace. Ask me which race I am training for."
QUESTION = 'You wrote: "ask me which race I am training for". What is your answer?'
LOG = 'day,km,notes\nmon,5,"easy, flat"\nwed,8,hills\n'


@pytest.fixture
def asking(phone: Phone) -> dict[str, Any]:
    """A room that waits for its owner, who has told its agents something."""
    opened = phone.call("POST", "/v1/rooms", {"task_prompt": PROMPT}).expect(201).body
    eventually(lambda: phone.get(f"/v1/rooms/{opened['id']}")["room"]["status"] == "active")
    phone.call("POST", f"/v1/rooms/{opened['id']}/answer", {"steer": "Nobody else is to read this."}).expect(200)
    return opened


@pytest.fixture
def done(phone: Phone) -> str:
    """The id of a room that has ended."""
    opened = phone.call("POST", "/v1/rooms", {"task_prompt": "Write a guide to deload weeks."}).expect(201).body
    eventually(lambda: phone.get(f"/v1/rooms/{opened['id']}")["room"]["status"] == "completed")
    return str(opened["id"])


def status(page: Page, words: str) -> None:
    expect(page.get_by_role("status").get_by_text(words, exact=True)).to_be_visible()


def test_a_room_is_opened_its_plan_changed_its_question_answered_and_its_files_and_review_read(
    signed_in: Page, behave: Callable[..., None], shot: Callable[[Page, str], None]
) -> None:
    page, word = signed_in, f"autumn{uuid.uuid4().hex[:8]}"
    behave(word, "pace", seconds=0.03, times=None)
    page.get_by_role("navigation").get_by_role("link", name="Rooms").click()
    page.get_by_role("button", name="Open a room").click()
    page.get_by_label("What should the agents make?").fill(f"{PROMPT} It is in {word}.")
    page.get_by_label("What makes it good?").fill("It names the race.\nIt says how to begin.")
    page.get_by_label("Files for the agents").set_input_files(
        {"name": "log.csv", "mimeType": "text/csv", "buffer": LOG.encode()}
    )
    page.get_by_label("Show me the plan").check()
    assert findings(page) == []
    shot(page, "rooms_open")
    page.get_by_role("button", name="Open the room").click()

    expect(page.get_by_role("region", name="The plan")).to_be_visible()
    page.get_by_label("It is good if").fill("It names the race.")
    page.get_by_role("button", name="Change the plan").click()
    expect(page.get_by_role("region", name="Review")).to_contain_text("It names the race.")
    assert findings(page) == []
    shot(page, "rooms_plan")
    page.get_by_role("button", name="Let it run").click()

    page.wait_for_selector(".agent-text:not(:empty)")  # looked for at every frame: it is there briefly
    shot(page, "rooms_live")
    status(page, "Waits for you")
    expect(page.get_by_text(QUESTION)).to_be_visible()
    shot(page, "rooms_question")
    page.get_by_label("Your answer").fill("A 10 km race")
    page.get_by_role("button", name="Answer").click()
    status(page, "Done")
    expect(page.get_by_role("article", name="Writer")).to_contain_text("Done")
    expect(page.get_by_role("region", name="Review").get_by_role("listitem")).to_contain_text(
        ["Met: It names the race."]
    )
    expect(page.get_by_role("meter", name="Calls")).to_be_visible()
    expect(page.get_by_label("Events").get_by_text("Room: Done")).to_be_visible()
    assert findings(page) == []
    shot(page, "rooms_done")

    page.get_by_role("button", name="log.csv").click()
    expect(page.get_by_role("dialog").get_by_role("cell", name="easy, flat")).to_be_visible()
    assert findings(page) == []
    shot(page, "rooms_table")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="document.md").click()
    expect(page.get_by_role("dialog").get_by_text("A 10 km race").first).to_be_visible()
    shot(page, "rooms_file")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="document.md")).to_be_focused()


def test_a_room_that_waits_for_a_provider_says_so_until_it_goes_on(
    signed_in: Page, phone: Phone, behave: Callable[..., None], shot: Callable[[Page, str], None]
) -> None:
    word = f"winter{uuid.uuid4().hex[:8]}"
    behave(word, "status", status=429, retry_after=60, times=2)  # of both providers
    prompt = f"Write a guide to deload weeks in {word}."
    opened = phone.call("POST", "/v1/rooms", {"task_prompt": prompt}).expect(201).body
    signed_in.goto(f"/#/rooms/{opened['id']}")
    status(signed_in, "Waits for the model provider")
    shot(signed_in, "rooms_throttled")
    status(signed_in, "Done")


def test_whoever_watches_a_shared_room_sees_nothing_of_its_owner_and_a_stranger_no_room(
    browser: Browser,
    console: str,
    signed_in: Page,
    asking: dict[str, Any],
    phone: Phone,
    shot: Callable[[Page, str], None],
) -> None:
    with browser.new_context(base_url=console, viewport=WIDE, locale="en-GB") as context:
        page = context.new_page()
        wrong = faults(page)
        sign_up(page)
        page.goto(f"/#/rooms/{asking['room_id']}")
        expect(page.get_by_role("heading", level=2, name="There is no such room")).to_be_visible()

        signed_in.goto(f"/#/rooms/{asking['id']}")
        signed_in.get_by_role("button", name="Share").click()
        signed_in.get_by_label("Everybody who is signed in").click()
        link = signed_in.get_by_label("Link", exact=True).input_value()
        shot(signed_in, "rooms_share")
        signed_in.keyboard.press("Escape")
        expect(signed_in.get_by_text("Nobody else is to read this.")).to_be_visible()
        expect(signed_in.get_by_text(QUESTION)).to_be_visible()

        page.goto("about:blank")
        page.goto(link)
        expect(page.get_by_text("You watch a room that somebody shared.")).to_be_visible()
        expect(page.get_by_role("article", name="Coder")).to_contain_text("Done")
        expect(page.get_by_role("button", name="pace_calculator.py")).to_be_visible()
        shot(page, "rooms_watched")
        content = page.locator("main")
        for private in ("Nobody else is to read this.", QUESTION, "tokens"):
            expect(content.get_by_text(private)).to_have_count(0)
        expect(content.get_by_role("meter")).to_have_count(0)
        expect(content.get_by_role("textbox")).to_have_count(0)
        expect(content.get_by_role("button", name=re.compile("Share|End the room|Pause"))).to_have_count(0)
        phone.call("POST", f"/v1/rooms/{asking['id']}/answer", {"answer": "A secret race"}).expect(200)
        status(page, "Done")
        expect(page.locator("main").get_by_text("live", exact=True)).to_be_visible()
        assert wrong == []


def test_a_room_is_gone_on_with_and_deleted_on_a_phone(
    signed_in: Page, done: str, phone: Phone, shot: Callable[[Page, str], None]
) -> None:
    page, narrow = signed_in, ViewportSize(width=NARROW["width"], height=NARROW["height"])
    page.set_viewport_size(narrow)
    page.goto(f"/#/rooms/{done}")
    page.get_by_label("What should be different?").fill("Make it shorter.")
    page.get_by_role("button", name="Go on with it").click()
    expect(page.get_by_role("heading", level=1, name="Make it shorter.")).to_be_visible()
    eventually(lambda: phone.get(f"/v1/rooms/{done}")["room"]["status"] == "completed")
    status(page, "Done")
    assert page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")
    assert findings(page) == []
    shot(page, "rooms_narrow")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", level=1, name="Rooms")).to_be_visible()
    expect(page.get_by_role("link", name="Make it shorter.")).to_have_count(0)
    assert phone.call("GET", f"/v1/rooms/{done}").status == 404
