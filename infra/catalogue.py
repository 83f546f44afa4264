"""The models' prices, and what is wrong with the models that are configured: `python -m infra.catalogue [--check]`.

The prices are made from the pinned package genai-prices when packages are locked. It takes 0.3 s to import, too long
where a user waits, so what is deployed reads the few that it needs from shared/llm/prices.json.
"""

import argparse
import json
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, get_args
from urllib.parse import urlsplit

from shared.llm.catalogue import (
    EFFORTS,
    HEADROOM,
    ROWS,
    Dialect,
    Figures,
    MalformedFiguresError,
    catalogue,
    stated,
)
from shared.platform.settings import AgentSettings, GeminiSettings, ModelSettings

if TYPE_CHECKING:
    from genai_prices.types import ConditionalPrice, ModelPrice

PRICES = Path(__file__).parents[1] / "shared" / "llm" / "prices.json"
ROLES = ("COACH_MODEL", "ORCHESTRATOR_MODEL", "RESEARCHER_MODEL", "WRITER_MODEL", "CODER_MODEL")
PROVIDERS = ("openai", "gemini")

Row = dict[str, str]


class UnpricedError(Exception):
    """The package does not have the price of a model of the catalogue; the message names it."""


def rendered() -> str:
    """The prices of every model of the catalogue that has none of its own, as the file has them."""
    prices = {row.name: price_rows(row.name) for row in ROWS if not row.prices}
    return json.dumps({"source": f"genai-prices {version('genai-prices')}", "prices": prices}, indent=2) + "\n"


def price_rows(model: str) -> list[Row]:
    """Each price of a model with the day it takes effect, oldest first. Raises UnpricedError."""
    from genai_prices.data_snapshot import get_snapshot

    providers = (provider for provider in get_snapshot().providers if provider.id in ("openai", "google"))
    found = [known for provider in providers for known in provider.models if known.id == model]
    if not found:
        raise UnpricedError(f"genai-prices has no price of {model}")
    prices = found[0].prices
    rows = [_dated(each) for each in prices] if isinstance(prices, list) else [_row(date.min, prices)]
    # Some days change only what is not bought here, such as web searches.
    return [row for before, row in zip([None, *rows], rows, strict=False) if before is None or _differ(before, row)]


def _dated(priced: "ConditionalPrice") -> Row:
    from genai_prices.types import StartDateConstraint

    since = priced.constraint
    if since is not None and not isinstance(since, StartDateConstraint):
        raise UnpricedError(f"a price by the hour: {priced}")
    return _row(since.start_date if since else date.min, priced.prices)


def _row(effective: date, price: "ModelPrice") -> Row:
    fresh = _base(price.input_mtok)
    dollars = {
        "input": fresh,
        "cached_input": fresh if price.cache_read_mtok is None else _base(price.cache_read_mtok),
        "output": Decimal(0) if price.output_mtok is None else _base(price.output_mtok),
    }
    return {"effective": effective.isoformat()} | {name: str(value) for name, value in dollars.items()}


def _base(price: object) -> Decimal:
    """The price of the lowest tier: the next begins at 200,000 (Gemini) or 272,000 tokens (OpenAI), and no prompt of
    ours comes near that, since a whole room may use 200,000."""
    base = getattr(price, "base", price)
    if not isinstance(base, Decimal):
        raise UnpricedError(f"no price: {price}")
    return base


def _differ(one: Row, other: Row) -> bool:
    return one | {"effective": ""} != other | {"effective": ""}


def faults(environment: Mapping[str, str]) -> list[str]:
    """What keeps the models of this environment from being deployed, each in words for the operator.

    The environment is what serverless.yml reads; what it leaves out, or empty, has its default.
    """
    try:
        own = stated(environment.get("MODEL_FIGURES", ""))
    except MalformedFiguresError as fault:
        return [str(fault)]
    known = own | catalogue()
    doubled = [
        f"MODEL_FIGURES states {name}, which is known: leave it out." for name in own.keys() & catalogue().keys()
    ]
    return [*doubled, *_misspelt(environment), *_unfit(environment, known), *_unknown(environment, known)]


def _misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    effort, dialect = (_value(environment, name) for name in ("CHAT_REASONING_EFFORT", "OPENAI_DIALECT"))
    if effort not in EFFORTS:
        yield f"CHAT_REASONING_EFFORT is {effort!r}: it is one of {', '.join(EFFORTS)}."
    if dialect not in ("", *get_args(Dialect)):
        yield f"OPENAI_DIALECT is {dialect!r}: it is one of {', '.join(get_args(Dialect))}, or empty."
    if (moderation := _value(environment, "OPENAI_MODERATION")) not in ("", "on", "off"):
        yield f"OPENAI_MODERATION is {moderation!r}: it is on, off, or empty."


def _unknown(environment: Mapping[str, str], known: Mapping[str, Figures]) -> list[str]:
    embedder = _value(environment, "EMBEDDING_MODEL")
    named = [*((variable, model) for variable, _, model in _writers(environment)), ("EMBEDDING_MODEL", embedder)]
    unknown: dict[str, str] = {}
    for variable, model in named:
        if model and model not in known:
            unknown.setdefault(model, variable)
    said = [f"{variable} is {model!r}, which is unknown." for model, variable in unknown.items()]
    return [*said, how_to_state(*unknown, embedders={embedder})] if unknown else []


def _writers(environment: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Each variable that names a model which writes, with the provider and the model; "" is the provider's standard."""
    yield "CHAT_MODEL", "openai", _value(environment, "CHAT_MODEL")
    if environment.get("GEMINI_API_KEY_PARAMETER"):
        yield "GEMINI_MODEL", "gemini", _value(environment, "GEMINI_MODEL")
    for role in ROLES:
        provider, _, model = _value(environment, role).partition(":")
        yield role, provider, model


def _unfit(environment: Mapping[str, str], known: Mapping[str, Figures]) -> Iterator[str]:
    embedder = known.get(_value(environment, "EMBEDDING_MODEL"))
    if embedder and embedder.most_output:
        yield f"EMBEDDING_MODEL is {embedder.name}, which writes: by its figures its most_output is not 0."
    for variable, provider, model in _writers(environment):
        if provider not in PROVIDERS:
            yield f"{variable} names the provider {provider!r}: it is one of {', '.join(PROVIDERS)}."
        elif model in known and (fault := _fault(known[model], provider, environment)):
            yield f"{variable} is {model}, which {fault}"


def _fault(model: Figures, provider: str, environment: Mapping[str, str]) -> str | None:
    """Why a model cannot be talked to with tools, if so."""
    if not model.most_output:
        return "only embeds: by its figures its most_output is 0."
    if provider == "gemini":
        only_responses = "is asked through Responses: the second provider is asked through Chat Completions alone."
        return only_responses if model.dialect == "responses" else None
    dialect = _value(environment, "OPENAI_DIALECT") or model.dialect
    # There OpenAI takes tools beside the effort none alone: shared.llm.providers.Model.effort.
    if _is_openai_itself(environment) and dialect == "chat_completions" and "none" not in (model.efforts or ("none",)):
        return "takes no tools in Chat Completions, as it has no effort none: leave OPENAI_DIALECT empty."
    return None


def _is_openai_itself(environment: Mapping[str, str]) -> bool:
    host = urlsplit(_value(environment, "OPENAI_BASE_URL")).hostname or ""
    return host == "api.openai.com" or host.endswith(".api.openai.com")


def _value(environment: Mapping[str, str], variable: str) -> str:
    """What is configured, or the default that the functions have."""
    fields = ModelSettings.model_fields | GeminiSettings.model_fields | AgentSettings.model_fields
    return environment.get(variable) or str(fields[variable.lower()].default)


def how_to_state(*models: str, embedders: Collection[str] = ()) -> str:
    """What an operator must state of models that are unknown, as JSON to fill in; of some of them that they embed."""
    examples = {model: _example(embeds=model in embedders) for model in models}
    return f"""State their figures in MODEL_FIGURES, with your own in place of these:
  {json.dumps(examples)}
- dialect: "responses", "chat_completions", or null for the server's
- efforts: which of {", ".join(EFFORTS)} may be asked for beside tools; [] sends none
- default_effort: the model's own when none is sent, or null
- context, most_output: tokens; a model that embeds has a most_output of 0
- headroom: tokens that it may think beside what is seen, for each effort and for "" (none is sent)
- prices: US dollars per million tokens, each from its day on"""


def _example(*, embeds: bool) -> dict[str, object]:
    price = {"input": 0.5, "cached_input": 0.05, "output": 0 if embeds else 2}
    return {
        "dialect": None,
        "efforts": [],
        "default_effort": None,
        "context": 8_192 if embeds else 128_000,
        "most_output": 0 if embeds else 16_000,
        "headroom": {"": 0 if embeds else HEADROOM["low"]},
        "prices": [{"effective": "2026-01-01"} | price],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail when shared/llm/prices.json is not what it says")
    arguments = parser.parse_args()
    try:
        text = rendered()
    except UnpricedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if not arguments.check:
        PRICES.write_text(text)
    elif PRICES.read_text() != text:
        sys.stderr.write("shared/llm/prices.json is not what genai-prices says: run `make lock`\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
