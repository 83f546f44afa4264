"""What an answer was made from, for whoever asks why it says what it says."""

from typing import Any

from shared.coach.work import TurnWork
from shared.llm.chat import Answer
from shared.llm.prices import Cost, cost
from shared.prompts import coach as prompts


def spent(work: TurnWork, answer: Answer) -> Cost:
    """Cost of the answer and of embedding the question."""
    chat = cost(answer.model, answer.prompt_tokens, answer.completion_tokens)
    return chat + cost(work.embedding_model, work.embedding_tokens)


def receipt(work: TurnWork, answer: Answer, prompt: prompts.Prompt, total: Cost) -> dict[str, Any]:
    """Kept in the message's metadata. `total` is what was `spent`."""
    return {
        "model": answer.model,
        "prompt_version": prompts.VERSION,
        "prompt_hash": prompts.prompt_hash(),
        "profile_fields": prompt.profile_fields,
        "chunks": [
            {"chunk_id": passage["chunk_id"], "version": passage["version"], "score": round(passage["score"], 4)}
            for passage in prompt.passages.values()
        ],
        "history_messages": prompt.history_used,
        "history_left_out": work.history_total - prompt.history_used,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "embedding_tokens": work.embedding_tokens,
        "tokens": answer.prompt_tokens + answer.completion_tokens + work.embedding_tokens,
        "estimated": answer.estimated,
        "cost": float(total.dollars),
        "cost_complete": total.complete,
        "first_token_ms": answer.first_token_ms,
        "finish_reason": answer.finish_reason,
    }
