"""Rooms by the clock: made from a room, paused, and ended; and why none was opened is said."""

from collections.abc import Callable

import psycopg
from playwright.sync_api import Locator, Page, expect

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.browser.test_accessibility import NARROW, findings

PROMPT = "Look at my week."


def scheduled(phone: Phone) -> str:
    """The id of what is opened each Sunday."""
    wanted = {"task_prompt": PROMPT, "weekdays": ["sunday"], "at": "18:00", "time_zone": "Europe/Berlin"}
    return str(phone.call("POST", "/v1/room-schedules", wanted).expect(201).body["id"])


def by_the_clock(page: Page) -> Locator:
    return page.get_by_role("region", name="Rooms by the clock")


def test_a_room_is_repeated_by_the_clock_paused_and_ended(
    signed_in: Page, phone: Phone, shot: Callable[[Page, str], None]
) -> None:
    page = signed_in
    room = phone.call("POST", "/v1/rooms", {"task_prompt": PROMPT, "approve_plan": True}).expect(201).body["id"]
    page.goto(f"/#/rooms/{room}")
    page.get_by_role("button", name="Repeat by the clock").click()
    form = page.get_by_role("dialog")
    expect(form.get_by_label("What should the agents make?")).to_have_value(PROMPT)
    form.get_by_role("button", name="Open it by the clock").click()
    expect(form.get_by_role("alert")).to_have_text("Choose a day at least.")
    form.get_by_label("Sunday").check()
    form.get_by_label("Wednesday").check()
    form.get_by_label("At", exact=True).fill("07:30")
    form.get_by_label("Time zone").select_option("Europe/Berlin")
    form.get_by_label("US dollars").fill("0.5")
    assert findings(page) == []
    shot(page, "rooms_repeat")
    form.get_by_role("button", name="Open it by the clock").click()
    expect(form).to_have_count(0)

    page.goto("/#/rooms")
    listed = by_the_clock(page)
    expect(listed).to_contain_text("On Wednesday and Sunday at 07:30 (Europe/Berlin)")
    listed.get_by_role("button", name="Pause").click()
    expect(listed.get_by_text("Paused")).to_be_visible()
    (kept,) = phone.get("/v1/room-schedules")["items"]
    assert (kept["task_prompt"], kept["weekdays"], kept["paused"]) == (PROMPT, ["wednesday", "sunday"], True)
    listed.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(listed.get_by_text(PROMPT)).to_have_count(0)
    assert phone.get("/v1/room-schedules")["items"] == []
    phone.call("POST", f"/v1/rooms/{room}/cancel").expect(200)


def test_why_none_was_opened_is_said_in_german_on_a_phone(signed_in: Page, phone: Phone, cloud: Cloud) -> None:
    page, schedule = signed_in, scheduled(phone)
    with psycopg.connect(cloud.database_url) as connection:
        connection.execute("update room_schedules set last_error = 'quota_exceeded' where id = %s", (schedule,))
    page.get_by_label("Language").select_option("de")
    page.set_viewport_size(NARROW)
    page.goto("/#/rooms")

    listed = page.get_by_role("region", name="Räume nach der Uhr")
    expect(listed).to_contain_text("Jeden Sonntag um 18:00 Uhr (Europe/Berlin)")
    expect(listed).to_contain_text("Das Maß der Woche war erreicht.")
    assert page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")
    assert findings(page) == []
    phone.call("DELETE", f"/v1/room-schedules/{schedule}").expect(204)
