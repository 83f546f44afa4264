"""A user's first minutes. With `--write-examples`, what is answered here becomes the examples of the contract."""

import hashlib
from collections.abc import Callable, Iterator

import httpx
import pytest

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.answers import Answers
from tests.support.waiting import WITHIN, eventually

SQUAT = {"name": "Squat", "sets": 3, "reps": 8, "load_kg": 60, "rest_seconds": 120}
CSV = b"day,minutes\n2026-11-20,40\n"


@pytest.fixture(autouse=True)
def examples(answers: Answers) -> Iterator[None]:
    """Only what is answered here is told as an example."""
    answers.keeps = True
    yield
    answers.keeps = False


def test_talking_to_the_coach(user: Phone, knowledge: str) -> None:
    user.call("PATCH", "/v1/profile", {"goals": ["first pull-up"], "experience_level": "beginner"})
    user.get("/v1/profile")
    session = user.open_session("Getting stronger")
    answered = user.ask(session, "How often should I take a deload week?").expect(200).body
    (citation, *_) = answered["message"]["metadata"]["citations"]
    user.get(f"/v1/messages/{answered['message']['id']}/passages/{citation['chunk_id']}")
    user.call("PUT", f"/v1/messages/{answered['message']['id']}/rating", {"rating": 1, "reasons": ["clear"]}).expect(
        200
    )
    begun = user.ask(session, "And how many sets?", Prefer="respond-async").expect(202).body["turn"]
    turn = f"/v1/chat/sessions/{session}/turns/{begun['id']}"
    eventually(lambda: user.get(turn)["status"] == "completed")
    user.call("POST", f"{turn}/cancel").expect(200)
    user.call("PATCH", f"/v1/chat/sessions/{session}", {"title": "Deloads"}).expect(200)
    user.get("/v1/chat/search?words=deload")
    for path in ("", "/messages?limit=2", "/events?limit=2", "/export"):
        user.get(f"/v1/chat/sessions/{session}{path}")
    user.get("/v1/chat/sessions")
    user.get("/v1/usage")
    user.call("POST", "/v1/realtime/tickets").expect(201)


def test_deciding_on_what_the_coach_proposes(user: Phone, session: str) -> None:
    user.ask(session, "Please make me a 3-day full body plan for 4 weeks.").expect(200)
    (action,) = user.get("/v1/actions?status=pending")["items"]
    user.decide(action["id"], "approve", {"version": action["version"]}).expect(200)
    user.get("/v1/workout-plans")
    user.decide(action["id"], "undo").expect(200)
    user.ask(session, "Please make me a 2-day full body plan for 4 weeks.").expect(200)
    (action,) = user.get("/v1/actions?status=pending")["items"]
    user.decide(action["id"], "reject", {"reason": "Not this week"}).expect(200)
    user.get("/v1/events?limit=2")


def test_training_and_what_is_remembered(user: Phone, session: str, behave: Callable[..., None]) -> None:
    workout = {"performed_on": "2026-11-20", "minutes": 40, "notes": "Went well", "exercises": [SQUAT]}
    logged = user.call("POST", "/v1/workout-logs", workout).expect(201).body
    user.call("PATCH", f"/v1/workout-logs/{logged['id']}", {"minutes": 45}).expect(200)
    user.get("/v1/workout-logs")
    remembers = {"name": "remember", "arguments": {"fact": "Trains at six.", "replaces": None}}
    said = "I train at six in the morning."
    behave(
        said,
        "script",
        steps=[{"tool_calls": [remembers]}, {"content": '{"answer": "Shall I keep that?", "citations": []}'}],
    )
    user.ask(session, said).expect(200)
    (action,) = user.get("/v1/actions?status=pending")["items"]
    user.decide(action["id"], "approve", {"version": action["version"]}).expect(200)
    (memory,) = user.get("/v1/memories")["items"]
    user.call("PATCH", f"/v1/memories/{memory['id']}", {"fact": "Trains at half past six."}).expect(200)


def test_a_room(user: Phone) -> None:
    sent = {"filename": "log.csv", "size": len(CSV), "sha256": hashlib.sha256(CSV).hexdigest()}
    upload = user.call("POST", "/v1/rooms/uploads", sent).expect(201).body
    httpx.put(upload["url"], content=CSV, headers=upload["headers"]).raise_for_status()
    wanted = {"task_prompt": "Write a short guide to deload weeks.", "input_file_ids": [upload["id"]]}
    room = user.call("POST", "/v1/rooms", wanted | {"approve_plan": True}).expect(201).body["id"]
    eventually(lambda: user.get(f"/v1/rooms/{room}")["room"]["status_reason"] == "plan_ready")
    changed = {"criteria": ["It fits on one page."]}
    user.call("PATCH", f"/v1/rooms/{room}/plan", changed).expect(200)
    user.call("POST", f"/v1/rooms/{room}/answer", {"steer": "Keep it to one page."}).expect(200)
    user.call("PUT", f"/v1/rooms/{room}/hold", {"paused": False}).expect(200)
    eventually(lambda: user.get(f"/v1/rooms/{room}")["room"]["status"] in ("completed", "failed"))
    user.call("PUT", f"/v1/rooms/{room}/share", {"shared": True}).expect(200)
    (file, *_) = user.get(f"/v1/rooms/{room}/files")["items"]
    user.get(f"/v1/rooms/{room}/files/{file['id']}")
    user.call("POST", f"/v1/rooms/{room}/files/{file['id']}/export", {"format": "html"}).expect(200)
    user.get(f"/v1/rooms/{room}/events?limit=2")
    user.get("/v1/rooms")
    user.call("POST", f"/v1/rooms/{room}/continue", {"follow_up": "Make it shorter."}).expect(200)
    user.call("POST", f"/v1/rooms/{room}/cancel").expect(200)
    user.call("POST", f"/v1/rooms/{room}/retry").expect(200)
    user.call("POST", f"/v1/rooms/{room}/cancel").expect(200)


def test_a_room_by_the_clock(user: Phone) -> None:
    wanted = {"task_prompt": "Look at my week.", "weekdays": ["sunday"], "at": "18:00", "time_zone": "Europe/Berlin"}
    schedule = user.call("POST", "/v1/room-schedules", wanted).expect(201).body["id"]
    user.call("PATCH", f"/v1/room-schedules/{schedule}", {"paused": True}).expect(200)
    user.get("/v1/room-schedules")


def test_what_operators_ask(cloud: Cloud, user: Phone, session: str, knowledge: str) -> None:
    answered = user.ask(session, "How often should I take a deload week?").expect(200).body
    rating = f"/v1/messages/{answered['message']['id']}/rating"
    user.call("PUT", rating, {"rating": 1, "comment": "Short and clear."}).expect(200)
    with httpx.Client(base_url=cloud.api_url, headers={"apikey": cloud.service_key}, timeout=WITHIN) as operator:
        for what in ("usage", "turns", "rooms", "ratings", "knowledge", "safety", "plans"):
            operator.get(f"/v1/operations/{what}").raise_for_status()
        plan = f"/v1/operations/users/{user.user_id}/plan"
        operator.get(plan).raise_for_status()
        operator.patch(plan, json={"plan": "free"}).raise_for_status()
        operator.get("/health/deep").raise_for_status()


def test_the_knowledge_base_and_the_end(cloud: Cloud, user: Phone, knowledge: str) -> None:
    headers = {"apikey": cloud.service_key}
    with httpx.Client(base_url=cloud.api_url, headers=headers, timeout=WITHIN) as editor:
        documents = editor.get("/v1/knowledge/documents?limit=2").raise_for_status().json()["items"]
        editor.get(f"/v1/knowledge/documents/{documents[0]['id']}/chunks?limit=2").raise_for_status()
        editor.post("/v1/knowledge/search", json={"query": "How often a deload week?"}).raise_for_status()
        editor.post("/v1/knowledge/explain", json={"question": "How often a deload week?"}).raise_for_status()
        form = {"source": "guides/deload.md", "content_type": "text/markdown", "size": 2048}
        editor.post("/v1/knowledge/uploads", json=form).raise_for_status()
        editor.get("/v1/operations/ingestion").raise_for_status()
        for kind in ("turns", "rooms"):
            for item in editor.get(f"/v1/operations/{kind}?limit=1").raise_for_status().json()["items"]:
                editor.get(f"/v1/operations/{kind}/{item['id']}").raise_for_status()
        editor.get("/health").raise_for_status()
    user.get("/v1/account/export")
    user.call("DELETE", "/v1/account").expect(200)
