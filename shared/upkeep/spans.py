"""What has ended as spans: turns, runs of rooms and their tasks, documents, with what models were asked in them.

Every id is made of that of the thing itself: the same work told twice is the same spans, and whoever has the id of a
turn or a room has its trace. No word, no user and no name that a model or an operator gave is in them.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.platform.otlp import Event, Span
from shared.upkeep.span_queries import (
    EndedRun,
    EndedTask,
    EndedTurn,
    EndedWork,
    ModelAsked,
    Receipt,
    SettledDocument,
    TimedCall,
)

NO_RECEIPT = Receipt()


def spans(work: EndedWork) -> list[Span]:
    return [
        *(span for turn in work.turns for span in _of_turn(turn)),
        *(span for run in work.rooms for span in _of_run(run)),
        *(span for task in work.tasks for span in _of_task(task)),
        *map(_of_document, work.documents),
    ]


def _of_turn(turn: EndedTurn) -> Iterator[Span]:
    """The turn, and in it: until its first model was asked, each model, and from the last one's end to its own."""
    trace, receipt = turn.id.hex, turn.receipt or NO_RECEIPT
    whole, started = _id(trace, "turn"), receipt.received_at or turn.started_at
    yield Span(
        trace,
        whole,
        "turn",
        started,
        turn.ended_at,
        attributes={
            "hercules.status": turn.status,
            "hercules.prompt_version": receipt.prompt_version,
            "hercules.tokens": receipt.tokens,
            "hercules.dollars": receipt.cost,
            "hercules.passages": len(receipt.chunks),
        },
        events=[Event(each.stage, each.at) for each in turn.stages],
        error=turn.error_code,
    )
    for number, call in enumerate(receipt.calls):
        yield _of_call(trace, whole, number, call)
    if calls := receipt.calls:
        yield Span(trace, _id(trace, "begin"), "begin", started, calls[0].started_at, whole)
        yield Span(trace, _id(trace, "finish"), "finish", _end(calls[-1]), turn.ended_at, whole)


def _of_call(trace: str, parent: str, number: int, call: ModelAsked) -> Span:
    first = call.first_token_ms
    return Span(
        trace,
        _id(trace, f"call {number}"),
        f"chat {call.model}",
        call.started_at,
        _end(call),
        parent,
        "client",
        {
            **_asked(call.provider, call.model),
            "gen_ai.usage.input_tokens": call.prompt_tokens,
            "gen_ai.usage.output_tokens": call.completion_tokens,
            "hercules.cached_tokens": call.cached_tokens,
            "hercules.finish_reason": call.finish_reason,
        },
        [] if first is None else [Event("first token", call.started_at + timedelta(milliseconds=first))],
    )


def _of_run(run: EndedRun) -> Iterator[Span]:
    trace, whole = run.id.hex, _id_of_run(run.id.hex, run.run)
    yield Span(
        trace,
        whole,
        "room",
        run.started_at,
        run.ended_at,
        attributes={
            "hercules.status": run.status,
            "hercules.reason": run.status_reason,
            "hercules.run": run.run,
            "hercules.tokens": run.tokens,
            "hercules.dollars": run.cost,
        },
        error=(run.status_reason or run.status) if run.status == "failed" else None,
    )
    yield from (_of_step(trace, whole, call) for call in run.calls)


def _of_task(task: EndedTask) -> Iterator[Span]:
    if task.started_at is None:
        return
    trace = task.room_id.hex
    whole = _id(trace, f"task {task.id} {task.started_at.isoformat()}")
    yield Span(
        trace,
        whole,
        f"task {task.role}",
        task.started_at,
        task.ended_at,
        _id_of_run(trace, task.run),
        attributes={
            "hercules.status": task.status,
            "hercules.round": task.round,
            "hercules.attempts": task.attempts,
            "hercules.tokens": task.tokens,
            "hercules.dollars": task.cost,
        },
        error=task.error_code,
    )
    yield from (_of_step(trace, whole, call) for call in task.calls)
    for wait in task.waits:
        yield Span(
            trace,
            _id(trace, f"wait {wait.id}"),
            "wait for owner",
            wait.started_at,
            wait.ended_at,
            whole,
            attributes={"hercules.kind": wait.kind, "hercules.answered": wait.answered},
        )


def _of_step(trace: str, parent: str, call: TimedCall) -> Span:
    started = call.ended_at - timedelta(milliseconds=call.milliseconds or 0)
    attributes = _asked(call.provider, call.model) | {"gen_ai.usage.output_tokens": call.tokens}
    name = f"chat {call.model or 'unknown'}"
    return Span(trace, _id(trace, f"step {call.id}"), name, started, call.ended_at, parent, "client", attributes)


def _of_document(document: SettledDocument) -> Span:
    trace = hashlib.sha256(f"{document.id} {document.started_at.isoformat()}".encode()).hexdigest()[:32]
    return Span(
        trace,
        _id(trace, "document"),
        "ingest",
        document.started_at,
        document.ended_at,
        attributes={
            "hercules.document": str(document.id),
            "hercules.status": document.status,
            "hercules.format": document.format,
            "hercules.bytes": document.bytes,
            "hercules.chunks": document.chunks,
            "hercules.version": document.version,
        },
        error=document.error_code,
    )


def _asked(provider: str | None, model: str | None) -> dict[str, str | int | None]:
    """As https://opentelemetry.io/docs/specs/semconv/gen-ai/ names them."""
    known = provider and provider.lower()
    return {"gen_ai.operation.name": "chat", "gen_ai.provider.name": known, "gen_ai.request.model": model}


def _end(call: ModelAsked) -> datetime:
    return call.started_at + timedelta(milliseconds=call.milliseconds)


def _id_of_run(trace: str, run: int) -> str:
    return _id(trace, f"run {run}")


def _id(trace: str, name: str) -> str:
    """Of a span: the same for the same thing."""
    return hashlib.sha256(f"{trace} {name}".encode()).hexdigest()[:16]
