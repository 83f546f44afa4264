"""Carries a begun turn out: ask the model, check what it says, finish in the database."""

from dataclasses import replace
from typing import Any

from shared.actions.proposals import unsafe
from shared.coach.answering import TurnStoppedError
from shared.coach.citations import CoachAnswer, read_answer, visible_text
from shared.coach.conversing import Conversation, Watched
from shared.coach.finishing import Ending, finish
from shared.coach.messages import SentMessage
from shared.coach.receipt import receipt, spent, used
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.errors import ModelError
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError
from shared.platform.observability import log_fault
from shared.realtime.push import Pusher
from shared.safety.answers import check_answer
from shared.safety.athlete import Athlete
from shared.safety.findings import Finding

REFUSAL = "I cannot help with that."
WITHHELD = "I had an answer for you, but parts of it would not have been safe, so I am not giving it."


def carry_out(database: Database, work: TurnWork, deadline: Deadline) -> SentMessage:
    """Answer a begun turn: one more call to the database, and one per checkpoint or tool call in between.

    Raises UnavailableError (ModelError) after the turn was ended as failed and its reservation released.
    """
    conversation = Conversation.of(database, work)
    with Pusher(work.stream, work.listeners) as pusher:
        pusher.events(work.events)
        try:
            coached, status = _coached(conversation, Watched(database, deadline, pusher))
            return finish(database, work, _ending(work, conversation, coached, status), pusher)
        except Exception as fault:
            _fail(database, work, conversation, fault, pusher)
            raise


def _coached(conversation: Conversation, watched: Watched) -> tuple[CoachAnswer, str]:
    """The answer and how the turn ends: completed, or cancelled with what there was of it."""
    try:
        conversation.run(watched)
    except TurnStoppedError:
        return read_answer(conversation.answer.text, conversation.prompt.passages), "cancelled"
    # Where a second try came to nothing, there is the first, which was cut off.
    for answer in reversed([call.answer for call in conversation.calls if not call.answer.calls]):
        coached = read_answer(answer.text, conversation.prompt.passages)
        if coached.text:
            return replace(coached, truncated=answer.is_cut), "completed"
        if answer.is_refused:
            return CoachAnswer(answer.refusal or REFUSAL, [], 0), "completed"
    raise ModelError(code="model_malformed")


def _ending(work: TurnWork, conversation: Conversation, coached: CoachAnswer, status: str) -> Ending:
    """What is stored: an unsafe answer is not, and neither is what it proposed."""
    total = spent(work, conversation)
    made_from = receipt(work, conversation, total)
    metadata: dict[str, Any] = {"citations": coached.citations, "receipt": made_from}
    if coached.truncated:
        metadata["truncated"] = True
    text, actions = coached.text, conversation.proposals.rows
    if findings := check_answer(text, Athlete.of(work.situation.profile, work.situation.words)):
        text, actions = _withheld(findings), []
        metadata.pop("truncated", None)
        metadata |= {"citations": [], "safety": {"withheld": unsafe(findings)}}
    return Ending(
        text,
        metadata,
        actions,
        status=status,
        model=conversation.answer.model.name,
        tokens=made_from["tokens"],
        cost=str(total.dollars),
        cost_complete=total.complete,
        estimated=made_from["estimated"],
    )


def _withheld(findings: list[Finding]) -> str:
    return "\n\n".join([WITHHELD, *dict.fromkeys(finding.message for finding in findings)])


def _fail(database: Database, work: TurnWork, conversation: Conversation, fault: Exception, pusher: Pusher) -> None:
    """End the turn as failed. The first fault is what the caller is told, whatever becomes of this."""
    code = fault.reason if isinstance(fault, DomainError) else "internal_error"
    try:
        partial, spent_on_it = _left_of(work, conversation)
        ended = fail_turn(database, work, code, partial, spent_on_it)
        pusher.events(ended["events"])
    except DomainError as second:
        log_fault("a failed turn could not be ended; the sweep will", second)


def _left_of(work: TurnWork, conversation: Conversation) -> tuple[str, dict[str, Any]]:
    """What the user has seen of the answer, and what was used; a fault in reckoning keeps no turn from its end."""
    try:
        partial = conversation.shown.text or (visible_text(conversation.answer.text) if conversation.calls else "")
        return partial, used(work, conversation)
    except Exception as fault:  # noqa: BLE001 - the first fault is what is told
        log_fault("a failed turn could not be reckoned", fault)
        return conversation.shown.text, {"tokens": 0}


def fail_turn(
    database: Database, work: TurnWork, code: str, partial: str = "", used: dict[str, Any] | None = None
) -> dict[str, Any]:
    """End a turn without an answer, charging what was used for it; safe to repeat."""
    ended: dict[str, Any] = database.rpc(
        "fail_turn",
        p_user_id=str(work.user_id),
        p_turn_id=work.turn_id,
        p_error_code=code,
        p_partial_content=partial,
        p_used=used,
    )
    return ended
