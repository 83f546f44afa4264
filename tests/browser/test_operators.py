"""The operator's half of the console: a document from the file to its cost, and nothing of it for anybody else."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, expect

from infra.local.accounts.__main__ import account
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone, supabase_client
from tests.browser.conftest import SLOWLY, WIDE
from tests.browser.test_accessibility import NARROW, findings
from tests.support.console import PASSWORD, answers, ask, faults, sign_in
from tests.support.documents import pdf
from tests.support.waiting import eventually

Shot = Callable[[Page, str], None]
OPERATIONS = ("use", "turns", "rooms", "ratings", "safety", "ingestion", "plans")
LIFT = f"lift{uuid4().hex[:6]}"
QUESTION = f"How many sets of the {LIFT} should I do?"


@pytest.fixture(scope="module")
def operators_context(browser: Browser, console: str, cloud: Cloud) -> Iterator[BrowserContext]:
    """A browser in which an operator has signed in."""
    email = f"{uuid4().hex}@example.com"
    with supabase_client(cloud, cloud.service_key) as admin:
        account(admin, email, PASSWORD, operator=True)
    with browser.new_context(base_url=console, viewport=WIDE, locale="en-GB", color_scheme="light") as context:
        context.set_default_timeout(SLOWLY)
        page = context.new_page()
        sign_in(page, email)
        page.close()
        yield context


@pytest.fixture
def operator(operators_context: BrowserContext) -> Iterator[Page]:
    """A page of that operator; its faults fail the test."""
    page = operators_context.new_page()
    wrong = faults(page)
    yield page
    page.close()
    assert wrong == []


@pytest.fixture(scope="module")
def document() -> FilePayload:
    text = f"The {LIFT}. Do the {LIFT} in three sets of five, twice a week. Between the sets rest for two minutes."
    return {"name": f"{LIFT}.pdf", "mimeType": "application/pdf", "buffer": pdf(text)}


def test_a_pdf_is_dropped_read_and_found_and_its_cost_is_seen(
    operator: Page, document: FilePayload, shot: Shot
) -> None:
    operator.goto("/#/knowledge")
    expect(operator.get_by_text("waiting in the queue")).to_be_visible()
    operator.get_by_label("Choose files").set_input_files(document)
    uploads = operator.get_by_role("region", name="Uploads")
    expect(uploads.get_by_text("in the queue").or_(uploads.get_by_text("being read"))).to_be_visible()
    expect(uploads.get_by_text("ready", exact=True)).to_be_visible()
    row = operator.get_by_role("row").filter(has_text=f"{LIFT}.pdf")
    expect(row.get_by_text("ready", exact=True)).to_be_visible()
    shot(operator, "knowledge_documents")

    row.get_by_role("link").click()
    expect(operator.get_by_text("three sets of five")).to_be_visible()
    shot(operator, "knowledge_chunks")

    operator.get_by_role("link", name="Ask as the coach").click()
    operator.get_by_label("Question", exact=True).fill(QUESTION)
    operator.get_by_role("button", name="Search").click()
    best = operator.get_by_role("row").nth(1)
    expect(best).to_contain_text("shown to the model")
    expect(best).to_contain_text(LIFT)
    shot(operator, "knowledge_ask")

    operator.goto("/#/coach")
    ask(operator, QUESTION)
    expect(answers(operator)).to_contain_text("three sets of five")
    operator.goto("/#/operations")
    figures = operator.get_by_role("definition")
    expect(figures.first).to_contain_text("$")
    expect(operator.get_by_role("region", name="By model")).to_contain_text("hercules-extractive-1")
    shot(operator, "operations_use")


def test_what_is_no_document_is_refused_with_its_reason(operator: Page) -> None:
    operator.goto("/#/knowledge")
    broken: FilePayload = {"name": f"{LIFT}-broken.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 nothing"}
    picture: FilePayload = {"name": f"{LIFT}.png", "mimeType": "image/png", "buffer": b"png"}
    operator.get_by_label("Choose files").set_input_files([broken, picture])
    uploads = operator.get_by_role("region", name="Uploads")
    expect(uploads.get_by_text("Files of this kind are not read.")).to_be_visible()
    expect(uploads.get_by_text("The document is damaged")).to_be_visible()
    row = operator.get_by_role("row").filter(has_text=f"{LIFT}-broken.pdf")
    row.get_by_role("button", name="Delete").click()
    operator.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)


def test_a_turn_is_traced_and_a_user_put_on_a_plan(operator: Page, phone: Phone, shot: Shot) -> None:
    session = phone.open_session("Deloads")
    answered = phone.ask(session, "How often should I take a deload week?").expect(200).body
    message = answered["message"]["id"]
    comment = f"Too short {uuid4().hex[:6]}"
    rating = {"rating": -1, "reasons": ["incomplete"], "comment": comment}
    phone.call("PUT", f"/v1/messages/{message}/rating", rating).expect(200)
    phone.ask(session, "I have chest pain and my left arm is numb.").expect(200)

    operator.goto("/#/operations/turns")
    operator.get_by_role("link", name=answered["turn"]["id"][:8]).click()
    trace = operator.get_by_role("region", name="Trace")
    expect(trace.get_by_role("row").last).to_contain_text("completed")
    expect(operator.get_by_role("region", name="Reserved")).to_contain_text("settled")
    shot(operator, "operations_turn")
    assert "deload" not in operator.inner_text("main")

    operator.get_by_role("link", name="Ratings").click()
    expect(operator.get_by_role("row").filter(has_text=comment)).to_contain_text("bad")
    operator.get_by_role("link", name="Safety").click()
    expect(operator.get_by_role("region", name="Rule")).to_contain_text("advice instead")
    shot(operator, "operations_safety")
    operator.get_by_role("link", name="Plans").click()
    operator.get_by_label("User id").fill(phone.user_id)
    operator.get_by_role("button", name="Look up").click()
    expect(operator.get_by_role("meter", name="Used this week: Messages")).to_have_attribute("aria-valuenow", "1")


def test_a_room_is_traced_by_its_tasks_and_calls(
    operator: Page, phone: Phone, behave: Callable[..., None], shot: Shot
) -> None:
    secret = f"handstand{uuid4().hex[:6]}"
    behave(secret, "pace", seconds=0.05, times=None)  # it is still at work when it is cancelled
    body = {"task_prompt": f"A guide to the {secret}."}
    room = phone.call("POST", "/v1/rooms", body).expect(201).body["id"]
    eventually(lambda: phone.get(f"/v1/rooms/{room}")["tasks"] != [])
    phone.call("POST", f"/v1/rooms/{room}/cancel").expect(200)

    operator.goto("/#/operations/rooms")
    operator.get_by_role("link", name=room[:8]).click()
    expect(operator.get_by_role("region", name="Tasks")).to_contain_text("t1")
    expect(operator.get_by_role("region", name="Calls of models")).to_contain_text("planning, review")
    expect(operator.get_by_role("definition").first).to_contain_text("cancelled")
    shot(operator, "operations_room")
    assert secret not in operator.inner_text("main")


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_no_part_has_a_serious_finding_or_is_wider_than_a_phone(operator: Page, colours: str, shot: Shot) -> None:
    operator.emulate_media(color_scheme="dark" if colours == "dark" else "light")
    operator.set_viewport_size(NARROW)
    wide, found = [], {}
    for address in [*(f"operations/{part}" for part in OPERATIONS), "knowledge/ask", "knowledge/gaps", "knowledge"]:
        operator.goto(f"/#/{address}")
        expect(operator.get_by_role("heading", level=1)).to_be_visible()
        operator.wait_for_load_state("networkidle")
        expect(operator.get_by_text("Loading …")).to_have_count(0)
        found[address] = findings(operator)
        if operator.evaluate("document.querySelector('main').scrollWidth > innerWidth"):
            wide.append(address)
        shot(operator, f"{address.replace('/', '_')}_{colours}_narrow")
    assert ({address: each for address, each in found.items() if each}, wide) == ({}, [])


def test_who_is_no_operator_sees_none_of_it_and_is_refused(signed_in: Page, phone: Phone) -> None:
    expect(signed_in.get_by_role("link", name="Profile")).to_be_visible()
    for view in ("Knowledge", "Operations"):
        expect(signed_in.get_by_role("link", name=view)).to_have_count(0)
        signed_in.goto(f"/#/{view.lower()}")
        expect(signed_in.get_by_role("heading", name=view)).to_have_count(0)
    for path in ("/v1/operations/usage", "/v1/operations/ingestion", "/v1/knowledge/documents"):
        assert phone.call("GET", path).status == 403
