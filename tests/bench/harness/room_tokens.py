"""How many tokens a task of a room sends its model, for tasks of several lengths."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone
from tests.support.e2e.rooms_script import DONE, Json, Room, Script, calls

GOAL = 2.2
TOPICS = 16
PARAGRAPH = (
    "On topic {topic}: run so easily that whole sentences can be said, add at most a tenth to a week, take an easier "
    "week every fourth, and keep strength work for hips, calves and trunk beside it while the knee is calm; what hurts "
    "the next morning was too much. "
)
# Of each topic 700 tokens, as the five passages have that a search of the knowledge base brings.
NOTES = "\n".join(PARAGRAPH.format(topic=f"t{topic:02}") for topic in range(TOPICS) for _ in range(11))
CHAPTER = "\n\nWeek {number}. " + PARAGRAPH.format(topic="the week") * 8  # some 350 words
REQUEST = (
    "{word} Please write me a guide for my first 10 km in autumn. I have a bad left knee and train at home, three "
    "evenings a week. Say what to do in each week, how hard, how to warm up, and which signs mean that I should stop."
)
BRIEF = (
    "Write {file}, a guide to a first 10 km in twelve weeks, for whom <athlete> names, from notes.md. Begin with an "
    "overview of the weeks as a table, then a chapter for each phase of three weeks: what to do, how hard by the talk "
    "test and by effort from 1 to 10, how long, and one paragraph why, with what it rests on. Then strength work at "
    "home with what equipment there is, warming up, and when to stop and see a doctor. No deep lunges and no jumps. "
    "Plain English, kilometres and kilograms. Append chapter by chapter, and end when all of them are there. {brief}"
)
PROFILE = {
    "goals": ["a first 10 km", "no pain on stairs"],
    "experience_level": "beginner",
    "equipment": ["dumbbells to 12 kg", "resistance bands", "a bench"],
    "time_availability": "three evenings of 45 minutes, Sundays a long hour",
    "injuries": "left knee: patellofemoral pain since spring, seen by a physiotherapist in June; worse with deep bends",
}
WORKOUTS = 12


def measured(cloud: Cloud, lengths: Sequence[int]) -> list[Json]:
    """What tasks of so many calls sent, beside what half as many did."""
    with Phone.sign_up(cloud, "bench") as user:
        _train(user)
        sent = {length: _sent(cloud, user, length) for length in lengths}
    return [
        {
            "calls": length,
            "sent": sum(each),
            "over_half_the_calls": round(sum(each) / sum(sent[length // 2]), 2) if length // 2 in sent else None,
            "last_call": each[-1],
        }
        for length, each in sent.items()
    ]


def _train(user: Phone) -> None:
    """Who comes to rooms has a profile, follows a plan, and logs what was done."""
    session = user.open_session("A plan")
    user.ask(session, "Please make me a 3-day full body plan for 4 weeks.").expect(200)
    (action,) = user.get("/v1/actions?status=pending")["items"]
    user.decide(action["id"], "approve", {"version": action["version"]}).expect(200)
    user.call("PATCH", "/v1/profile", PROFILE).expect(200)
    for number in range(WORKOUTS):
        day = datetime.now(UTC).date() - timedelta(days=2 * number + 1)
        run = {"name": "Easy run", "sets": 1, "reps": None, "seconds": 1800, "load_kg": None, "rest_seconds": 0}
        workout = {"performed_on": f"{day}", "minutes": 40, "notes": "Knee calm.", "exercises": [run]}
        user.call("POST", "/v1/workout-logs", workout).expect(201)


def _sent(cloud: Cloud, user: Phone, length: int) -> list[int]:
    """Tokens of each call of one task. Raises RuntimeError where it did not go as planned."""
    script = Script(cloud)
    brief = BRIEF.format(file=script.file("t1"), brief=script.brief("t1"))
    script.plans(script.task("t1", brief=brief))
    script.works("t1", *(_step(script, number) for number in range(length - 1)), DONE)
    room = Room.open(user, script, task_prompt=REQUEST.format(word=script.word), input_file_ids=[_notes(user)])
    if room.wait() != ("completed", None):
        raise RuntimeError(f"the room did not go as planned: {room.status()}")
    found = [record["prompt_tokens"] for record in script.requests(script.brief("t1"))]
    found = found[1:-1] if len(found) == length + 2 else found  # without plan and review
    if len(found) != length:
        raise RuntimeError(f"the task made {len(found)} calls, not {length}")
    return found


def _step(script: Script, number: int) -> Json:
    if number % 2 == 0:
        return calls("read_file", filename="notes.md", find=f"t{number:02}")
    written: dict[str, Any] = {"filename": script.file("t1"), "content": CHAPTER.format(number=number)}
    return calls("write_file", **written, append=number > 1)


def _notes(user: Phone) -> str:
    content = NOTES.encode()
    body = {"filename": "notes.md", "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    upload = user.call("POST", "/v1/rooms/uploads", body).expect(201).body
    httpx.put(upload["url"], content=content, headers=upload["headers"], trust_env=False).raise_for_status()
    return str(upload["id"])
