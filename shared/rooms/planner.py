"""Plans a room: once, by the orchestrator, whose plan is checked; and orders what is left to do in every run."""

import json
import re
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.database.client import Database
from shared.llm.structured import read_document
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.observability import logger
from shared.platform.text import storable
from shared.realtime.publishing import publish
from shared.rooms import prompts, queries, step_queries
from shared.rooms.estimate import Estimator
from shared.rooms.files import TYPES, check_name
from shared.rooms.schemas import ROLES, Role
from shared.rooms.screen import ANYBODY, Screen
from shared.rooms.steps import Orchestrator
from shared.rooms.work import MAX_BRIEF, MAX_DELIVERABLES, Plan, PlannedTask, RoomWork
from shared.safety.advice import Reader, advice_for
from shared.safety.language import language_of
from shared.safety.markup import strip_markup
from shared.safety.verdict import MEMBER, UrgentError, Verdict, read_verdict

NAME = "@orchestrator"
ATTEMPTS = 2  # the plan, and once more when it is not valid
MAX_TASKS = 8  # as templates/orchestrator.md says; a wave runs so many side by side (infra/resources/rooms.yml)
MIN_CRITERIA, MAX_CRITERIA = 3, 7  # as templates/orchestrator.md says
MAX_CRITERION = 500  # characters: it is to be one sentence


class ModelTask(BaseModel):
    """A task as the model wrote it."""

    key: str
    role: str
    brief: str
    deliverables: list[str]
    depends_on: list[str] = []


class ModelPlan(BaseModel):
    criteria: list[str]
    tasks: list[ModelTask]


class PlanFaultsError(Exception):
    """What is wrong with a plan, in sentences for the model that wrote it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def plan_room(database: Database, room_id: UUID, run: int, deadline: Deadline) -> list[list[str]]:
    """The waves of task ids that this run has to do: none when the room has ended or another run has begun.

    Safe to repeat. Raises ProviderUnavailable, ProviderRateLimited, ProviderMisconfigured, UnavailableError.
    """
    if not publish(database, queries.start_room(database, room_id, run)).proceed:
        return []
    work = step_queries.room_work(database, room_id)
    if work.room.plan is None:
        try:
            plan, origin = plan_of(Orchestrator(database, work.room, run, deadline, screen=work.screen), work)
        except UrgentError as urgent:
            publish(database, queries.finish_room(database, room_id, run, _advice(urgent.verdict, work)))
            return []
        estimate = Estimator.of(database, work.room.provider).planned(plan.tasks)
        stored = step_queries.store_plan(database, room_id, plan, estimate, origin, prompts.prompt_hash())
        work = publish(database, stored).work
    return work.waves


def _advice(verdict: Verdict, work: RoomWork) -> queries.RoomOutcome:
    """The end of a room whose owner needs help, not files: fixed advice in the owner's language."""
    reader = Reader.of(work.athlete.profile)
    language = language_of(verdict.quote or work.room.asked[-1], reader.language)
    logger.warning("a model found a room urgent", kind=verdict.kind, room=str(work.room.id))
    return queries.RoomOutcome("failed", "red_flag", [advice_for(verdict.kind, language, reader.country).text])


def plan_of(orchestrator: Orchestrator, work: RoomWork) -> tuple[Plan, str]:
    """The orchestrator's plan; the default one when none of its own is valid, or the budget has no room for asking.

    Raises UrgentError where it finds what cannot wait.
    """
    room = work.room
    taken = [file.filename for file in work.given]
    messages = prompts.planning(room.asked, room.roles, sorted(TYPES), work.files, work.athlete, room.conversation)
    for attempt in range(1, ATTEMPTS + 1):
        answer = orchestrator.ask(f"plan-{attempt}", messages, prompts.PLAN_SCHEMA, prompts.PLAN_TOKENS, NAME)
        if answer is None or answer.is_refused:
            break
        try:
            if answer.is_cut:
                raise PlanFaultsError([prompts.PLAN_CUT])
            if verdict := _verdict(answer.text):
                raise UrgentError(verdict)
            return read_plan(answer.text, room.roles, taken, work.screen), "orchestrator"
        except PlanFaultsError as fault:
            logger.info("a plan was not valid", room=str(room.id), faults=len(fault.faults))
            messages = [*messages, *prompts.faults_of_plan(answer.text, fault.faults)]
    return default_plan(room.asked[-1], room.roles, taken), "default"


# ---------------------------------------------------------------------------------------------- the orchestrator's plan
def _verdict(text: str) -> Verdict | None:
    document = read_document(text, MEMBER, "tasks")
    return read_verdict(document) if document else None


def read_plan(
    text: str,
    roles: Sequence[Role] = ROLES,
    taken: Iterable[str] = (),
    screen: Screen = ANYBODY,
) -> Plan:
    """The plan in a model's JSON. `taken` are names of files that no task may deliver. Raises PlanFaultsError."""
    try:
        plan = ModelPlan.model_validate(read_document(text, "tasks"))
    except (ValidationError, ValueError):
        raise PlanFaultsError(["It is not JSON of the given schema."]) from None
    faults: list[str] = []
    tasks = [_task(task, faults) for task in plan.tasks]
    faults += _faults_of_text(plan, roles)
    faults += _faults_of_order(tasks)
    faults += _faults_of_names(tasks, taken)
    faults += _faults_of_safety(plan, screen)
    if faults:
        raise PlanFaultsError(faults)
    return Plan([strip_markup(each).strip() for each in plan.criteria], tasks)


def _task(task: ModelTask, faults: list[str]) -> PlannedTask:
    names: list[str] = []
    for name in task.deliverables:
        try:
            names.append(check_name(name))
        except InvalidRequestError as fault:
            faults.append(f"Task {_shown(task.key)}: a deliverable cannot be used. {fault.detail}")
    return PlannedTask(task.key, task.role, task.brief.strip(), names, list(dict.fromkeys(task.depends_on)))


def _faults_of_text(plan: ModelPlan, roles: Sequence[Role]) -> list[str]:
    faults = []
    if not 1 <= len(plan.tasks) <= MAX_TASKS:
        faults.append(f"There must be 1 to {MAX_TASKS} tasks.")
    if not MIN_CRITERIA <= len(plan.criteria) <= MAX_CRITERIA:
        faults.append(f"There must be {MIN_CRITERIA} to {MAX_CRITERIA} criteria.")
    if any(not _fits(each, MAX_CRITERION) for each in plan.criteria):
        faults.append(f"A criterion must have 1 to {MAX_CRITERION} characters.")
    for task in plan.tasks:
        if task.role not in roles:
            faults.append(f"Task {_shown(task.key)}: the role must be one of {', '.join(roles)}.")
        if not _fits(task.brief, MAX_BRIEF):
            faults.append(f"Task {_shown(task.key)}: the brief must have 1 to {MAX_BRIEF} characters.")
        if not 1 <= len(task.deliverables) <= MAX_DELIVERABLES:
            faults.append(f"Task {_shown(task.key)}: there must be 1 to {MAX_DELIVERABLES} deliverables.")
    return faults


def _fits(text: str, max_characters: int) -> bool:
    return bool(text.strip()) and len(text) <= max_characters and storable(text) == text


def _faults_of_order(tasks: Sequence[PlannedTask]) -> list[str]:
    keys = [task.key for task in tasks]
    faults = [] if len(set(keys)) == len(keys) else ["Each task needs a key of its own."]
    if not all(re.fullmatch(r"t[1-9][0-9]?", key) for key in keys):
        faults.append("Keys are t1, t2, and so on.")
    if any(other not in keys for task in tasks for other in task.depends_on):
        faults.append("A task depends on a key that there is not.")
    try:
        TopologicalSorter({task.key: task.depends_on for task in tasks}).prepare()
    except CycleError:
        faults.append("Tasks depend on each other in a circle.")
    return faults


def _faults_of_names(tasks: Sequence[PlannedTask], taken: Iterable[str]) -> list[str]:
    """Names that differ in case only would be one file on many systems."""
    names = [name.casefold() for task in tasks for name in task.deliverables]
    faults = [] if len(set(names)) == len(names) else ["Each deliverable must be named once."]
    if {name.casefold() for name in taken} & set(names):
        faults.append("A deliverable has the name of a file that the user gave.")
    return faults


def _faults_of_safety(plan: ModelPlan, screen: Screen) -> list[str]:
    """The owner reads the plan, and agents do as it says."""
    texts = [("A criterion", each) for each in plan.criteria]
    texts += [(f"The brief of task {_shown(task.key)}", task.brief) for task in plan.tasks]
    held = ((name, each) for name, text in texts for each in screen.message(text).held)
    return [f"{name} is not safe. {finding.message}" for name, each in held for finding in each.findings]


def _shown(key: str) -> str:
    return json.dumps(key[:10])


# ----------------------------------------------------------------------------------------------------- the default plan
DEFAULT_CRITERIA = [
    "The delivered files answer what was asked for.",
    "Every statement of fact names its source or is marked as general knowledge.",
    "Nothing in the files would be unsafe for the person who asked.",
]
DEFAULT_RESEARCH = (
    "Search the knowledge base for what the request needs to know. Write the findings down in the file, each with its "
    "source and a short quote, and say what was not found."
)
DEFAULT_WRITING = (
    "Write the document that the request asks for. Build on the files that there are, and keep their sources."
)
DEFAULT_CODING = (
    "Write the program that the request asks for, in one file of Python that needs the standard library only."
)
_CODE = re.compile(r"\b(code|coder|script|program|python|javascript|json|csv|calculator|sql)\b", re.IGNORECASE)


def default_plan(request: str, roles: Sequence[Role], taken: Sequence[str] = ()) -> Plan:
    """Research, then a document; a program too where the request speaks of one. Only the given roles are used.

    `taken` are names of files that no task may deliver.
    """
    tasks: list[PlannedTask] = []
    if "researcher" in roles:
        tasks.append(PlannedTask("t1", "researcher", DEFAULT_RESEARCH, [_free("research-notes.md", taken)], []))
    before = [task.key for task in tasks]
    if "writer" in roles:
        tasks.append(PlannedTask("t2", "writer", DEFAULT_WRITING, [_free("result.md", taken)], before))
    if "coder" in roles and (_CODE.search(request) or not tasks):
        tasks.append(PlannedTask("t3", "coder", DEFAULT_CODING, [_free("program.py", taken)], before))
    return Plan(DEFAULT_CRITERIA, tasks)


def _free(name: str, taken: Sequence[str]) -> str:
    names = {each.casefold() for each in taken}
    return next(each for each in (name, *(f"{number}-{name}" for number in range(2, 1000))) if each not in names)
