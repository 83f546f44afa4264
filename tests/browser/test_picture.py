"""The picture of the README's first screen, as the console really is:

.venv/bin/python -m pytest tests/browser/test_picture.py && cp build/console/picture.png docs/console.png
"""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from infra.local.cloud.description import Cloud
from infra.local.processes import ROOT
from tests.support.console import ask, sign_up
from tests.support.waiting import WITHIN


@pytest.fixture
def deloads(cloud: Cloud) -> None:
    """What the project's own knowledge base says of them is in the cloud's."""
    text = (ROOT / "infra" / "knowledge" / "deload.md").read_text()
    document = {"source": "deload.md", "text": text}
    url, headers = f"{cloud.api_url}/v1/knowledge/documents", {"apikey": cloud.service_key}
    httpx.post(url, json=document, headers=headers, timeout=WITHIN).raise_for_status()


@pytest.mark.usefixtures("deloads")
def test_an_answer_its_source_and_a_proposal_stand_side_by_side(page: Page, shot: Callable[[Page, str], None]) -> None:
    sign_up(page, "ada@example.com")
    ask(page, "How often should I take a deload week?")
    page.get_by_role("list", name="Sources").get_by_role("button").first.click()
    expect(page.locator(".passage mark")).to_be_visible()
    ask(page, "Set my goal to run 5 km.")

    expect(page.get_by_role("button", name="Approve")).to_be_in_viewport()
    expect(page.locator(".passage mark")).to_be_in_viewport()
    page.get_by_role("heading", name="Where this is from").click()  # away from the field
    shot(page, "picture")
