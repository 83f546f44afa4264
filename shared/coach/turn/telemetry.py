"""What operators see of a turn's end: a line of the log and metrics, with ids, codes and numbers; no word of it."""

from shared.coach.turn.work import Ending, TurnWork
from shared.platform.observability import Value, count, logger, measure_together

SAFETY = ("red_flag", "mended", "judged", "left_out", "withheld")


def tell_answered(work: TurnWork, end: Ending, status: str) -> None:
    """Of one that was completed or cancelled, also with advice instead of an answer."""
    receipt, safety = end.metadata.get("receipt", {}), end.metadata.get("safety", {})
    rules = {outcome: _listed(safety[outcome]) for outcome in SAFETY if outcome in safety}
    read = ("model_calls", "prompt_version", "first_token_ms", "citations_dropped")
    numbers = {"tokens": end.bill.tokens, "dollars": float(end.bill.cost.dollars), "model": end.model}
    numbers |= {"citations": len(end.metadata["citations"]), "passages": len(receipt.get("chunks", ()))}
    numbers |= {"proposals": len(end.proposals)} | {name: receipt.get(name) for name in read}
    logger.info("turn", extra=_ids(work) | {"status": status} | numbers | rules)
    values: dict[str, Value] = {"TurnsAnswered": (1, "Count")}
    if dropped := receipt.get("citations_dropped"):
        values["CitationsDropped"] = (dropped, "Count")
    measure_together(values, status=status)
    for outcome, named in rules.items():
        for rule in named:
            count("AnswersChanged", outcome=outcome, rule=rule)


def tell_failed(work: TurnWork, code: str) -> None:
    logger.info("turn", extra=_ids(work) | {"status": "failed", "code": code})
    count("TurnsFailed", code=code)


def _ids(work: TurnWork) -> dict[str, object]:
    return {"turn": str(work.turn.id), "session": str(work.turn.session_id), "user": str(work.user_id)}


def _listed(rules: str | list[str]) -> list[str]:
    return [rules] if isinstance(rules, str) else rules
