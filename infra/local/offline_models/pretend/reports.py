"""What the model tells the user about its proposals: those just made, and those that were declined."""

from collections.abc import Iterator

from infra.local.offline_models.conversation import Json
from infra.local.offline_models.pretend.prompts import Prompt

QUOTED = "(Quoted by Hercules' offline model: it finds and quotes passages, it does not reason.)"
BY_RULES = "(By Hercules' offline model: it goes by fixed rules, it does not reason.)"
NOTHING = (
    "I found nothing in the knowledge base on that. "
    "(Hercules' offline model can only quote passages, it does not reason.)"
)
NOT_A_QUESTION = (
    "Ask me about training, food or sleep, and I quote what the knowledge base has. I can also propose to write a "
    f"workout down, to make or change a plan, or to change your profile. {BY_RULES}"
)
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
            yield f"I have proposed to {_purpose(result)}. {PENDING}"
        else:
            reasons = result.get("reasons") or ["it was not accepted"]
            yield f"I could not propose to {_purpose(result)}: {' '.join(map(_text, reasons))}"


def _purpose(proposal: Json) -> str:
    name = str(proposal.get("action_type", "do that"))
    return _PURPOSES.get(name, name.replace("_", " "))


def _text(reason: Json | str) -> str:
    """An unsafe call's reasons are findings, an invalid one's are texts."""
    return str(reason.get("message", "")) if isinstance(reason, dict) else reason
