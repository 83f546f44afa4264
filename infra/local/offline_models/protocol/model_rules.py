"""What each real model takes: how hard it thinks, how much it reads. A name that is none of theirs may do anything."""

import re
from dataclasses import dataclass, replace

OFFLINE_INPUT = 128_000


@dataclass(frozen=True)
class ModelRules:
    """`efforts` are those of Responses; `default` is what a request without one comes to. No efforts: it cannot reason.

    `input_tokens` is the context without the room for the answer.
    """

    efforts: tuple[str, ...] = ()
    default: str | None = None
    input_tokens: int = OFFLINE_INPUT

    @property
    def chat_efforts(self) -> tuple[str, ...]:
        """`max` is for Responses alone: BerriAI/litellm-docs#1173, mnfst/modelparams.dev#236."""
        return tuple(effort for effort in self.efforts if effort != "max")


_SIX = ("low", "medium", "high", "xhigh", "max")
# From the newest down; a version that is not here has the rules of the one before it (docker/docker-agent#4165).
_OPENAI: tuple[tuple[tuple[int, int], ModelRules], ...] = (
    # https://docs.litellm.ai/blog/gpt_6_sol_luna: none to max, medium by default, 922,000 of 1,050,000 tokens are input
    ((6, 0), ModelRules(("none", *_SIX), "medium", 922_000)),
    # experientiallabs/experiential#764: the refusal lists them; mnfst/modelparams.dev#87: medium by default
    ((5, 6), ModelRules(("none", *_SIX), "medium", 922_000)),
    # pipecat-ai/pipecat#4043, bolna-ai/bolna#852: none by default, no minimal
    ((5, 4), ModelRules(("none", "low", "medium", "high", "xhigh"), "none", 922_000)),
    ((5, 2), ModelRules(("none", "low", "medium", "high", "xhigh"), "none", 272_000)),
    # anomalyco/opencode#4451
    ((5, 1), ModelRules(("none", "low", "medium", "high"), "none", 272_000)),
    # kaitranntt/ccs#344
    ((5, 0), ModelRules(("minimal", "low", "medium", "high"), "medium", 272_000)),
    ((0, 0), ModelRules()),
)
# gpt-6-astra has no `none` (bolna-ai/bolna#1019, langchain-ai/langchain#40330), gpt-6.1-sol neither, though
# gpt-6.1-terra has (https://dev.to/antoine_laurentt/gpt-61-terra-vs-gpt-61-sol-4n8m).
_ALWAYS_THINKS = re.compile(r"gpt-(?:6-astra|6\.1-sol)\b")
# https://developers.openai.com/api/docs/models/gpt-5.4-mini: 400,000 tokens of context, 128,000 of them for the answer
_SMALL, _SMALL_INPUT = re.compile(r"gpt-5\.\d-(?:mini|nano)\b"), 272_000
_VERSION = re.compile(r"gpt-(\d+)(?:\.(\d+))?")
# tetsuo-ai/agenc-core#2393 asked each model for each level; UKGovernmentBEIS/inspect_ai#5192: medium by default.
_GEMINI_WITHOUT_MINIMAL = re.compile(r"gemini-(?:3\.(?:[78]-flash|1-pro)|4)")
_GEMINI_INPUT = 1_048_576  # https://ai.google.dev/gemini-api/docs/models


def rules_of(model: str) -> ModelRules | None:
    """None for a name that is no real model's, such as the offline model's own."""
    if model.startswith("gemini-"):
        levels = ("low", "medium", "high")
        if _GEMINI_WITHOUT_MINIMAL.match(model):
            return ModelRules(levels, "medium", _GEMINI_INPUT)
        return ModelRules(("none", "minimal", *levels), None, _GEMINI_INPUT)
    if not (version := _version(model)):
        return None
    if _ALWAYS_THINKS.match(model):
        return ModelRules(_SIX, "medium", 922_000)
    rules = next(rules for since, rules in _OPENAI if version >= since)
    return replace(rules, input_tokens=_SMALL_INPUT) if _SMALL.match(model) else rules


def tools_forbid_thinking(model: str) -> bool:
    """Whether Chat Completions refuse function tools beside any effort: gpt-5.4 and later."""
    version = _version(model)
    return version is not None and version >= (5, 4)


def _version(model: str) -> tuple[int, int] | None:
    """OpenAI's name without a version is as strict as the newest; gpt-oss runs on anybody's server."""
    if found := _VERSION.match(model):
        return int(found[1]), int(found[2] or 0)
    return (99, 0) if model.startswith("gpt-") and not model.startswith("gpt-oss") else None


def effort_of(model: str, asked: str | None) -> str | None:
    """The effort that a request comes to."""
    rules = rules_of(model)
    return asked or (rules.default if rules else None)


def input_tokens_of(model: str) -> int:
    rules = rules_of(model)
    return rules.input_tokens if rules else OFFLINE_INPUT
