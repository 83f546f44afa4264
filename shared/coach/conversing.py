"""Asks the model until it answers: it may call tools on the way, and each call is answered with what became of it."""

from dataclasses import dataclass, field
from typing import Any

from shared.actions.proposals import Proposals
from shared.actions.tools import tools
from shared.coach.answering import stream_text
from shared.coach.work import TurnWork
from shared.database.client import Database
from shared.llm.chat import Answer, Message, chat_model
from shared.platform.deadline import Deadline
from shared.prompts import coach as prompts
from shared.realtime.push import Pusher

CUT = {"status": "invalid", "reasons": ["The call was cut off before its end. Propose something shorter."]}


@dataclass
class Conversation:
    """The calls of one turn, the last of which answers the user."""

    prompt: prompts.Prompt
    proposals: Proposals
    answers: list[Answer] = field(default_factory=list)

    @classmethod
    def of(cls, database: Database, work: TurnWork) -> "Conversation":
        prompt = prompts.build(work.question, work.athlete, work.actions, work.history, work.passages)
        return cls(prompt, Proposals(database, work.user_id, work.situation, _origin(work, prompt)))

    @property
    def answer(self) -> Answer:
        return self.answers[-1]

    def run(self, database: Database, work: TurnWork, deadline: Deadline, pusher: Pusher) -> None:
        """Raises ModelError, TurnStoppedError; what was used until then is in `answers`."""
        messages: list[Message] = list(self.prompt.messages)
        for left in reversed(range(prompts.ROUNDS)):
            self.answers.append(Answer(chat_model()))
            # The last round offers no tools, so that it can only be an answer.
            offered = tools() if left else []
            try:
                stream_text(database, work, messages, self.answer, deadline, pusher, offered)
            finally:
                self.answer.estimate(messages)
            if not self.answer.calls:
                return
            messages = [*messages, *self._answered_calls()]

    def _answered_calls(self) -> list[Message]:
        """The model's message with its calls, and an answer to each: providers demand one."""
        calls = [call for _, call in sorted(self.answer.calls.items())]
        said: list[Message] = [
            {"role": "assistant", "content": None, "tool_calls": [call.as_message() for call in calls]}
        ]
        for call in calls:
            told = CUT if self.answer.is_cut else self.proposals.take(call)
            said.append({"role": "tool", "tool_call_id": call.id, "content": prompts.told(told)})
        return said


def _origin(work: TurnWork, prompt: prompts.Prompt) -> dict[str, Any]:
    """Where the proposals of this turn come from: a user must be able to see whether a document was in play."""
    shown = ("chunk_id", "source", "title", "version", "content")
    return {
        "question_id": str(work.question_id),
        "turn_id": work.turn_id,
        "model": chat_model(),
        "prompt_version": prompts.VERSION,
        "prompt_hash": prompts.prompt_hash(),
        "passages": [{name: passage[name] for name in shown} for passage in prompt.passages.values()],
    }
