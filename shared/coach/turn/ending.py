"""With what a turn ends: an answer that may be shown, what there was of one, or advice."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from shared.coach.turn.answer import CoachAnswer, read_answer
from shared.coach.turn.model_loop import ModelLoop, TurnStoppedError
from shared.coach.turn.receipt import receipt
from shared.coach.turn.work import Ending, Status
from shared.llm.answer import Answer
from shared.llm.errors import ModelError
from shared.platform.text import JsonObject
from shared.safety.advice import DEFAULT, Reader, advice_for, notice
from shared.safety.findings import Finding
from shared.safety.gate import Checked, Gate, Judging, finished
from shared.safety.language import language_of
from shared.safety.markup import strip_markup
from shared.safety.verdict import UrgentError, Verdict


def answered(loop: ModelLoop) -> Ending:
    """Ask the model. The turn is then completed, or cancelled with what there was of an answer. Raises ModelError."""
    try:
        loop.run()
    except UrgentError as urgent:
        return _advised(loop, urgent.verdict)
    except TurnStoppedError:
        citations = read_answer(loop.answer.text, loop.prompt.passages).citations
        return _ending(loop, CoachAnswer(partial(loop), citations), {}, "cancelled")
    return _best(loop)


def partial(loop: ModelLoop) -> str:
    """Of an answer that is not whole what may be shown: finished sentences, up to the first that may not."""
    if loop.is_urgent:
        return ""
    came = (read_answer(call.answer.text, {}).text for call in reversed(loop.calls))
    shown = (Gate(loop.athlete, Judging.TO_COME).update(text) for text in came)
    return next((text for text in shown if text.startswith(loop.preview.text)), loop.preview.text)


def _best(loop: ModelLoop) -> Ending:
    """The last of the answers, if it may be shown; where it came to nothing, there is the one before.

    Raises ModelError where there is none. One of which nothing may be shown costs the user nothing.
    """
    withheld: Checked | None = None
    for answer in reversed(loop.said):
        coached = _read(loop, answer)
        if not coached.text:
            continue
        checked = loop.check(coached.text, is_mended=answer is loop.mended)
        if checked.text:
            shown = replace(coached, text=_with_notices(loop, checked))
            return _ending(loop, shown, _safety(loop, checked))
        withheld = withheld or checked
    if withheld is None:
        raise ModelError(code="model_malformed")
    language = _language(loop)
    # The findings are written in English alone.
    reasons = [finding.message for finding in withheld.findings] if language == DEFAULT else []
    text = "\n\n".join(dict.fromkeys([notice("withheld", language), *reasons]))
    return _free(loop, text, {"withheld": _rules(withheld.findings)})


def _read(loop: ModelLoop, answer: Answer) -> CoachAnswer:
    """What an answer says to the user. Of one that was cut off the sentence at its end is not kept."""
    coached = read_answer(answer.text, loop.prompt.passages)
    if coached.text and answer.is_cut:
        return replace(coached, text=finished(coached.text), truncated=True)
    if not coached.text and answer.is_refused:
        return CoachAnswer(strip_markup(answer.refusal).strip() or notice("refusal", _language(loop)), [])
    return coached


def _with_notices(loop: ModelLoop, checked: Checked) -> str:
    """The answer; that something was left out of it; and what to do if it was urgent all the same."""
    left_out = [notice("left_out", language_of(checked.text))] if checked.held else []
    careful = [notice("careful", _language(loop))] if loop.work.suspicion else []
    return "\n\n".join([checked.text, *left_out, *careful])


def _language(loop: ModelLoop) -> str:
    return language_of(loop.work.question, Reader.of(loop.work.situation.profile).language)


def _safety(loop: ModelLoop, checked: Checked) -> JsonObject:
    """Which rules an answer broke before it was mended, and which still when something was left out of it.

    What the model was asked to judge; and of what kind the question may be, for which the answer ends with care.
    """
    left_out = _rules(checked.findings)
    broken, doubted = (
        _rules(finding for held in loop.held if held.is_suspected is suspected for finding in held.findings)
        for suspected in (False, True)
    )
    mended, judged = ([rule for rule in rules if rule not in left_out] for rules in (broken, doubted))
    found = {"mended": mended, "judged": judged, "left_out": left_out, "suspected": loop.work.suspicion}
    said = {name: value for name, value in found.items() if value}
    return {"safety": said} if said else {}


def _rules(findings: Iterable[Finding]) -> list[str]:
    return list(dict.fromkeys(finding.rule for finding in findings))


def _ending(loop: ModelLoop, coached: CoachAnswer, more: JsonObject, status: Status = "completed") -> Ending:
    bill = loop.bill
    metadata: dict[str, Any] = {"receipt": receipt(loop, bill) | {"citations_dropped": coached.dropped}}
    metadata |= {"citations": [citation.model_dump(mode="json") for citation in coached.citations], **more}
    metadata |= {"grounded": bool(coached.citations)}
    metadata |= {"truncated": True} if coached.truncated else {}
    return Ending(coached.text, metadata, loop.proposals.proposed, status, loop.answer.model.name, bill)


def _advised(loop: ModelLoop, verdict: Verdict) -> Ending:
    """Fixed words instead of the model's. They cost the user nothing, whoever saw that they are needed."""
    reader = Reader.of(loop.work.situation.profile)
    advice = advice_for(verdict.kind, _language(loop), reader.country)
    words = [loop.work.question, *(message.content for message in loop.work.history if message.role == "user")]
    safety: JsonObject = {"red_flag": verdict.witness, "kind": verdict.kind, "source": advice.source}
    if verdict.witness == "model":
        safety["quoted"] = verdict.is_quoted(words)
    return _free(loop, advice.text, safety)


def _free(loop: ModelLoop, text: str, safety: JsonObject) -> Ending:
    """Neither an answer nor what it proposed; what the models were paid for stays in the books."""
    bill = loop.bill
    metadata: JsonObject = {"receipt": receipt(loop, bill), "citations": [], "safety": safety}
    return Ending(text, metadata, model=loop.answer.model.name, bill=bill, is_free=True)
