"""What the demo shows, step by step. Each step checks that it did what it says."""

import time

from infra.local.cloud.description import Cloud
from infra.local.demo import knowledge, limits, proposals, rooms
from infra.local.demo.checks import check, is_offline
from infra.local.demo.phone import Phone
from infra.local.demo.stage import Stage

PROFILE = {
    "goals": ["first strict pull-up", "lose 3 kg"],
    "experience_level": "beginner",
    "equipment": ["dumbbells", "pull-up bar"],
    "time_availability": "three evenings of 45 minutes",
    "injuries": "left knee, mild",
}
QUESTIONS = [
    "How often should I take a deload week?",
    "How long should I rest between sets when I train for strength?",
    "How can I work up to my first pull-up?",
    "How do I fix my Wi-Fi router?",  # nothing to cite, and the coach must say so
]


def tell(stage: Stage, cloud: Cloud) -> float:
    """Run the story on a cloud; returns the time of the first answer (epoch seconds). Raises StepError."""
    with stage.step(f"Knowledge base: {len(knowledge.documents())} documents put into the bucket"):
        stage.note(f"{knowledge.ingest(cloud, stage.console)} chunks came through S3, SQS and ingest_kb")
    with stage.step("Two users sign up"):
        ada, ben = Phone.sign_up(cloud, "ada"), Phone.sign_up(cloud, "ben")
    with ada, ben:
        return _use(stage, cloud, ada, ben)


def _use(stage: Stage, cloud: Cloud, ada: Phone, ben: Phone) -> float:
    with stage.step("One of them fills in a training profile"):
        limits.put_on_plan(cloud, ada, limits.SMALL)
        ada.call("PATCH", "/v1/profile", PROFILE).expect(200)
        stage.note(f"{ada.email} has {limits.SMALL.messages} messages a week")
    with stage.step("Conversation with the coach"):
        session = ada.open_session("Getting stronger")
        first_answer_at = _converse(stage, ada, session)
    with stage.step("The coach proposes; the user edits, approves, and takes it back"):
        plan = proposals.edit_approve_undo(stage, cloud, ada, session)
    with stage.step("The user declines, and the coach is told why"):
        proposals.decline(stage, cloud, ada, session)
    with stage.step("The weekly cap: one question more is refused"):
        refused = ada.ask(session, "And how much sleep?").expect(429)
        stage.refusal("And how much sleep?", refused.body)
    with stage.step("A red flag is answered all the same: at once, and without a model"):
        proposals.red_flag(stage, ada, session)
    with stage.step("A task room: several agents, one prompt, watched over its WebSocket"):
        rooms.slow_down(cloud)
        room = rooms.watch(stage, ada)
    with stage.step("Its files, opened by presigned URLs"):
        rooms.open_files(stage, ada, ben, room)
    with stage.step("Another room is cancelled while its agents work"):
        rooms.cancel(stage, cloud, ada)
    with stage.step("The second user looks for what is the first one's"):
        messages = ben.call("GET", f"/v1/chat/sessions/{session}/messages")
        watched = ben.call("GET", f"/v1/rooms/{room}")
        for answer in (messages, ben.ask(session, "What did Ada say?"), ben.decide(plan, "undo"), watched):
            stage.refusal("(somebody else's)", answer.expect(404).body)
    return first_answer_at


def _converse(stage: Stage, user: Phone, session: str) -> float:
    first_answer_at, cited = 0.0, 0
    for number, question in enumerate(QUESTIONS, start=1):
        answer = user.ask(session, question).expect(200)
        first_answer_at = first_answer_at or time.time()
        stage.turn(question, answer.body, answer.seconds)
        message, usage = answer.body["message"], answer.body["usage"]
        check(usage["messages_used"] == number, f"turn {number} is charged: {usage}")
        citations = knowledge.checked_citations(message)
        if is_offline(message):
            check(bool(citations) == (question != QUESTIONS[-1]), "it cites when there is something to cite, only then")
        cited += bool(citations)
    check(cited > 0, "an answer cites the knowledge base")
    return first_answer_at
