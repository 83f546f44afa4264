"""Plans a room by a template: research for each question, a program or table where one is asked for, a document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.local.offline_models.room_roles import coder, wishes
from infra.local.offline_models.room_roles.room_prompt import RoomPrompt, listed_files

LONGEST_REQUEST = 1500  # characters of it in a brief: the agent sees the whole of it beside that
_DOCUMENTS = re.compile(r"\b(guide|report|summary|plan|article|checklist|letter|comparison)\b", re.IGNORECASE)
_IN_WORDS = (".md", ".txt", ".html")


@dataclass
class PlannedTask:
    key: str
    role: str
    brief: str
    deliverables: list[str]
    depends_on: list[str] = field(default_factory=list)


def plan(prompt: RoomPrompt) -> dict[str, Any]:
    """The plan in the form that the request's schema asks for; the same for the same request."""
    roles, types = (re.split(r",\s*", prompt.one(tag)) for tag in ("roles", "types"))
    names = _Names(set(listed_files(prompt.told)), wishes.named_files(prompt.request, types))
    tasks: list[PlannedTask] = []
    if "researcher" in roles:
        tasks += _research(prompt.request, names)
    if "coder" in roles and (coder.is_wanted(prompt.request) or roles == ["coder"]):
        tasks.append(_code(f"t{len(tasks) + 1}", prompt.request, names))
    if "writer" in roles:
        tasks.append(_writing(f"t{len(tasks) + 1}", prompt.request, tasks, names))
    if not tasks:  # a researcher is not there, and no program was asked for
        tasks.append(_code("t1", prompt.request, names))
    if words := wishes.owner_words(prompt.request):
        tasks[-1].brief += f"\nBefore you begin, do what the owner wrote: {words}"
    return {"criteria": _criteria(tasks), "tasks": [asdict(task) for task in tasks]}


class _Names:
    """Names for deliverables: those that the request speaks of first, none twice and none that is taken."""

    def __init__(self, taken: set[str], wanted: list[str]) -> None:
        self._taken = {name.casefold() for name in taken}
        self._wanted = [name for name in wanted if name.casefold() not in self._taken]

    def pick(self, usual: str, endings: Sequence[str] = ()) -> str:
        fitting = (name for name in self._wanted if name.endswith(tuple(endings))) if endings else iter(())
        options = (*fitting, usual, *(f"{number}-{usual}" for number in range(2, 1000)))
        name = next(name for name in options if name.casefold() not in self._taken)
        self._taken.add(name.casefold())
        return name


def _research(request: str, names: _Names) -> list[PlannedTask]:
    """One task for each question: they are looked up side by side."""
    questions = wishes.questions_of(request)
    found = []
    for number, question in enumerate(questions, start=1):
        name = names.pick("notes.md" if len(questions) == 1 else f"notes-{number}.md")
        brief = (
            f"Search the knowledge base for what it says on this question:\n- {question}\n"
            f"Write the findings into {name}: each as a verbatim quote with the title of its source. "
            "Say what was not found."
        )
        found.append(PlannedTask(f"t{number}", "researcher", brief, [name]))
    return found


def _code(key: str, request: str, names: _Names) -> PlannedTask:
    name = names.pick(coder.usual_name(request), coder.ENDINGS)
    brief = (
        f"Write {name}, small and complete, for this request:\n{_shown(request)}\n"
        "Standard library only; check what is entered; say at the top what the file is and where its rules are from."
    )
    return PlannedTask(key, "coder", brief, [name])


def _writing(key: str, request: str, before: Sequence[PlannedTask], names: _Names) -> PlannedTask:
    kind = found[1].lower() if (found := _DOCUMENTS.search(request)) else "document"
    name = names.pick(f"{kind}.md", _IN_WORDS)
    sources = [source for task in before for source in task.deliverables]
    material = f"Read {', '.join(sources)} and what the user gave" if sources else "Read what the user gave"
    brief = (
        f"Write {name} for this request:\n{_shown(request)}\n"
        f"{material}; build the document of that, with headings. Every quote keeps its source."
    )
    return PlannedTask(key, "writer", brief, [name], [task.key for task in before])


def _shown(request: str) -> str:
    return wishes.short(wishes.settled(request), LONGEST_REQUEST)


def _criteria(tasks: Sequence[PlannedTask]) -> list[str]:
    """3 to 7, each checkable from the files alone."""
    of_files = {
        "researcher": "`{}` has quotes with the title of their source, or says that nothing was found.",
        "writer": "`{}` has a title, headings, and a source under every quote.",
        "coder": "`{}` can be read as what its ending says, and says what it is.",
    }
    criteria = [of_files[task.role].format(name) for task in tasks for name in task.deliverables]
    return [
        *criteria,
        "Every file that was planned is there and is not empty.",
        "Every file is text that can be read from beginning to end.",
    ][:7]
