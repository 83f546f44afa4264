"""Reviews what a room's agents delivered, and adds at most one round of repairs."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.database.client import Database
from shared.llm.request import Message
from shared.llm.structured import read_document
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.observability import log_fault
from shared.realtime.publishing import publish
from shared.rooms import files, prompts, step_queries, storage
from shared.rooms.files import TYPES, check_name
from shared.rooms.orchestrating import Orchestrator
from shared.rooms.outcomes import ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable
from shared.rooms.plan import MOST_BRIEF, MOST_DELIVERABLES, Task
from shared.rooms.work import RoomWork

NAME = "@reviewer"
MOST_REPAIRS = 4
ATTEMPTS = 2  # the review, and once more when it is of no use


class _Repair(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: str
    brief: str
    deliverables: list[str]


class _Review(BaseModel):
    model_config = ConfigDict(extra="ignore")

    repairs: list[_Repair]


def review_room(database: Database, room_id: UUID, deadline: Deadline) -> list[list[str]]:
    """The waves of repairs that are to be made now: none when all is well, was repaired before, or a task failed.

    Raises UnavailableError. Models that are down raise nothing: what parses is then good enough.
    """
    work = step_queries.room_work(database, room_id)
    if not work.open or any(task.status != "done" for task in work.tasks if task.round == 0):
        return []
    if any(task.round == 1 for task in work.tasks):  # this function was run twice
        return work.waves
    repairs = _repairs(Orchestrator(database, work.room, deadline), work)
    if not repairs:
        return []
    stored = step_queries.add_repairs(database, room_id, repairs)
    publish(database, stored)
    return stored.work.waves


def contents_of(work: RoomWork) -> dict[str, bytes]:
    """The deliverables that are there, by name. Raises UnavailableError."""
    wanted = {name for task in work.tasks for name in task.deliverables}
    found = {file.filename: storage.get(file.key) for file in work.files if file.filename in wanted}
    return {name: content for name, content in found.items() if content is not None}


def problems_of(work: RoomWork, contents: Mapping[str, bytes]) -> list[str]:
    """What the delivery check says of the tasks that are done."""
    names = [name for task in work.tasks if task.status == "done" for name in task.deliverables]
    return files.issues(names, contents.get)


def _repairs(orchestrator: Orchestrator, work: RoomWork) -> list[Task]:
    contents = contents_of(work)
    wanted = _wanted(orchestrator, work, contents) + _needed(work, contents)
    chosen: list[Task] = []
    for repair in wanted:
        taken = {name.casefold() for each in chosen for name in each.deliverables}
        if len(chosen) < MOST_REPAIRS and not taken & {name.casefold() for name in repair.deliverables}:
            chosen.append(Task(f"r{len(chosen) + 1}", repair.role, repair.brief, repair.deliverables, []))
    return chosen


def _wanted(orchestrator: Orchestrator, work: RoomWork, contents: Mapping[str, bytes]) -> list[_Repair]:
    """The reviewer's repairs, as far as they are valid."""
    assert work.room.plan  # noqa: S101 - a room without a plan has no tasks to review
    texts = {name: content.decode(errors="replace") for name, content in contents.items()}
    problems = problems_of(work, contents)
    messages = prompts.reviewing(work.room.task_prompt, work.room.plan.criteria, texts, problems)
    review = _reviewed(orchestrator, messages)
    taken = {file.filename.casefold() for file in work.given}
    return [valid for repair in review.repairs if (valid := _valid(repair, work.room.roles, taken))]


def _reviewed(orchestrator: Orchestrator, messages: list[Message]) -> _Review:
    """The reviewer's word; asked for once more where it was cut off or cannot be read."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            said = orchestrator.ask(f"review-{attempt}", messages, prompts.REVIEW_SCHEMA, prompts.REVIEW_TOKENS, NAME)
            if said is None or said.is_refused:
                break
            if not said.is_cut:
                return _Review.model_validate(read_document(said.text, "repairs"))
        except (ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, ValidationError) as fault:
            log_fault("there is no review", fault)
            if not isinstance(fault, ValidationError):
                break
        messages = [*messages, prompts.review_again()]
    return _Review(repairs=[])


def _valid(repair: _Repair, roles: list[str], taken: set[str]) -> _Repair | None:
    try:
        names = list(dict.fromkeys(check_name(name, TYPES) for name in repair.deliverables))
    except InvalidRequestError:
        return None
    brief = repair.brief.replace("\x00", "").strip()[:MOST_BRIEF]
    if repair.role not in roles or not brief or not 1 <= len(names) <= MOST_DELIVERABLES:
        return None
    if taken & {name.casefold() for name in names}:
        return None
    return _Repair(role=repair.role, brief=brief, deliverables=names)


def _needed(work: RoomWork, contents: Mapping[str, bytes]) -> list[_Repair]:
    """Repairs of what is missing or broken, whatever a reviewer says."""
    found = []
    for task in work.tasks:
        problems = files.issues(task.deliverables, contents.get)
        if problems:
            names = [name for name in task.deliverables if files.issue(name, contents.get(name))]
            brief = f"Mend this: {' '.join(problems)} The task was:\n{task.brief}"[:MOST_BRIEF]
            found.append(_Repair(role=task.role, brief=brief, deliverables=names))
    return found
