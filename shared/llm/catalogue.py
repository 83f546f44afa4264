"""What each model takes, holds and costs: those of our defaults and their siblings, and those that an operator states.

A model that is neither here nor in MODEL_FIGURES stops the deployment (`infra.catalogue`): no cost limit may be blind.
"""

import functools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_UP, Decimal
from operator import attrgetter
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from shared.platform import settings

Dialect = Literal["responses", "chat_completions"]
# openai.types.shared.ReasoningEffort, least first.
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
Effort = Annotated[str, Field(pattern=f"^({'|'.join(EFFORTS)})$")]
Dollars = Annotated[Decimal, Field(ge=0)]

# Tokens of thought beyond the visible ones. Google takes low, medium and high for 1,024, 8,192 and 24,576 tokens
# (https://ai.google.dev/gemini-api/docs/openai), OpenAI's guide to reasoning advises to reserve some 25,000, and low is
# met with more than Google's budget (vectorize-io/hindsight#3365). Beyond high by the growth in OpenAI's own figures
# (datacurve-ai/deep-swe#55). Room that is not used costs nothing.
HEADROOM = {"none": 0, "minimal": 500, "low": 2_000, "medium": 8_000, "high": 24_000, "xhigh": 40_000, "max": 64_000}

MILLION = Decimal(1_000_000)
STEP = Decimal("0.000001")  # numeric(12, 6) in ai_usage
_PRICES = Path(__file__).with_name("prices.json")


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens, from that day (UTC) on."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    effective: date
    input: Dollars
    cached_input: Dollars
    output: Dollars


_day = attrgetter("effective")


@dataclass(frozen=True)
class Figures:
    """Of one model. All sizes are in tokens."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    dialect: Dialect | None  # None: the server's default (by host or setting)
    efforts: tuple[Effort, ...]  # what may be asked for in that dialect beside tools, least first; (): none is sent
    default_effort: Effort | None  # what it thinks with when nothing is sent
    context: Annotated[int, Field(gt=0)]  # of an embedder what it reads of one text
    most_output: Annotated[int, Field(ge=0)]  # reasoning included; 0: it writes nothing, it embeds
    headroom: Mapping[str, Annotated[int, Field(ge=0)]]  # of thought, per effort; "" when nothing is sent
    prices: Annotated[tuple[Price, ...], Field(min_length=1)]  # newest last, those announced for later among them
    sees: bool = False  # PNG and JPEG pictures beside a text

    def effort(self, wanted: str) -> str | None:
        """The nearest to `wanted` that it takes, of two equally near ones the stronger. None: nothing is to be sent."""
        if not self.efforts or wanted not in EFFORTS:
            return self.default_effort if self.default_effort in self.efforts else None
        rank = EFFORTS.index
        return min(self.efforts, key=lambda each: (abs(rank(each) - rank(wanted)), -rank(each)))

    def room(self, effort: str | None) -> int:
        """What it may think with that effort, before what is seen."""
        return min(self.headroom.get(effort or "", 0), self.most_output)

    def price(self, on: date) -> Price:
        """The one in force on that day; before all of them the earliest."""
        return max((each for each in self.prices if each.effective <= on), key=_day, default=min(self.prices, key=_day))


@dataclass(frozen=True)
class Cost:
    dollars: Decimal
    complete: bool  # False: a price was missing, the sum is a lower bound

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.dollars + other.dollars, self.complete and other.complete)


FREE = Cost(Decimal(0), complete=True)


class UnknownModelError(Exception):
    """Nobody stated the model's figures; `fault` is what is wrong with those that there are."""

    def __init__(self, model: str, fault: str = "") -> None:
        super().__init__(f"{fault}\nThe model {model!r} is unknown: MODEL_FIGURES does not have it.".lstrip())


class MalformedFiguresError(Exception):
    """MODEL_FIGURES cannot be read; the message says where."""


def figures(model: str) -> Figures:
    """The catalogue's, else those that MODEL_FIGURES states. Raises UnknownModelError."""
    try:
        return catalogue().get(model) or stated(settings.load(settings.ModelSettings).model_figures)[model]
    except KeyError:
        raise UnknownModelError(model) from None
    except MalformedFiguresError as fault:
        raise UnknownModelError(model, str(fault)) from None


def cost(
    model: str, input_tokens: int, output_tokens: int = 0, *, cached_tokens: int = 0, on: date | None = None
) -> Cost:
    """Cost of one call on a day (default today, UTC), rounded up to a millionth of a dollar.

    `cached_tokens` are those of the input that the provider had read before. A model without figures costs nothing
    here and is reported as such: the deployment stops before that.
    """
    try:
        price = figures(model).price(on or datetime.now(UTC).date())
    except UnknownModelError:
        return Cost(Decimal(0), complete=False)
    cached = min(cached_tokens, input_tokens)
    dollars = (input_tokens - cached) * price.input + cached * price.cached_input + output_tokens * price.output
    return Cost((dollars / MILLION).quantize(STEP, ROUND_UP), complete=True)


@functools.cache
def catalogue() -> dict[str, Figures]:
    """Every model that is held here, by its name. Read at first use."""
    priced = TypeAdapter(dict[str, tuple[Price, ...]]).validate_python(json.loads(_PRICES.read_bytes())["prices"])
    return {row.name: row if row.prices else replace(row, prices=priced[row.name]) for row in ROWS}


@functools.cache
def stated(text: str) -> dict[str, Figures]:
    """What MODEL_FIGURES says, a JSON object by the models' names. Raises MalformedFiguresError."""
    try:
        given = json.loads(text or "{}", parse_float=Decimal)
        named = {name: fields | {"name": name} for name, fields in given.items()}
        read = TypeAdapter(dict[str, Figures]).validate_python(named)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise MalformedFiguresError(f"MODEL_FIGURES is malformed: {'; '.join(faults)}") from None
    except json.JSONDecodeError as error:
        raise MalformedFiguresError(f"MODEL_FIGURES is no JSON: {error}") from None
    except (AttributeError, TypeError):
        raise MalformedFiguresError("MODEL_FIGURES is no JSON object of objects by the models' names") from None
    return {name: _in_order(each) for name, each in read.items()}


def _in_order(each: Figures) -> Figures:
    """Raises MalformedFiguresError for what does not fit together."""
    missing = [effort for effort in ("", *each.efforts) if effort not in each.headroom]
    if missing:
        raise MalformedFiguresError(f"MODEL_FIGURES is malformed: {each.name}.headroom: nothing is said of {missing}")
    if each.most_output > each.context:
        raise MalformedFiguresError(f"MODEL_FIGURES is malformed: {each.name}.most_output: more than its context")
    by_strength = tuple(sorted(each.efforts, key=EFFORTS.index))
    return replace(each, efforts=by_strength, prices=tuple(sorted(each.prices, key=_day)))


def _headroom(efforts: Iterable[str], default: str | None) -> dict[str, int]:
    return {"": HEADROOM[default or "none"]} | {effort: HEADROOM[effort] for effort in efforts}


def _openai(name: str, efforts: tuple[str, ...], default: str, context: int = 1_050_000) -> Figures:
    """Contexts and outputs: https://developers.openai.com/api/docs/models. Tools beside an effort need Responses."""
    return Figures(name, "responses", efforts, default, context, 128_000, _headroom(efforts, default), (), sees=True)


def _gemini(name: str, efforts: tuple[str, ...], default: str) -> Figures:
    """Sizes: https://ai.google.dev/gemini-api/docs/models. None of generation 3 and later can be kept from thinking."""
    return Figures(
        name, "chat_completions", efforts, default, 1_048_576, 65_536, _headroom(efforts, default), (), sees=True
    )


def _embedder(name: str) -> Figures:
    """https://developers.openai.com/api/docs/guides/embeddings"""
    return Figures(name, None, (), None, 8_192, 0, {"": 0}, ())


_FREE = (Price(date.min, Decimal(0), Decimal(0), Decimal(0)),)
_OFFLINE_HEADROOM = {"": 200, "none": 0, "low": 200, "medium": 400, "high": 800}
_TO_MAX = ("low", "medium", "high", "xhigh", "max")
_TO_XHIGH = ("none", "low", "medium", "high", "xhigh")
_LEVELS = ("low", "medium", "high")

ROWS = (
    # Efforts and defaults: https://docs.litellm.ai/blog/gpt_6_sol_luna
    _openai("gpt-6-luna", ("none", *_TO_MAX), "medium"),
    _openai("gpt-6-sol", ("none", *_TO_MAX), "medium"),
    # UKGovernmentBEIS/inspect_ai#5254, asked live: no `none`
    _openai("gpt-6-astra", _TO_MAX, "medium"),
    # The model pages, https://developers.openai.com/api/docs/models/gpt-6.1-sol: no `none`; …/gpt-6.1-terra: it is back
    _openai("gpt-6.1-sol", _TO_MAX, "medium"),
    _openai("gpt-6.1-terra", ("none", *_TO_MAX), "medium"),
    # experientiallabs/experiential#764: the refusal lists them; mnfst/modelparams.dev#87: the default
    _openai("gpt-5.6-luna", ("none", *_TO_MAX), "medium"),
    _openai("gpt-5.6-sol", ("none", *_TO_MAX), "medium"),
    _openai("gpt-5.6-terra", ("none", *_TO_MAX), "medium"),
    # pipecat-ai/pipecat#4043, bolna-ai/bolna#852
    _openai("gpt-5.4", _TO_XHIGH, "none"),
    _openai("gpt-5.4-mini", _TO_XHIGH, "none", 400_000),
    _openai("gpt-5.4-nano", _TO_XHIGH, "none", 400_000),  # shut down on 2027-04-01
    # kaitranntt/ccs#344
    _openai("gpt-5-mini", ("minimal", *_LEVELS), "medium", 400_000),  # shut down on 2026-12-11
    # https://ai.google.dev/gemini-api/docs/generate-content/latest-model
    _gemini("gemini-4-argon", _LEVELS, "medium"),
    # tetsuo-ai/agenc-core#2393, BerriAI/litellm-docs#1505: `minimal` is refused
    _gemini("gemini-3.8-flash", _LEVELS, "medium"),
    # https://docs.litellm.ai/blog/gemini_3_1_pro; without a word high: https://ai.google.dev/gemini-api/docs/thinking
    _gemini("gemini-3.1-pro-preview", _LEVELS, "high"),
    # https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/gemini/3-5-flash-lite
    _gemini("gemini-3.5-flash-lite", ("minimal", *_LEVELS), "minimal"),
    _embedder("text-embedding-3-small"),
    _embedder("text-embedding-3-large"),
    # The laptop's own, which think a little so that what runs there is what runs elsewhere: infra/local/offline_models.
    # It takes pictures, and sees nothing in them.
    Figures(
        "hercules-extractive-1", None, ("none", *_LEVELS), "low", 128_000, 16_000, _OFFLINE_HEADROOM, _FREE, sees=True
    ),
    replace(_embedder("minilm-l6-int8"), context=256, prices=_FREE),  # word pieces that it was trained on
)
