"""Reviews what a room's agents delivered, adds at most one round of repairs, and ends the room."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.database.client import Database
from shared.llm.request import Message
from shared.llm.structured import read_document
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.observability import log_fault
from shared.platform.text import storable
from shared.realtime.publishing import publish
from shared.rooms import files, prompts, queries, step_queries, storage
from shared.rooms.errors import ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable, code_of
from shared.rooms.planner import MAX_BRIEF, MAX_DELIVERABLES
from shared.rooms.queries import RoomOutcome
from shared.rooms.schemas import Role, Task
from shared.rooms.steps import Orchestrator
from shared.rooms.work import PlannedTask, RoomWork
from shared.safety.markup import strip_markup

NAME = "@reviewer"
ATTEMPTS = 2  # the review, and once more when it is of no use
MAX_REPAIRS = 4  # as templates/reviewer.md says
UNDONE = ("failed", "skipped", "cancelled")


class Repair(BaseModel):
    role: str
    brief: str
    deliverables: list[str]


class ModelReview(BaseModel):
    """What the reviewer says, as far as it is acted on."""

    repairs: list[Repair]


@dataclass(frozen=True)
class Delivery:
    """A room with the contents of its deliverables, by name, as they are in the bucket now."""

    work: RoomWork
    contents: Mapping[str, bytes]

    @classmethod
    def read(cls, work: RoomWork) -> "Delivery":
        """Reads each file once. Raises UnavailableError."""
        wanted = {name for task in work.tasks for name in task.deliverables}
        found = {file.filename: storage.get(file.key) for file in work.files if file.filename in wanted}
        return cls(work, {name: content for name, content in found.items() if content is not None})

    @functools.cached_property
    def issues(self) -> list[str]:
        """What is missing or broken of the tasks that are done."""
        return self.issues_of(*(task for task in self.work.tasks if task.status == "done"))

    def issues_of(self, *tasks: Task) -> list[str]:
        return files.issues((name for task in tasks for name in task.deliverables), self.contents.get)


def review_room(database: Database, room_id: UUID, run: int, deadline: Deadline) -> list[list[str]]:
    """The waves of repairs that are to be made now: none when all is well, was repaired before, or a task failed.

    Raises UnavailableError. Models that are down raise nothing: what parses is then good enough.
    """
    work = step_queries.room_work(database, room_id)
    if not work.open or any(task.status != "done" for task in work.planned):
        return []
    if work.repairs:  # this function was run twice
        return work.waves
    repairs = repairs_of(Orchestrator(database, work.room, run, deadline), Delivery.read(work))
    if not repairs:
        return []
    return publish(database, step_queries.add_repairs(database, room_id, repairs)).work.waves


def finish_room(database: Database, room_id: UUID, run: int | None, error: str | None = None) -> str:
    """The room's status at the end; a room that has ended stays as it is. `error` is what the workflow failed of.

    Raises UnavailableError.
    """
    outcome = RoomOutcome("failed", code_of(error)) if error else _outcome(step_queries.room_work(database, room_id))
    return publish(database, queries.finish_room(database, room_id, run, outcome)).room.status


def _outcome(work: RoomWork) -> RoomOutcome:
    return outcome_of(Delivery.read(work)) if work.open else RoomOutcome()


def outcome_of(delivery: Delivery) -> RoomOutcome:
    """How a room went follows from its tasks and from what they delivered."""
    work, issues = delivery.work, [strip_markup(issue) for issue in delivery.issues]
    if any(task.status != "done" for task in work.planned):
        return RoomOutcome("failed", "task_failed", issues)
    undone = [name for task in work.repairs if task.status in UNDONE for name in task.deliverables]
    issues += [strip_markup(f"{name} was not repaired.") for name in undone]
    return RoomOutcome("completed", "completed_with_issues" if issues else None, issues)


# ------------------------------------------------------------------------------------------------------------- repairs
def repairs_of(orchestrator: Orchestrator, delivery: Delivery) -> list[PlannedTask]:
    """The reviewer's repairs and those that are needed whatever it says; no file is repaired by two tasks at once."""
    chosen: list[PlannedTask] = []
    for repair in _wanted(orchestrator, delivery) + _needed(delivery):
        taken = {name.casefold() for each in chosen for name in each.deliverables}
        if len(chosen) < MAX_REPAIRS and not taken & {name.casefold() for name in repair.deliverables}:
            chosen.append(PlannedTask(f"r{len(chosen) + 1}", repair.role, repair.brief, repair.deliverables, []))
    return chosen


def _wanted(orchestrator: Orchestrator, delivery: Delivery) -> list[Repair]:
    """The reviewer's repairs, as far as they are valid."""
    room = delivery.work.room
    assert room.plan  # noqa: S101 - a room without a plan has no tasks to review
    texts = {name: content.decode(errors="replace") for name, content in delivery.contents.items()}
    messages = prompts.reviewing(room.task_prompt, room.plan.criteria, texts, delivery.issues)
    taken = {file.filename.casefold() for file in delivery.work.given}
    review = _review(orchestrator, messages)
    return [valid for repair in review.repairs if (valid := _valid(repair, room.roles, taken))]


def _review(orchestrator: Orchestrator, messages: list[Message]) -> ModelReview:
    """The reviewer's word; asked for once more where it was cut off or cannot be read."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            answer = orchestrator.ask(f"review-{attempt}", messages, prompts.REVIEW_SCHEMA, prompts.REVIEW_TOKENS, NAME)
            if answer is None or answer.is_refused:
                break
            if not answer.is_cut:
                return ModelReview.model_validate(read_document(answer.text, "repairs"))
        except (ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, ValidationError) as fault:
            log_fault("there is no review", fault)
            if not isinstance(fault, ValidationError):
                break
        messages = [*messages, prompts.user(prompts.REVIEW_AGAIN)]
    return ModelReview(repairs=[])


def _valid(repair: Repair, roles: list[Role], taken: set[str]) -> Repair | None:
    try:
        names = list(dict.fromkeys(map(files.check_name, repair.deliverables)))
    except InvalidRequestError:
        return None
    brief = storable(repair.brief).strip()[:MAX_BRIEF]
    if repair.role not in roles or not brief or not 1 <= len(names) <= MAX_DELIVERABLES:
        return None
    if taken & {name.casefold() for name in names}:
        return None
    return Repair(role=repair.role, brief=brief, deliverables=names)


def _needed(delivery: Delivery) -> list[Repair]:
    """Repairs of what is missing or broken."""
    found = []
    for task in delivery.work.tasks:
        if issues := delivery.issues_of(task):
            names = [name for name in task.deliverables if files.issue(name, delivery.contents.get(name))]
            brief = f"Mend this: {' '.join(issues)} The task was:\n{task.brief}"[:MAX_BRIEF]
            found.append(Repair(role=task.role, brief=brief, deliverables=names))
    return found
