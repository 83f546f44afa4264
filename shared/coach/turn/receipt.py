"""What an answer was made from and what it cost, for whoever asks why it says what it says."""

import time
from datetime import UTC, datetime

from shared.coach.turn.model_loop import ModelLoop
from shared.coach.turn.prompt import VERSION, prompt_hash
from shared.llm.answer import Answer, Bill
from shared.platform.text import JsonObject


def receipt(loop: ModelLoop, bill: Bill) -> JsonObject:
    """Kept in the message's metadata: tokens of all calls, cost in US dollars, scores as cosine similarity."""
    work, prompt, last = loop.work, loop.prompt, loop.answer
    usages = [answer.usage for answer in loop.paid]
    return {
        "provider": last.model.provider,
        "model": last.model.name,
        "model_calls": len(usages),
        "prompt_version": VERSION,
        "prompt_hash": prompt_hash(),
        "profile_fields": prompt.profile_fields,
        "chunks": [
            {"chunk_id": str(passage.chunk_id), "version": passage.version, "score": round(passage.score, 4)}
            for passage in prompt.passages.values()
        ],
        "searched": work.searched,
        "memories": len(work.athlete.memories),
        "summary_until": work.summary_until and work.summary_until.isoformat(),
        "lookups": loop.lookups.asked,
        "history_messages": prompt.history_used,
        "history_left_out": work.history_total - prompt.history_used,
        "prompt_tokens": sum(usage.prompt for usage in usages),
        "cached_tokens": sum(usage.cached for usage in usages),
        "completion_tokens": sum(usage.completion for usage in usages),
        "embedding_tokens": work.embedding_tokens + loop.lookups.embedding_tokens,
        "tokens": bill.tokens,
        "estimated": bill.estimated,
        "cost": float(bill.cost.dollars),
        "cost_complete": bill.cost.complete,
        "first_token_ms": last.first_token_ms,
        "finish_reason": last.finish,
        "received_at": work.received_at and work.received_at.isoformat(timespec="milliseconds"),
        "calls": [_call(answer) for answer in loop.paid],
    }


def _call(answer: Answer) -> JsonObject:
    """One call of a model, when it was made and how long it took: what a trace of the turn is made of."""
    started = time.time() - (time.monotonic() - answer.started)
    return {
        "provider": answer.model.provider,
        "model": answer.model.name,
        "started_at": datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds"),
        "milliseconds": answer.milliseconds,
        "first_token_ms": answer.first_token_ms,
        "prompt_tokens": answer.usage.prompt,
        "cached_tokens": answer.usage.cached,
        "completion_tokens": answer.usage.completion,
        "finish_reason": answer.finish,
    }
