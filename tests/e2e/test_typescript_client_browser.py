"""The client library in a real Chromium, on a page of another origin: its example of a chat, and its React hooks."""

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from infra.local.accounts.__main__ import account, signed_in
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import supabase_client
from infra.local.processes import ROOT
from tests.support.browser import chromium
from tests.support.stub_server import Request, Response, StubServer

CLIENT = ROOT / "clients" / "typescript"
PAGE = """<!doctype html><title>Chat</title><link rel="icon" href="data:,">
<body><script type="module" src="/page.js"></script></body>"""
SLOWLY = 30_000  # milliseconds for what takes a cold function or two on a busy machine


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def script() -> bytes:
    """The page's script, as an app's bundler makes it."""
    subprocess.run(["npm", "run", "--silent", "generate"], cwd=CLIENT, check=True)
    return subprocess.run(["npm", "run", "--silent", "page"], cwd=CLIENT, check=True, capture_output=True).stdout


@pytest.fixture
def page(cloud: Cloud, browser: Browser, app: StubServer, script: bytes) -> Iterator[Page]:
    """The chat of a user who has just signed up."""

    def reply(request: Request) -> Response:
        if request.path == "/page.js":
            return Response(script, content_type="text/javascript")
        return Response(PAGE.encode(), content_type="text/html; charset=utf-8")

    app.reply = reply
    page = browser.new_page()
    page.set_default_timeout(SLOWLY)
    page.goto(app.url)
    addresses = {"api_url": cloud.api_url, "supabase_url": cloud.supabase_url, "anon_key": cloud.anon_key}
    page.evaluate("cloud => begin(cloud)", {**addresses, "email": f"{uuid.uuid4()}@example.com"})
    expect(page.get_by_label("socket")).to_have_text("live", timeout=SLOWLY)
    yield page
    page.close()


@pytest.fixture
def slow(behave: Callable[..., None]) -> str:
    """A word that makes the coach answer sentence by sentence, for some seconds."""
    word = f"slowly-{uuid.uuid4()}"
    behave(word, "script", content=json.dumps({"answer": "Rest well. " * 60, "citations": []}), times=None)
    behave(word, "pace", seconds=0.05, times=None)
    return word


def ask(page: Page, question: str) -> None:
    page.get_by_label("Question").fill(question)
    page.get_by_role("button", name="Ask").click()


def expect_the_stored_answer(page: Page) -> None:
    """What is shown once the chat is ready again is what is stored, word for word."""
    expect(page.get_by_role("button", name="Ask")).to_be_visible(timeout=SLOWLY)
    stored = page.get_by_label("stored")
    expect(stored).not_to_be_empty(timeout=SLOWLY)
    text = stored.text_content() or ""
    expect(page.get_by_label("assistant").locator("p").last).to_have_text(text, timeout=SLOWLY)


def test_a_page_shows_an_answer_while_it_is_written_and_in_the_end_the_stored_one(page: Page, slow: str) -> None:
    ask(page, f"How should I rest, {slow}?")
    expect(page.get_by_label("preview")).not_to_be_empty(timeout=SLOWLY)
    expect_the_stored_answer(page)
    expect(page.get_by_label("inbox")).to_have_text("0 pending, 1 asked", timeout=SLOWLY)


def test_a_page_without_a_network_for_a_while_shows_the_stored_answer(page: Page, slow: str) -> None:
    ask(page, f"How should I rest, {slow}?")
    expect(page.get_by_label("preview")).not_to_be_empty(timeout=SLOWLY)
    page.context.set_offline(True)
    page.wait_for_function("!navigator.onLine")
    page.context.set_offline(False)
    expect_the_stored_answer(page)


def test_a_page_carries_out_what_the_user_approves(page: Page) -> None:
    ask(page, "Set my goal to run 5 km.")
    expect(page.get_by_label("inbox")).to_contain_text("1 pending", timeout=SLOWLY)
    page.get_by_role("button", name="Approve update_profile").click()
    expect(page.get_by_label("inbox")).to_contain_text("0 pending", timeout=SLOWLY)


def test_a_page_of_an_operator_puts_a_file_into_the_knowledge_bucket_and_sees_it_read(cloud: Cloud, page: Page) -> None:
    email = f"{uuid.uuid4()}@example.com"
    with supabase_client(cloud, cloud.service_key) as admin:
        token = signed_in(cloud, email, str(account(admin, email, "", operator=True)))
    name, text = f"{uuid.uuid4()}.md", "# Stair running\n\nRun up, walk down.\n"
    file = {"api_url": cloud.api_url, "token": token, "name": name, "text": text}
    learned = page.evaluate("file => learn(file)", file)
    assert learned == {"status": "ready", "title": "Stair running", "done": len(text)}
