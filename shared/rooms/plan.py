"""The plan of a room: what the orchestrator says, checked."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from pydantic import BaseModel, ConfigDict, ValidationError

from shared.llm.structured import read_document
from shared.platform.errors import InvalidRequestError
from shared.platform.text import has_nul
from shared.rooms.files import check_name
from shared.rooms.schemas import ROLES

MOST_TASKS = 8
MOST_DELIVERABLES = 4  # of one task
MOST_BRIEF = 6000  # characters
FEWEST_CRITERIA, MOST_CRITERIA = 3, 7
MOST_CRITERION = 500  # characters


class _Said(BaseModel):
    model_config = ConfigDict(extra="ignore")


class SaidTask(_Said):
    """A task as the model wrote it."""

    key: str
    role: str
    brief: str
    deliverables: list[str]
    depends_on: list[str] = []


class SaidPlan(_Said):
    criteria: list[str]
    tasks: list[SaidTask]


@dataclass(frozen=True)
class Task:
    key: str
    role: str
    brief: str
    deliverables: list[str]  # names of files
    depends_on: list[str]  # keys


@dataclass(frozen=True)
class Plan:
    criteria: list[str]
    tasks: list[Task]


class PlanFaultsError(Exception):
    """What is wrong with a plan, in sentences for the model that wrote it."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(f"{len(faults)} faults")
        self.faults = faults


def read_plan(said: str, roles: Sequence[str] = ROLES, taken: Iterable[str] = ()) -> Plan:
    """The plan in a model's JSON. `taken` are names of files that no task may deliver. Raises PlanFaultsError."""
    try:
        plan = SaidPlan.model_validate(read_document(said, "tasks"))
    except (ValidationError, ValueError):
        raise PlanFaultsError(["It is not JSON of the given schema."]) from None
    faults: list[str] = []
    tasks = [_task(task, faults) for task in plan.tasks]
    faults += _faults_of_text(plan, roles)
    faults += _faults_of_order(tasks)
    faults += _faults_of_names(tasks, taken)
    if faults:
        raise PlanFaultsError(faults)
    return Plan([each.strip() for each in plan.criteria], tasks)


def _task(task: SaidTask, faults: list[str]) -> Task:
    names: list[str] = []
    for name in task.deliverables:
        try:
            names.append(check_name(name))
        except InvalidRequestError as fault:
            faults.append(f"Task {_shown(task.key)}: a deliverable cannot be used. {fault.detail}")
    return Task(task.key, task.role, task.brief.strip(), names, list(dict.fromkeys(task.depends_on)))


def _faults_of_text(plan: SaidPlan, roles: Sequence[str]) -> list[str]:
    faults = []
    if not 1 <= len(plan.tasks) <= MOST_TASKS:
        faults.append(f"There must be 1 to {MOST_TASKS} tasks.")
    if not FEWEST_CRITERIA <= len(plan.criteria) <= MOST_CRITERIA:
        faults.append(f"There must be {FEWEST_CRITERIA} to {MOST_CRITERIA} criteria.")
    if any(not each.strip() or len(each) > MOST_CRITERION or has_nul(each) for each in plan.criteria):
        faults.append(f"A criterion must have 1 to {MOST_CRITERION} characters.")
    for task in plan.tasks:
        if task.role not in roles:
            faults.append(f"Task {_shown(task.key)}: the role must be one of {', '.join(roles)}.")
        if not task.brief.strip() or len(task.brief) > MOST_BRIEF or has_nul(task.brief):
            faults.append(f"Task {_shown(task.key)}: the brief must have 1 to {MOST_BRIEF} characters.")
        if not 1 <= len(task.deliverables) <= MOST_DELIVERABLES:
            faults.append(f"Task {_shown(task.key)}: there must be 1 to {MOST_DELIVERABLES} deliverables.")
    return faults


def _faults_of_order(tasks: Sequence[Task]) -> list[str]:
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


def _faults_of_names(tasks: Sequence[Task], taken: Iterable[str]) -> list[str]:
    """Names that differ in case only would be one file on many systems."""
    names = [name.casefold() for task in tasks for name in task.deliverables]
    faults = [] if len(set(names)) == len(names) else ["Each deliverable must be named once."]
    if {name.casefold() for name in taken} & set(names):
        faults.append("A deliverable has the name of a file that the user gave.")
    return faults


def _shown(key: str) -> str:
    return json.dumps(key[:10])
