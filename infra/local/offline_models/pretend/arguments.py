"""Reads the arguments of each tool out of what the user asks; None where too little is said."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.pretend import plans
from infra.local.offline_models.pretend.exercises import (
    estimated_minutes,
    exercises_in,
    load_in,
    minutes_in,
    same_exercise,
)
from infra.local.offline_models.pretend.instructions import Instruction
from infra.local.offline_models.pretend.prompts import Prompt
from infra.local.offline_models.pretend.schema_filling import properties

Read = Callable[[Sequence[Instruction], Prompt, Json], Json | None]
ROOM = r"(?:open|start|create|make|set up)\s+(?:me\s+)?(?:an?\s+|the\s+)?(?:new\s+)?(?:task\s+)?room\b"
_NUMBERS = ("sets", "reps", "seconds", "load_kg", "rest_seconds")
_UNITS = {"sets": r"sets?", "rest_seconds": r".*\brest", "seconds": r"s|secs?|seconds?", "reps": r"reps?|repetitions?"}
_COUNTS = {"a": "1", "an": "1", "one": "1", "another": "1", "two": "2"}
_DAYS = ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")
_CHANGE = re.compile(
    r"add (?P<more>(?:an?|one|another|two|\d\S*)\s*(?:more |extra )?(?:sets?|reps?|seconds?|kgs?|lbs?))"
    r"\s+(?:to|of|on)\s+(?:my |the )?(?P<more_of>.+)|"
    r"(?:remove|drop|take) (?P<less>(?:an?|one|two|\d+)\s*(?:sets?|reps?)) (?:from|off|of)\s+(?:my |the )?"
    r"(?P<less_of>.+)|"
    r"(?:remove|drop|delete|take)(?: out)? (?:my |the )?(?P<removed>.+?)(?: (?:from|out of|off) .*)?$|"
    r"add (?P<added>.+\d.*?) (?:to|in) (?:my|the) .+|"
    r"(?P<verb>\w+) (?:up |down )?(?:my |the )?(?P<set>.+?)\s+(?:(?P<by>by)|to|at)\s+(?P<value>\d.*)",
    re.IGNORECASE,
)
_EVENT = re.compile(r"\b[a-z]+(?:[._][a-z]+)+\b")
_CONTENT = re.compile(r"(?:send|post|push)\s+(.+?)\s+to\b|\b(?:that|about|of|:)\s+(.+)", re.IGNORECASE | re.DOTALL)
_NAME = r"[\"']?((?!(?:to|the|my|an?|your|that|about|of|this)\b)[a-z][\w.-]*\w)[\"']?"
_NAMED = re.compile(rf"\b(?:webhook|endpoint) {_NAME}|(?<![\w.-]){_NAME} (?:webhook|endpoint)\b", re.IGNORECASE)
# How users call the fields of their profile, and how they tell of them without naming them.
_FIELD = {"goals": "goals?", "experience_level": "experience|level", "equipment": "equipment|gear"}
_FIELD |= {"time_availability": "time|availability|schedule", "injuries": r"injur\w+"}
_TOLD = {
    "equipment": r"\bi(?:'ve)?(?: now| just)* (?:have|got|bought|own) (.+)",
    "time_availability": r"\bi can (?:only )?(?:now )?(?:train|work ?out|exercise) (.+)",
    "injuries": r"(.*\b(?:hurts?|pain|sore|sprain\w*|strain\w*)\b.*)",
}
_POLITE_END = re.compile(r"(?:[\s.!,]|\b(?:please|now|thanks|thank you)\b)+$", re.IGNORECASE)


def room(asked: Sequence[Instruction], _prompt: Prompt, _schema: Json) -> Json | None:
    task = re.sub(rf"{ROOM}\s*(?::|-|\b(?:to|for|that|which)\b)?\s*", "", asked[0].text, count=1, flags=re.IGNORECASE)
    return {"prompt": task[0].upper() + task[1:8000]} if len(task) > 1 else None


def webhook(asked: Sequence[Instruction], _prompt: Prompt, schema: Json) -> Json | None:
    """The endpoint is one that the schema names; where it names none, what the user calls a webhook or an endpoint."""
    text, known = asked[0].text, properties(schema)["endpoint"]
    if names := known.get("enum", [known["const"]] if "const" in known else []):
        endpoint = next((name for name in names if re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)), None)
    else:
        endpoint = next(filter(None, found.groups()), None) if (found := _NAMED.search(text)) else None
    if endpoint is None:
        return None
    events = properties(schema)["event"].get("enum", [])
    named = (name for name in _EVENT.findall(text) if name != endpoint and (name in events or not events))
    event = next(named, events[0] if events else "coach.message")
    content = _CONTENT.search(text)
    value = (content[1] or content[2] if content else text).strip(" .!")
    return {"endpoint": endpoint, "event": event, "data": [{"name": "text", "value": value[:500]}]}


def workout(asked: Sequence[Instruction], prompt: Prompt, _schema: Json) -> Json | None:
    """An exercise goes by the name that the plan or an earlier workout has for it."""
    text = " ".join(instruction.whole for instruction in asked)
    exercises = exercises_in(re.sub(r"\bon \w+day\b", " ", text, flags=re.IGNORECASE))
    if not exercises:
        return None
    for exercise in exercises:
        known = same_exercise(exercise["name"], prompt.known_exercises)
        if known and same_exercise(known, [exercise["name"]]):
            exercise["name"] = known
    minutes = minutes_in(text)
    return {
        "performed_on": _day(text, prompt.today).isoformat(),
        "minutes": minutes or estimated_minutes(exercises),
        "exercises": exercises,
        "notes": None if minutes else "Minutes estimated from the sets.",
    }


def _day(text: str, today: date) -> date:
    if stated := re.search(r"\b\d{4}-[01]\d-[0-3]\d\b", text):
        return date.fromisoformat(stated[0])
    if ago := re.search(r"\b(\d{1,3}) days? ago\b", text, re.IGNORECASE):
        return today - timedelta(days=int(ago[1]))
    if named := re.search(rf"\bon ({'|'.join(_DAYS)})day\b", text, re.IGNORECASE):
        return today - timedelta(days=(today.weekday() - _DAYS.index(named[1].lower())) % 7)
    return today - timedelta(days=bool(re.search(r"\b(?:yesterday|last night)\b", text, re.IGNORECASE)))


def plan(asked: Sequence[Instruction], prompt: Prompt, _schema: Json) -> Json:
    return plans.plan(asked[0].whole, prompt.profile)


def plan_changes(asked: Sequence[Instruction], prompt: Prompt, _schema: Json) -> Json | None:
    changes = [change for each in asked for change in _changes(each.text.rstrip(" .!?"), prompt.sessions)]
    return {"changes": changes[:20]} if changes else None


def _changes(text: str, sessions: list[Json]) -> Iterator[Json]:
    """In the sessions that are named, or else in all that have the exercise; what is new goes into one."""
    found = _CHANGE.match(text)
    if not found:
        return
    named = [session for session in sessions if session["name"].lower() in text.lower()]
    if found["removed"]:
        yield from (_change("remove", *place) for place in _places(found["removed"], named or sessions))
    elif found["added"]:
        for exercise in exercises_in(found["added"]):
            numbers = {name: exercise[name] for name in _NUMBERS}
            yield from (_change("add", session, exercise, **numbers) for session in named or sessions[:1])
    elif found["more"] or found["less"]:
        name, step = (found["more_of"], 1) if found["more"] else (found["less_of"], -1)
        yield from _set(name, found["more"] or found["less"], step, named or sessions)
    else:
        lowers = found["verb"].lower() in ("lower", "reduce", "decrease")
        yield from _set(found["set"], found["value"], (-1 if lowers else 1) if found["by"] else 0, named or sessions)


def _set(name: str, value: str, step: int, sessions: list[Json]) -> Iterator[Json]:
    """`step` 0 sets the number that `value` tells, 1 adds it to the one in the plan, -1 takes it away."""
    value = re.sub(r"^\w+", lambda word: _COUNTS.get(word[0].lower(), word[0]), value)
    count = re.match(r"\d+", value)
    told = f"{value[count.end() :] if count else ''} {name}"
    units = (each for each, unit in _UNITS.items() if re.search(rf"(?:^|\s)(?:{unit})\b", told, re.IGNORECASE))
    load = load_in(value)
    field = "load_kg" if load is not None else next(units, "") if count else ""
    number = load if load is not None else float(count[0]) if count else 0.0
    for session, exercise in _places(name, sessions) if field else ():
        wanted = number if not step else (exercise.get(field) or 0) + step * number
        if wanted > 0:
            yield _change("set", session, exercise, **{field: wanted if field == "load_kg" else int(wanted)})


def _places(name: str, sessions: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Each session that has the exercise which is meant, with it."""
    bare = re.split(r"\b(?:sets?|reps?|seconds|load|weight|rest|time|from|on|in|of)\b", name, flags=re.IGNORECASE)[0]
    meant = same_exercise(bare, [exercise["name"] for session in sessions for exercise in session["exercises"]])
    for session in sessions:
        yield from ((session, exercise) for exercise in session["exercises"] if exercise["name"] == meant)


def _change(operation: str, session: Json, exercise: Json, **numbers: Any) -> Json:
    blank = dict.fromkeys(_NUMBERS)
    return {"operation": operation, "session": session["name"], "exercise": exercise["name"], **blank, **numbers}


def profile(asked: Sequence[Instruction], prompt: Prompt, schema: Json) -> Json | None:
    """Lists are replaced as a whole, so what is added joins what is there."""
    fields: Json = dict.fromkeys(properties(schema))
    for instruction in asked:
        for name, part in properties(schema).items():
            before = prompt.profile.get(name) if fields[name] is None else fields[name]
            value = _field(instruction, name, part, before)
            fields[name] = fields[name] if value is None else value
    return fields if any(value is not None for value in fields.values()) else None


def _field(instruction: Instruction, name: str, schema: Json, before: Any) -> Any:
    """What the instruction makes of a field that is now `before`; None leaves it."""
    field, text = _FIELD[name], instruction.text
    if "enum" in schema:
        said = re.search(rf"\b({'|'.join(schema['enum'])})\b", instruction.whole, re.IGNORECASE)
        return said[1].lower() if said and re.search(rf"\b(?:{field}|profile)\b", text, re.IGNORECASE) else None
    if re.match(rf"(?:clear|empty) my (?:{field})\b", text, re.IGNORECASE):
        return [] if schema["type"] == "array" else ""
    if gone := re.match(rf"remove (.+?) from my (?:{field})\b", text, re.IGNORECASE):
        items = [item.lower() for item in _listed(gone[1])]
        return [item for item in before or [] if item.lower() not in items] if schema["type"] == "array" else ""
    adding = (
        rf"(?:add|put|note|record|save|mark|log) (?:down )?(?!it\b|this\b|that\b)(.+?) (?:to my|as an?) (?:{field})\b"
    )
    if new := re.match(adding, text, re.IGNORECASE):
        return _joined(before, new[1], schema)
    if new := re.search(
        rf"\b(?:{field})\b(?: now)?(?: to| is| are|:)(?: now)? (.+)", _statement(instruction), re.IGNORECASE
    ):
        value = _POLITE_END.sub("", new[1])
        return ([value[:150]] if name == "goals" else _listed(value)) if schema["type"] == "array" else value[:500]
    names_it = re.search(rf"\b(?:{field}|profile)\b", text, re.IGNORECASE)
    if name in _TOLD and names_it and (new := re.search(_TOLD[name], instruction.lead, re.IGNORECASE)):
        value = _POLITE_END.sub("", new[1])
        return value if name == "time_availability" else _joined(before, value, schema)
    return None


def _statement(instruction: Instruction) -> str:
    """The instruction, or what was said before it when it says no more than "update my profile"."""
    bare = re.match(r"\w+ (?:my|the) profile\W*$", instruction.text, re.IGNORECASE)
    return instruction.lead if bare else instruction.text


def _joined(before: Any, new: str, schema: Json) -> Any:
    if schema["type"] == "array":
        items = _listed(new) if schema.get("maxItems") else [new]
        return list(dict.fromkeys([*(before or []), *items]))[-20:]
    new = new.strip(" ,.;")
    return (f"{before}; {new}" if before and new not in before else new)[:2000]


def _listed(text: str) -> list[str]:
    items = (re.sub(r"^(?:some|an?|the|my|new)\s+", "", item) for item in re.split(r"\s*(?:[,;]|\band\b)\s*", text))
    return [_POLITE_END.sub("", item)[:150] for item in items if item.strip(" .!")]
