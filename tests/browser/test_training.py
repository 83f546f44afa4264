"""The user's own pages: profile, memories, plan and log."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from infra.local.demo.phone import Phone
from tests.support.console import ask

WEEKS = 12
LIFTS = {"Squat": 60.0, "Bench press": 45.0, "Deadlift": 80.0}


def train(phone: Phone) -> None:
    """Twelve weeks of two lifts a week, a little more each week."""
    for week in range(WEEKS):
        day = datetime.now(UTC).date() - timedelta(weeks=WEEKS - 1 - week)
        exercises = [
            {"name": name, "sets": 3 + week % 2, "reps": 6, "load_kg": load + 1.25 * week, "rest_seconds": 120}
            for name, load in LIFTS.items()
        ]
        workout = {"performed_on": day.isoformat(), "minutes": 50 + week, "exercises": exercises, "notes": None}
        phone.call("POST", "/v1/workout-logs", workout).expect(201)


def test_a_workout_is_written_down_corrected_and_deleted(signed_in: Page) -> None:
    signed_in.goto("/#/training")
    signed_in.get_by_role("button", name="Write down a workout").click()
    form = signed_in.get_by_role("dialog")
    form.get_by_label("Name").first.fill("Overhead press")
    form.get_by_label("Repetitions", exact=True).fill("5")
    form.get_by_label("Load (kg)").fill("40")
    form.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_text("3 × 5 · 40 kg")).to_be_visible()

    signed_in.get_by_role("button", name="Correct").click()
    form.get_by_label("Load (kg)").fill("42.5")
    form.get_by_role("button", name="Save").click()
    expect(signed_in.get_by_text("3 × 5 · 42.5 kg")).to_be_visible()

    signed_in.get_by_role("button", name="Delete").click()
    form.get_by_role("button", name="Delete").click()
    expect(signed_in.get_by_text("Nothing written down yet")).to_be_visible()


def test_twelve_weeks_are_drawn_and_can_be_read_as_a_table(
    signed_in: Page, phone: Phone, shot: Callable[[Page, str], None]
) -> None:
    train(phone)
    signed_in.goto("/#/training")

    load = signed_in.get_by_role("figure").filter(has_text="Weekly load")
    expect(load.locator("rect")).to_have_count(WEEKS)
    load.get_by_text("As a table").click()
    # (60 + 45 + 80 + three times 1.25 × 11) kg × 6 × 4 in the last week
    expect(load.get_by_role("row").last).to_contain_text("5,430")
    load.get_by_text("As a table").click()
    maximum = signed_in.get_by_role("figure").filter(has_text="Estimated maximum")
    expect(maximum.locator("polyline")).to_have_count(len(LIFTS))
    shot(signed_in, "training")


def test_the_profile_is_changed(signed_in: Page, phone: Phone) -> None:
    signed_in.goto("/#/profile")
    signed_in.get_by_label("Goals").fill("first pull-up\nrun 5 km\n")
    signed_in.get_by_label("Experience").select_option("beginner")
    signed_in.get_by_role("button", name="Save").click()

    expect(signed_in.get_by_text("Saved.")).to_be_visible()
    profile = phone.get("/v1/profile")
    assert (profile["goals"], profile["experience_level"]) == (["first pull-up", "run 5 km"], "beginner")


def test_a_memory_is_kept_corrected_and_forgotten(signed_in: Page, phone: Phone, behave: Callable[..., None]) -> None:
    fact = {"fact": "I train at home."}
    final = {"content": json.dumps({"answer": "It is up to you.", "citations": []})}
    behave(phone.user_id, "script", steps=[{"tool_calls": [{"name": "remember", "arguments": fact}]}, final])
    ask(signed_in, f"Please remember it. {phone.user_id}")
    signed_in.get_by_role("region", name="Remember this").get_by_role("button", name="Approve").click()
    expect(signed_in.get_by_role("button", name="Undo")).to_be_visible()

    signed_in.goto("/#/profile")
    signed_in.get_by_role("button", name="Correct: I train at home.").click()
    signed_in.get_by_label("Fact").fill("I train in the park.")
    signed_in.get_by_role("listitem").get_by_role("button", name="Save").click()
    signed_in.get_by_role("button", name="Forget: I train in the park.").click()
    expect(signed_in.get_by_text("I train in the park.")).to_have_count(0)
    assert phone.get("/v1/memories")["items"] == []
