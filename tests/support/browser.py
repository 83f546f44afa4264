"""The one place that starts a browser: a real Chromium, headless, driven by Playwright.

    with chromium() as browser:
        page = browser.new_page()

A test waits as Playwright does, on conditions: `page.get_by_role(…).click()`, `page.wait_for_function(…)`.
"""

import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from infra.local.processes import ROOT

SHIPPED = ROOT / "node_modules" / ".chromium"  # tests/support/chromium.mjs puts it there
INSTALLED = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with no profile. Only one at a time in a process, and no event loop beside it: use it in a module.

    The test is skipped where there is no Chromium; on Linux on x86-64, as in continuous integration, `make setup`
    brings one, and its absence is an error.
    """
    with sync_playwright() as playwright:
        environment: dict[str, str | float | bool] = {"FONTCONFIG_PATH": str(SHIPPED / "fonts")}
        browser = playwright.chromium.launch(executable_path=executable(), env=environment)
        try:
            yield browser
        finally:
            browser.close()


def executable() -> Path:
    """The Chromium that `make setup` unpacks, or elsewhere than on Linux on x86-64 the system's."""
    if (sys.platform, platform.machine()) == ("linux", "x86_64"):
        return SHIPPED / "chromium"
    found = next(filter(None, map(shutil.which, INSTALLED)), None)
    if found is None:
        pytest.skip("no Chromium: the one in package.json is for Linux on x86-64, and none is installed")
    return Path(found)


def watched(page: Page) -> list[str]:
    """What goes wrong in a page from now on: its errors, and what its console reports as one."""
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    return wrong
