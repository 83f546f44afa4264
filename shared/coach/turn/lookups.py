"""What the model may look up before it answers: it reads, changes nothing, and needs nobody's approval."""

from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from shared.actions.training import RESULT_TOKENS, GetPlan, GetWorkouts, as_data, read_plan, read_workouts
from shared.coach.turn.lookup_queries import room_for_coach
from shared.database.client import Database
from shared.knowledge.passages import best, passages_text
from shared.knowledge.queries import Passage
from shared.knowledge.search import search
from shared.llm import tokens
from shared.llm.answer import ToolCall
from shared.llm.request import Message
from shared.llm.tools import tool
from shared.platform.deadline import Deadline
from shared.platform.errors import DomainError, NotFoundError
from shared.platform.observability import log_fault
from shared.platform.process import keep
from shared.platform.text import NoNul

MOST = 4  # in one turn: who needs more has not understood the question
MAX_PASSAGES = 4

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), NoNul]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SearchKnowledge(_Arguments):
    """Search the knowledge base on training, nutrition and recovery with words of your own."""

    query: Words


class GetRoom(_Arguments):
    """Read how a task room (null: the newest) stands: its plan, review, files, questions; with the name of a file of it
    that file's text from a line on, or with `find` only lines that have its words."""

    room_id: UUID | None
    filename: Annotated[str, StringConstraints(max_length=255), NoNul] | None = None
    from_line: int = 1
    find: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), NoNul] = ""


ARGUMENTS: dict[str, type[BaseModel]] = {
    "get_workouts": GetWorkouts,
    "get_plan": GetPlan,
    "search_knowledge": SearchKnowledge,
    "get_room": GetRoom,
}


@keep
def lookup_tools() -> list[Message]:
    """As the model is offered them."""
    return [tool(name, arguments) for name, arguments in ARGUMENTS.items()]


@dataclass
class Lookups:
    """Those of one turn. `found` are the passages that the model knows by their ids, also those found here."""

    database: Database
    user_id: UUID
    deadline: Deadline
    found: dict[str, Passage]
    asked: list[str] = field(default_factory=list)  # the names, in order
    embedding_tokens: int = 0

    def answer(self, call: ToolCall) -> str:
        """What the model is told, as data within its budget. A database that is down is told, and stops nothing."""
        if len(self.asked) == MOST:
            return f"You have looked up {MOST} things; answer with what you have."
        self.asked.append(call.name)
        try:
            arguments = ARGUMENTS[call.name].model_validate_json(call.arguments or "{}")
            return tokens.truncate(self._looked_up(arguments), RESULT_TOKENS)
        except ValidationError as error:
            return "\n".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        except NotFoundError:
            return "There is no such room."
        except DomainError as fault:
            log_fault("the coach could not look something up", fault)
            return "This cannot be looked up now. Say so, and answer with what you have."

    def _looked_up(self, arguments: BaseModel) -> str:
        match arguments:
            case GetWorkouts():
                return read_workouts(self.database, self.user_id, arguments)
            case SearchKnowledge():
                return self._passages(arguments.query)
            case GetRoom():
                return self._room(arguments)
        return read_plan(self.database, self.user_id)

    def _room(self, asked: GetRoom) -> str:
        room = room_for_coach(self.database, self.user_id, asked.room_id)
        if room is None or not asked.filename:
            return as_data(room or "There is none.")
        from shared.rooms.excerpts import excerpt  # few turns read a file

        id_ = UUID(str(room["room_id"]))
        return excerpt(self.database, self.user_id, id_, asked.filename, asked.from_line, asked.find, RESULT_TOKENS)

    def _passages(self, query: str) -> str:
        known = {passage.chunk_id for passage in self.found.values()}
        new = [each for each in search(self.database, query, self.deadline, MAX_PASSAGES) if each.chunk_id not in known]
        self.embedding_tokens += tokens.count(query)
        shown = best(new, RESULT_TOKENS, len(self.found))
        self.found |= shown
        return passages_text(shown) or "The knowledge base has nothing more on this."
