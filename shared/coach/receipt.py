"""What an answer was made from and what it cost, for whoever asks why it says what it says."""

from typing import Any

from shared.coach.conversing import Conversation
from shared.coach.work import TurnWork
from shared.llm.answer import bill
from shared.llm.prices import Cost, cost
from shared.prompts import coach as prompts


def spent(work: TurnWork, conversation: Conversation) -> Cost:
    """Cost of all calls of the model and of embedding the question."""
    return sum((answer.cost for answer in conversation.answers), cost(work.embedding_model, work.embedding_tokens))


def used(work: TurnWork, conversation: Conversation) -> dict[str, Any]:
    """What a turn that ends without an answer is charged with: nothing, where no model was paid."""
    if not conversation.answers:
        return {"tokens": 0}
    return bill(conversation.answers, work.embedding_tokens, cost(work.embedding_model, work.embedding_tokens))


def receipt(work: TurnWork, conversation: Conversation, total: Cost) -> dict[str, Any]:
    """Kept in the message's metadata. `total` is what was `spent`."""
    prompt, answers, last = conversation.prompt, conversation.answers, conversation.answer
    prompt_tokens = sum(answer.usage.prompt for answer in answers)
    completion_tokens = sum(answer.usage.completion for answer in answers)
    return {
        "provider": last.model.provider,
        "model": last.model.name,
        "model_calls": len(answers),
        "prompt_version": prompts.VERSION,
        "prompt_hash": prompts.prompt_hash(),
        "profile_fields": prompt.profile_fields,
        "chunks": [
            {"chunk_id": passage["chunk_id"], "version": passage["version"], "score": round(passage["score"], 4)}
            for passage in prompt.passages.values()
        ],
        "history_messages": prompt.history_used,
        "history_left_out": work.history_total - prompt.history_used,
        "prompt_tokens": prompt_tokens,
        "cached_tokens": sum(answer.usage.cached for answer in answers),
        "completion_tokens": completion_tokens,
        "embedding_tokens": work.embedding_tokens,
        "tokens": prompt_tokens + completion_tokens + work.embedding_tokens,
        "estimated": any(answer.usage.estimated for answer in answers),
        "cost": float(total.dollars),
        "cost_complete": total.complete,
        "first_token_ms": last.first_token_ms,
        "finish_reason": last.finish,
    }
