"""What the model tells the user about its proposals: those just made, and those that were declined."""

import re
from collections.abc import Iterator
from typing import Any

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.pretend.prompts import Prompt

QUOTED = "(Quoted by Hercules' offline model: it finds and quotes passages, it does not reason.)"
BY_RULES = "(By Hercules' offline model: it goes by fixed rules, it does not reason.)"
NOTHING = (
    "I found nothing in the knowledge base on that. "
    "(Hercules' offline model can only quote passages, it does not reason.)"
)
SHOWN = 4  # changes that are named; the app shows the whole preview
PENDING = "Nothing changes until you approve it."
_PURPOSES = {
    "update_profile": "change your profile",
    "create_workout_plan": "make you a new workout plan",
    "change_workout_plan": "change your workout plan",
    "log_workout": "write your workout down",
    "open_room": "open a task room",
    "webhook": "send this for you",
}


def report(prompt: Prompt) -> Iterator[str]:
    """Paragraphs: what was declined and is not acknowledged yet, then what became of the calls of this turn."""
    for proposal in prompt.declined:
        reason = proposal.get("decision_reason")
        line = f"You declined my proposal to {_purpose(proposal)}" + (f" ({reason})." if reason else ".")
        if not any(line in answer for answer in prompt.answers):
            yield line
    for result in prompt.results:
        if result.get("status") == "proposed":
            yield f"I have proposed to {_purpose(result)}{_changes(result)}. {PENDING}"
        else:
            reasons = result.get("reasons") or ["it was not accepted"]
            yield f"I could not propose to {_purpose(result)}: {' '.join(map(_text, reasons))}"


def _purpose(proposal: Json) -> str:
    name = str(proposal.get("action_type", "do that"))
    return _PURPOSES.get(name, name.replace("_", " "))


def _changes(result: Json) -> str:
    lines = [_change(change) for change in result.get("preview") or [] if isinstance(change, dict)]
    more = [f"and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
    return f": {', '.join([*lines[:SHOWN], *more])}" if lines else ""


def _change(change: Json) -> str:
    before, after, name = change.get("before"), change.get("after"), _name(str(change.get("path", "")))
    unit = f" {change['unit']}" if change.get("unit") else ""
    if after is None:
        return f"without {name}"
    if before is None or isinstance(after, dict | list):
        return f"{name}: {_text(after)}{unit}"
    return f"{name} {_text(before)} -> {_text(after)}{unit}"


def _name(path: str) -> str:
    """The end of the path says what it is: `plan.sessions[A].exercises[Squat].load_kg` is the squat's load."""
    owner, _, field = path.rpartition(".") if not path.endswith("]") else (path, "", "")
    item = re.search(r"\[([^\]]*)\]$", owner)
    plain = re.sub(r"_(?:kg|seconds)$", "", field).replace("_", " ")
    return f"{item[1]} {plain}".strip() if item else plain


def _text(value: Any) -> str:
    """A value in words: of a plan or the like its name, of a list its items."""
    if isinstance(value, dict):
        return _text(value.get("name") or value.get("message") or value.get("performed_on") or "new")
    if isinstance(value, list):
        return ", ".join(map(_text, value)) or "nothing"
    return "nothing" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
