"""Reviews what a room's agents delivered, adds at most one round of repairs, looks again, and ends the room."""

import functools
from collections.abc import Container, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.database.client import Database
from shared.llm.structured import read_document
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.observability import log_fault
from shared.platform.text import storable
from shared.realtime.publishing import publish
from shared.rooms import files, prompts, queries, step_queries, storage
from shared.rooms.errors import ProviderMisconfigured, ProviderRateLimited, ProviderUnavailable, code_of
from shared.rooms.queries import RoomOutcome
from shared.rooms.schemas import Review, ReviewedCriterion, Role, RoomState, Task
from shared.rooms.screen import Screen, lacks_something
from shared.rooms.steps import Orchestrator
from shared.rooms.throttling import MOST_SECONDS, may_wait
from shared.rooms.work import MAX_BRIEF, MAX_DELIVERABLES, PlannedTask, RoomWork, waves
from shared.safety.markup import strip_markup

NAME = "@reviewer"
ATTEMPTS = 2  # the review, and once more when it is of no use
READERS = 8  # files at a time: as many as a plan has tasks
MAX_REPAIRS = 4  # as templates/reviewer.md says
MAX_REASON = 500  # characters, also of a criterion: it is to be one sentence
UNDONE = ("failed", "skipped", "cancelled")
OPEN = ("pending", "running", "waiting")


class Repair(BaseModel):
    role: str
    brief: str
    deliverables: list[str]


class ModelReview(BaseModel):
    """What the reviewer says."""

    criteria: list[ReviewedCriterion] = []
    repairs: list[Repair]


@dataclass(frozen=True)
class Delivery:
    """A room with the contents of its deliverables, by name, as they are in the bucket now."""

    work: RoomWork
    contents: Mapping[str, bytes]

    @classmethod
    def read(cls, work: RoomWork) -> "Delivery":
        """Reads each file once, several at a time: a room waits for all of them, twice. Raises UnavailableError."""
        wanted = {name for task in work.tasks for name in task.deliverables}
        keys = {file.filename: file.key for file in work.files if file.filename in wanted}
        with ThreadPoolExecutor(READERS, "reader") as pool:
            found = dict(zip(keys, pool.map(storage.get, keys.values()), strict=True))
        return cls(work, {name: content for name, content in found.items() if content is not None})

    @functools.cached_property
    def issues(self) -> list[str]:
        """What is missing or broken of the tasks that are done."""
        return self.issues_of(*(task for task in self.work.tasks if task.status == "done"))

    @property
    def lacking(self) -> list[str]:
        """Of which files something was left out. Their agents were asked to mend that: no repair is made for it."""
        names = sorted(
            name for name, content in self.contents.items() if lacks_something(content.decode(errors="replace"))
        )
        return [f"{name} lacks what was not safe." for name in names]

    @property
    def misquoting(self) -> list[str]:
        """Which files had quotes that stand in no source of theirs."""
        found = sorted(
            (file.filename, file.quotes_dropped) for file in self.work.files if file.filename in self.contents
        )
        return [f"{name} had quotes that are not in their sources: {dropped}." for name, dropped in found if dropped]

    def issues_of(self, *tasks: Task) -> list[str]:
        return files.issues((name for task in tasks for name in task.deliverables), self.contents.get)


def review_room(
    database: Database, room_id: UUID, run: int, deadline: Deadline, waited: int = MOST_SECONDS
) -> list[list[str]]:
    """The waves of repairs that are to be made now: none when all is well, was repaired before, or a task failed.

    What the reviewer said is kept and told; after the repairs it looks again, and that is its word.
    Raises UnavailableError, and ProviderRateLimited while there is time to wait for the reviewer. Other models that are
    down raise nothing: the room then ends as one that was not reviewed.
    """
    work = step_queries.room_work(database, room_id)
    if not work.open or any(task.status != "done" for task in work.planned):
        return []
    if waiting := waves([task for task in work.repairs if task.status in OPEN]):  # this function was run twice
        return waiting
    orchestrator = Orchestrator(database, work.room, run, deadline, screen=work.screen)
    delivery, looks = Delivery.read(work), 2 if work.repairs else 1
    review = review_of(orchestrator, delivery, looks, waited)
    if review is not None:
        said = Review(criteria=[_shown(each, work.screen, delivery.contents) for each in review.criteria], round=looks)
        publish(database, step_queries.store_review(database, room_id, said, run))
    if work.repairs:
        return []
    repairs = repairs_of(orchestrator, delivery, review)
    return publish(database, step_queries.add_repairs(database, room_id, repairs)).work.waves if repairs else []


def _shown(said: ReviewedCriterion, screen: Screen, names: Container[str]) -> ReviewedCriterion:
    """As its owner may read it, and whoever watches: of files only one that was delivered."""
    texts = {name: screen.said(storable(getattr(said, name)))[:MAX_REASON] for name in ("criterion", "reason")}
    return said.model_copy(update=texts | {"file": said.file if said.file in names else ""})


def finish_room(database: Database, room_id: UUID, run: int | None, error: str | None = None) -> RoomState:
    """The room at the end; one that has ended stays as it is. `error` is what the workflow failed of.

    Raises UnavailableError.
    """
    outcome = RoomOutcome("failed", code_of(error)) if error else _outcome(step_queries.room_work(database, room_id))
    return publish(database, queries.finish_room(database, room_id, run, outcome)).room


def _outcome(work: RoomWork) -> RoomOutcome:
    return outcome_of(Delivery.read(work)) if work.open else RoomOutcome()


def outcome_of(delivery: Delivery) -> RoomOutcome:
    """How a room went follows from its tasks and from what they delivered."""
    work = delivery.work
    found = [*delivery.issues, *delivery.lacking, *delivery.misquoting, *_unmet(work.room.review)]
    issues = [strip_markup(issue) for issue in found]
    if any(task.status != "done" for task in work.planned):
        return RoomOutcome("failed", "task_failed", issues)
    undone = [name for task in work.repairs if task.status in UNDONE for name in task.deliverables]
    issues += [strip_markup(f"{name} was not repaired.") for name in undone]
    return RoomOutcome("completed", "completed_with_issues" if issues else None, issues)


def _unmet(review: Review | None) -> list[str]:
    """What the reviewer found wanting, in its own words; also that it said nothing."""
    if review is None:
        return ["The work was not reviewed."]
    return [f"Not met: {each.criterion} {each.reason}".strip() for each in review.criteria if not each.met]


# ------------------------------------------------------------------------------------------------------------- repairs
def repairs_of(orchestrator: Orchestrator, delivery: Delivery, review: ModelReview | None) -> list[PlannedTask]:
    """The reviewer's repairs and those that are needed whatever it says; no file is repaired by two tasks at once."""
    room, taken = delivery.work.room, {file.filename.casefold() for file in delivery.work.given}
    said = review.repairs if review else []
    wanted = [valid for repair in said if (valid := _valid(repair, room.roles, taken, orchestrator.screen))]
    chosen: list[PlannedTask] = []
    for repair in wanted + _needed(delivery):
        given = {name.casefold() for each in chosen for name in each.deliverables}
        if len(chosen) < MAX_REPAIRS and not given & {name.casefold() for name in repair.deliverables}:
            chosen.append(PlannedTask(f"r{len(chosen) + 1}", repair.role, repair.brief, repair.deliverables, []))
    return chosen


def review_of(
    orchestrator: Orchestrator, delivery: Delivery, look: int, waited: int = MOST_SECONDS
) -> ModelReview | None:
    """The reviewer's word; asked for once more where it was cut off or cannot be read. None: there is none."""
    room = delivery.work.room
    assert room.plan  # noqa: S101 - a room without a plan has no tasks to review
    texts = {name: content.decode(errors="replace") for name, content in delivery.contents.items()}
    messages = prompts.reviewing(room.asked, room.plan.criteria, texts, delivery.issues)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            name = f"review-{attempt}" if look == 1 else f"review-{look}-{attempt}"
            answer = orchestrator.ask(name, messages, prompts.REVIEW_SCHEMA, prompts.REVIEW_TOKENS, NAME)
            if answer is None or answer.is_refused:
                break
            if not answer.is_cut:
                return ModelReview.model_validate(read_document(answer.text, "repairs"))
        except (ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, ValidationError) as fault:
            if isinstance(fault, ProviderRateLimited) and may_wait(waited):
                raise
            log_fault("there is no review", fault)
            if not isinstance(fault, ValidationError):
                break
        messages = [*messages, prompts.user(prompts.REVIEW_AGAIN)]
    return None


def _valid(repair: Repair, roles: list[Role], taken: set[str], screen: Screen) -> Repair | None:
    try:
        names = list(dict.fromkeys(map(files.check_name, repair.deliverables)))
    except InvalidRequestError:
        return None
    brief = screen.message(storable(repair.brief)).text.strip()[:MAX_BRIEF]
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
