"""The console in a real Chromium, on the laptop cloud of the end-to-end tests: nothing is played.

    .venv/bin/python -m pytest tests/browser/test_first_answer.py

`sign_up(page)` of tests/support/console.py makes a user of one's own;
`shot(page, name)` leaves a picture in build/console/.
"""

import json
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from infra.local.cloud.description import Cloud
from infra.local.console.serving import FOLDER, serving
from infra.local.demo.phone import Phone
from infra.local.processes import ROOT
from tests.support.browser import chromium
from tests.support.console import Person, faults, sign_up
from tests.support.waiting import WITHIN

SHOTS = ROOT / "build" / "console"
SLOWLY = WITHIN * 1000  # milliseconds
WIDE: ViewportSize = {"width": 1280, "height": 800}

expect.set_options(timeout=SLOWLY)


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console's files, of the sources as they are now."""
    folder = tmp_path_factory.mktemp("console")
    command = ["npm", "run", "--silent", "build", "--", "--logLevel", "warn", "--emptyOutDir", "--outDir", str(folder)]
    subprocess.run(command, cwd=FOLDER, check=True)
    return folder


@pytest.fixture(scope="session")
def console(cloud: Cloud, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the console of the cloud."""
    with serving(cloud, tmp_path_factory.mktemp("logs") / "console.log", dist) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser, console: str) -> Iterator[BrowserContext]:
    """A browser in which nobody was before, in English; `context.new_page()`, `page.goto("/#/rooms")`."""
    with browser.new_context(base_url=console, viewport=WIDE, locale="en-GB", color_scheme="light") as context:
        context.set_default_timeout(SLOWLY)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page whose faults fail the test."""
    page = context.new_page()
    wrong = faults(page)
    yield page
    assert wrong == []


@pytest.fixture(scope="module")
def person(browser: Browser, console: str) -> Person:
    """Somebody who has signed up, for all tests of a module."""
    with browser.new_context(base_url=console, locale="en-GB") as context:
        context.set_default_timeout(SLOWLY)
        page = context.new_page()
        email = sign_up(page)
        return Person(email, context.storage_state())


@pytest.fixture
def signed_in(browser: Browser, console: str, person: Person) -> Iterator[Page]:
    """A page of that person, in a browser of its own; its faults fail the test."""
    with browser.new_context(
        base_url=console, viewport=WIDE, locale="en-GB", color_scheme="light", storage_state=person.state
    ) as context:
        context.set_default_timeout(SLOWLY)
        page = context.new_page()
        wrong = faults(page)
        page.goto("/")
        yield page
    assert wrong == []


@pytest.fixture
def phone(cloud: Cloud, person: Person) -> Iterator[Phone]:
    """That person's other device."""
    with Phone(cloud, person.id, person.email, person.token) as phone:
        yield phone


@pytest.fixture
def slow(behave: Callable[..., None]) -> str:
    """A word that makes the coach answer sentence by sentence, for some seconds."""
    return _slow(behave, 0.05)


@pytest.fixture
def very_slow(behave: Callable[..., None]) -> str:
    """The same for longer than anybody listens: to be stopped."""
    return _slow(behave, 1.0)


def _slow(behave: Callable[..., None], pace: float) -> str:
    word = f"slowly-{uuid.uuid4()}"
    behave(word, "script", content=json.dumps({"answer": "Rest *well*. " * 40, "citations": []}), times=None)
    behave(word, "pace", seconds=pace, times=None)
    return word


@pytest.fixture
def shot() -> Callable[[Page, str], None]:
    """Leaves a picture of a page in build/console/, for people to look at."""

    def take(page: Page, name: str) -> None:
        page.screenshot(path=SHOTS / f"{name}.png")

    return take
