"""Who can be asked: the providers whose keys are in the environment."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal

from infra.local.cloud.services import chosen_models
from shared.llm.catalogue import catalogue, stated

Name = Literal["OpenAI", "Gemini"]

KEYS: dict[Name, str] = {"OpenAI": "OPENAI_API_KEY", "Gemini": "GEMINI_API_KEY"}
OF_BOTH = ("CHAT_REASONING_EFFORT", "ANSWER_TOKENS", "FIRST_TOKEN_SECONDS", "STALL_SECONDS", "MODEL_FIGURES")
# Nothing of the other provider, and nothing of a real database: what fails must fail, and stay on this machine.
SETTINGS: dict[Name, tuple[str, ...]] = {
    "OpenAI": ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_DIALECT", "CHAT_MODEL", "EMBEDDING_MODEL"),
    "Gemini": ("GEMINI_API_KEY", "GEMINI_BASE_URL", "GEMINI_MODEL"),
}
# Tokens of three turns and a room of two agents. The offline model takes 20,000 altogether; another one searches more
# often, writes more and thinks.
PROMPT_TOKENS, OUTPUT_TOKENS = 60_000, 15_000
USUAL_BUDGET = 0.20  # dollars: private.default_budget, in supabase/schemas


@dataclass(frozen=True)
class Provider:
    """`environment` is that of a cloud in which it is the coach; a Gemini's questions are embedded offline."""

    name: Name
    model: str
    environment: dict[str, str] = field(repr=False)  # with its key

    @property
    def dollars(self) -> Decimal:
        """What asking it will cost, about."""
        known = stated(self.environment.get("MODEL_FIGURES", "")) | catalogue()
        price = known[self.model].price(datetime.now(UTC).date())
        return (PROMPT_TOKENS * price.input + OUTPUT_TOKENS * price.output) / 1_000_000

    @property
    def max_room_dollars(self) -> float:
        """Dollars at which its room pauses: the usual budget, or what leaves a dear model room to answer at length."""
        return max(USUAL_BUDGET, float(3 * self.dollars))


def configured(environment: Mapping[str, str]) -> Iterator[Provider]:
    for name, key in KEYS.items():
        if environment.get(key):
            own = {each: environment[each] for each in (*SETTINGS[name], *OF_BOTH) if environment.get(each)}
            own["COACH_MODEL"] = name.lower()
            models = chosen_models(own)
            yield Provider(name, models.gemini.model if name == "Gemini" and models.gemini else models.chat_model, own)
