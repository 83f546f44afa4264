"""What the coach proposes: shown before and after, decided by the user, taken back."""

from collections.abc import Callable

import psycopg
from playwright.sync_api import Locator, Page, expect

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.console import ask

WISH = "Set my goal to run 5 km."


def proposal(page: Page) -> Locator:
    return page.get_by_role("region", name="Change your profile")


def goals(phone: Phone) -> list[str]:
    found: list[str] = phone.get("/v1/profile")["goals"]
    return found


def test_a_proposal_is_edited_approved_and_undone(
    signed_in: Page, phone: Phone, shot: Callable[[Page, str], None]
) -> None:
    ask(signed_in, WISH)
    card = proposal(signed_in)
    expect(card).to_contain_text("run 5 km")
    assert goals(phone) == []

    card.get_by_role("button", name="Edit").click()
    card.get_by_label("Goals").fill("run 10 km")
    shot(signed_in, "proposal_edited")
    card.get_by_role("button", name="Approve as edited").click()
    expect(card.get_by_text("done", exact=True)).to_be_visible()
    assert goals(phone) == ["run 10 km"]

    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_text("undone", exact=True)).to_be_visible()
    assert goals(phone) == []


def test_a_proposal_whose_ground_has_changed_is_shown_anew_before_it_is_approved(signed_in: Page, phone: Phone) -> None:
    ask(signed_in, WISH)
    card = proposal(signed_in)
    expect(card).to_contain_text("nothing")
    phone.call("PATCH", "/v1/profile", {"goals": ["first pull-up"]}).expect(200)

    card.get_by_role("button", name="Approve").click()

    expect(card.get_by_text("has changed meanwhile")).to_be_visible()
    expect(card).to_contain_text("first pull-up")
    assert goals(phone) == ["first pull-up"]
    card.get_by_role("button", name="Approve").click()
    expect(card.get_by_text("done", exact=True)).to_be_visible()
    phone.call("PATCH", "/v1/profile", {"goals": []}).expect(200)


def test_what_is_not_safe_is_refused_with_the_reason_and_stays_to_be_edited(signed_in: Page, phone: Phone) -> None:
    ask(signed_in, WISH)
    card = proposal(signed_in)
    card.get_by_role("button", name="Edit").click()
    card.get_by_label("Goals").fill("lose 8 kg in two weeks")
    card.get_by_role("button", name="Approve as edited").click()

    expect(card.get_by_role("alert")).to_be_visible()
    expect(card.get_by_label("Goals")).to_have_value("lose 8 kg in two weeks")
    assert goals(phone) == []
    card.get_by_role("button", name="Back").click()
    card.get_by_role("button", name="Reject").click()
    card.get_by_label("Why not?").fill("Too far")
    card.get_by_role("button", name="Reject").click()
    expect(card.get_by_text("rejected", exact=True)).to_be_visible()


def test_the_inbox_tells_of_what_waits_and_decides_it(signed_in: Page, phone: Phone) -> None:
    signed_in.goto("/#/inbox")
    session = phone.open_session("On the phone")
    phone.ask(session, WISH).expect(200)

    expect(signed_in.get_by_role("link", name="Inbox 1 waiting")).to_be_visible()
    card = proposal(signed_in).first
    card.get_by_role("button", name="Approve").click()

    expect(card.get_by_role("button", name="Undo")).to_be_visible()
    expect(signed_in.get_by_role("link", name="Inbox", exact=True)).to_be_visible()
    assert goals(phone) == ["run 5 km"]
    card.get_by_role("button", name="Undo").click()
    expect(card.get_by_text("undone", exact=True)).to_be_visible()


def test_the_inbox_tells_of_a_room_that_waits_for_its_owner(signed_in: Page, phone: Phone) -> None:
    signed_in.goto("/#/inbox")
    wish = {"task_prompt": "Write a guide to deload weeks.", "approve_plan": True}
    room = phone.call("POST", "/v1/rooms", wish).expect(201).body["id"]

    expect(signed_in.get_by_text("Its plan waits for your yes.")).to_be_visible()
    expect(signed_in.get_by_role("link", name="Inbox 1 waiting")).to_be_visible()
    opened = signed_in.get_by_role("link", name="Open the room")
    expect(opened).to_have_attribute("href", f"#/rooms/{room}")
    phone.call("POST", f"/v1/rooms/{room}/cancel").expect(200)
    expect(opened).to_have_count(0)


def test_a_proposal_whose_time_is_over_says_so_and_cannot_be_decided(signed_in: Page, cloud: Cloud) -> None:
    ask(signed_in, WISH)
    card = proposal(signed_in)
    expect(card.get_by_role("button", name="Approve")).to_be_visible()
    with psycopg.connect(cloud.database_url) as connection:
        connection.execute(
            "update ai_action_requests set expires_at = now() - interval '1 minute' where status = 'pending'"
        )

    card.get_by_role("button", name="Approve").click()

    expect(card.get_by_text("expired", exact=True)).to_be_visible()
    expect(card.get_by_role("button", name="Approve")).to_have_count(0)
