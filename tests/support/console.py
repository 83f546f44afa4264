"""What a person does with the console's pages, for tests of it."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, StorageState, expect

PASSWORD = "correct horse"
WHOLE_ANSWER = "Rest well. " * 39  # of the fixture `slow`, as it is read


@dataclass(frozen=True)
class Person:
    """Who has signed up, and what their browser keeps."""

    email: str
    state: StorageState

    @property
    def token(self) -> str:
        return str(self._session["access_token"])

    @property
    def id(self) -> str:
        return str(self._session["user"]["id"])

    @property
    def _session(self) -> dict[str, Any]:
        kept = {item["name"]: item["value"] for item in self.state["origins"][0]["localStorage"]}
        session: dict[str, Any] = json.loads(kept["hercules-console:auth"])
        return session


def sign_up(page: Page, email: str | None = None) -> str:
    """Make an account as a person does; returns its address."""
    email = email or f"{uuid.uuid4().hex}@example.com"
    page.goto("/")
    page.get_by_role("button", name="Make an account").click()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make an account").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    return email


def sign_in(page: Page, email: str) -> None:
    """Sign in to an account that has the tests' password."""
    page.goto("/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()


def ask(page: Page, question: str) -> None:
    """Ask the coach, in the conversation that is open or a new one."""
    page.get_by_label("Question").fill(question)
    page.get_by_label("Question").press("Enter")


def answers(page: Page) -> Locator:
    """What the coach has answered so far in the conversation that is open; not what is being written."""
    return page.get_by_role("article", name="Coach")


def faults(page: Page) -> list[str]:
    """What goes wrong in a page from now on: its errors, and what its console reports as one.

    What the cloud refuses, or cannot answer without a network, is no fault: the page says it, and a test looks there.
    """
    wrong: list[str] = []

    def note(message: ConsoleMessage) -> None:
        is_of_the_page = not message.location["url"] or message.location["url"].startswith(page.url.split("#")[0])
        is_of_the_cloud = message.text.startswith(("Failed to load resource", "WebSocket connection to"))
        if message.type == "error" and (is_of_the_page or not is_of_the_cloud):
            wrong.append(f"{message.text} ({message.location['url']})")

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", note)
    return wrong
