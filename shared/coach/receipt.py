"""What an answer was made from, for whoever asks why it says what it says."""

from typing import Any

from shared.coach.conversing import Conversation
from shared.coach.work import TurnWork
from shared.llm.prices import Cost, cost
from shared.prompts import coach as prompts


def spent(work: TurnWork, conversation: Conversation) -> Cost:
    """Cost of all calls of the model and of embedding the question."""
    total = cost(work.embedding_model, work.embedding_tokens)
    for answer in conversation.answers:
        total += cost(answer.model, answer.prompt_tokens, answer.completion_tokens)
    return total


def receipt(work: TurnWork, conversation: Conversation, total: Cost) -> dict[str, Any]:
    """Kept in the message's metadata. `total` is what was `spent`."""
    prompt, answers, last = conversation.prompt, conversation.answers, conversation.answer
    prompt_tokens = sum(answer.prompt_tokens for answer in answers)
    completion_tokens = sum(answer.completion_tokens for answer in answers)
    return {
        "model": last.model,
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
        "completion_tokens": completion_tokens,
        "embedding_tokens": work.embedding_tokens,
        "tokens": prompt_tokens + completion_tokens + work.embedding_tokens,
        "estimated": any(answer.estimated for answer in answers),
        "cost": float(total.dollars),
        "cost_complete": total.complete,
        "first_token_ms": last.first_token_ms,
        "finish_reason": last.finish_reason,
    }
