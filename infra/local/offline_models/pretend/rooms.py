"""Plays the orchestrator and the reviewer of a task room by templates, and hands its agents their next move."""

import json
from collections.abc import Iterator, Sequence

from infra.local.offline_models.conversation import Json, Request
from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend import documents, prompts, room_requests, script
from infra.local.offline_models.pretend.agents import Agent, Move
from infra.local.offline_models.pretend.prompts import Prompt

MAX_REPAIRS, MAX_CRITERIA = 4, 7
MAX_REQUEST = 1500  # characters of it in a brief: the agent sees the whole of it beside that
PROSE = (".md", ".txt", ".html")


async def play(request: Request, prompt: Prompt, embedder: Embedder) -> Move | None:
    """None when the request is none of a room: it is known by its answer's schema, or by the tools at hand."""
    members = set((request.schema or {}).get("properties", {}))
    if members >= prompts.PLAN:
        return Move(text=json.dumps(_plan(prompt), ensure_ascii=False))
    if members == prompts.REVIEW:
        return Move(text=json.dumps(_review(prompt), ensure_ascii=False))
    if not prompts.is_agent(request) or not prompt.role:
        return None
    return await Agent(prompt, prompt.role, embedder).next_move()


def _plan(prompt: Prompt) -> Json:
    """Research for each question, code where it is asked for, and a document made of that."""
    tasks: list[Json] = []
    for role, name, question in _parts(prompt):
        writes = role == "writer"
        sources = ", ".join(each["deliverables"][0] for each in tasks) or "what the user gave"
        brief = _brief(role, prompt, file=name, question=question, sources=sources)
        depends_on = [each["key"] for each in tasks] if writes else []
        task = {"key": f"t{len(tasks) + 1}", "role": role, "brief": brief, "deliverables": [name]}
        tasks.append(task | {"depends_on": depends_on})
    if words := room_requests.owner_words(prompt.part("request")):
        tasks[-1]["brief"] += f"\nBefore you begin, do what the owner wrote: {words}"
    template = script.data("room")
    criteria = [template["criterion"].format(file=task["deliverables"][0]) for task in tasks]
    return {"urgent": None, "criteria": [*criteria, *template["criteria"]][:MAX_CRITERIA], "tasks": tasks}


def _parts(prompt: Prompt) -> Iterator[tuple[str, str, str]]:
    """The tasks: each a role, the file it is to write, and what it is to look up."""
    request, roles, names = prompt.part("request"), prompt.listed("roles"), _Names(prompt)
    if "researcher" in roles:
        questions = room_requests.questions_of(request)
        for number, question in enumerate(questions, start=1):
            yield "researcher", names.pick("notes.md" if len(questions) == 1 else f"notes-{number}.md"), question
    coded = any(map(names.wanted, documents.CODE)) or room_requests.code_is_wanted(request)
    if "coder" in roles and (coded or not {"researcher", "writer"} & {*roles}):
        yield "coder", names.pick(script.data("room")["coder"]["file"], documents.CODE), ""
    if "writer" in roles:
        yield "writer", names.pick(script.data("room")["writer"]["file"], PROSE), ""


def _brief(role: str, prompt: Prompt, **parts: str) -> str:
    request = room_requests.settled(prompt.part("request"))
    brief: str = script.data("room")[role]["brief"]
    return brief.format(request=room_requests.short(request, MAX_REQUEST), **parts)


class _Names:
    """Names for deliverables: those that the request speaks of first, none twice and none that is taken."""

    def __init__(self, prompt: Prompt) -> None:
        types, named = prompt.listed("types"), room_requests.named_files(prompt.part("request"))
        self._taken = {name.casefold() for name in prompt.files}
        self._named = [name for name, ending in named.items() if ending in types and name.casefold() not in self._taken]

    def wanted(self, *endings: str) -> list[str]:
        return [name for name in self._named if name.endswith(endings)]

    def pick(self, usual: str, endings: Sequence[str] = ()) -> str:
        numbered = (f"{number}-{usual}" for number in range(2, 1000))
        options = (*(self.wanted(*endings) if endings else ()), usual, *numbered)
        name: str = next(name for name in options if name.casefold() not in self._taken)
        self._taken.add(name.casefold())
        return name


def _review(prompt: Prompt) -> Json:
    """By what the delivery check found and which files there are; it judges no sense."""
    problems, present = prompt.problems, prompt.files.keys()
    criteria = []
    for criterion in prompt.lines("criteria"):
        named = criterion.split("`")[1::2]  # a criterion that names no file is about all
        faults = [problem for name, problem in problems.items() if name in named or not named]
        faults += [f"{name} is not there." for name in named if name not in present and name not in problems]
        reason = " ".join(faults) or script.data("room")["approved"]
        criteria.append({"criterion": criterion, "met": not faults, "reason": reason})
    return {"criteria": criteria, "repairs": [_repair(prompt, *problem) for problem in problems.items()][:MAX_REPAIRS]}


def _repair(prompt: Prompt, name: str, problem: str) -> Json:
    role = "researcher" if name.startswith("notes") else "coder" if name.endswith(documents.CODE) else "writer"
    questions = "\n- ".join(room_requests.questions_of(prompt.part("request")))
    brief = _brief(role, prompt, file=name, question=questions, sources="the files of the room")
    return {"role": role, "brief": f"{problem} {brief}", "deliverables": [name]}
