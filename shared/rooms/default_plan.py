"""The plan of a room whose orchestrator gave none that can be used: simple, and the same for every request."""

import re
from collections.abc import Sequence

from shared.rooms.plan import Plan, Task

CRITERIA = [
    "The delivered files answer what was asked for.",
    "Every statement of fact names its source or is marked as general knowledge.",
    "Nothing in the files would be unsafe for the person who asked.",
]
_CODE = re.compile(r"\b(code|coder|script|program|python|javascript|json|csv|calculator|sql)\b", re.IGNORECASE)
_RESEARCH = (
    "Search the knowledge base for what the request needs to know. Write the findings down in the file, each with its "
    "source and a short quote, and say what was not found."
)
_WRITE = "Write the document that the request asks for. Build on the files that there are, and keep their sources."
_CODE_BRIEF = "Write the program that the request asks for, in one file of Python that needs the standard library only."


def default_plan(request: str, roles: Sequence[str], taken: Sequence[str] = ()) -> Plan:
    """Research, then a document; a program too where the request speaks of one. Only the given roles are used.

    `taken` are names of files that no task may deliver.
    """
    tasks: list[Task] = []
    if "researcher" in roles:
        tasks.append(Task("t1", "researcher", _RESEARCH, [_free("research-notes.md", taken)], []))
    before = [task.key for task in tasks]
    if "writer" in roles:
        tasks.append(Task("t2", "writer", _WRITE, [_free("result.md", taken)], before))
    if "coder" in roles and (_CODE.search(request) or not tasks):
        tasks.append(Task("t3", "coder", _CODE_BRIEF, [_free("program.py", taken)], before))
    return Plan(CRITERIA, tasks)


def _free(name: str, taken: Sequence[str]) -> str:
    names = {each.casefold() for each in taken}
    return next(each for each in (name, *(f"{number}-{name}" for number in range(2, 1000))) if each not in names)
