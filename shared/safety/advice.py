"""Fixed words in the user's language: advice that cannot wait, with the numbers of the user's country, and notices."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Self

from shared.safety import rulebook

COMPILED = Path(__file__).with_name("advice.json")  # read where it is needed: few messages are urgent
DEFAULT = "en"
GENERAL = "emergency"  # the advice for what is urgent and has none of its own

Notice = Literal["refusal", "withheld", "left_out", "left_out_of_file", "careful"]


@dataclass(frozen=True)
class Advice:
    """Shown instead of an answer."""

    text: str
    source: str


@dataclass(frozen=True)
class Reader:
    """Who reads it, as far as it is known: a language of ISO 639-1, a country of ISO 3166-1."""

    language: str | None = None
    country: str | None = None

    @classmethod
    def of(cls, profile: Mapping[str, Any] | None) -> Self:
        """From the columns of ai_profile and its preferences, any of them missing or of another form."""
        known = profile or {}
        preferences = known.get("preferences")
        told = {**preferences, **known} if isinstance(preferences, Mapping) else known
        language, _, region = _code(told.get("language") or told.get("locale")).partition("-")
        _, _, place = _code(told.get("locale")).partition("-")
        country = _code(told.get("country")) or region or place
        return cls(language or None, country.upper() if len(country) == 2 else None)


def _code(value: object) -> str:
    return value.strip().replace("_", "-").lower() if isinstance(value, str) else ""


@cache
def _compiled() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(COMPILED.read_bytes())
    return read


def languages() -> Mapping[str, Mapping[str, Any]]:
    """What is fixed, by language."""
    texts: dict[str, dict[str, Any]] = _compiled()["languages"]
    return texts


def advice_for(kind: str, language: str | None = None, country: str | None = None) -> Advice:
    """The advice of a kind (`rulebook.advice_kinds`), or the general one.

    In English where the language is none of ours. Where the country is not known, the text says whose numbers it names.
    """
    name = kind if kind in rulebook.advice_kinds() else GENERAL
    texts = _texts(language)
    written: str = texts["advice"][name]
    return Advice(written.format(**_wordings(texts["said"], country)), rulebook.advice_source(name))


def notice(name: Notice, language: str | None = None) -> str:
    """What is said about an answer or a file that is not shown, or not whole."""
    text: str = _texts(language)["said"][name]
    return text


def _texts(language: str | None) -> Mapping[str, Any]:
    return languages().get(_code(language).partition("-")[0]) or languages()[DEFAULT]


def _wordings(said: Mapping[str, str], country: str | None) -> dict[str, str]:
    numbers = _compiled()["countries"].get((country or "").upper(), {})
    wordings = {"rest": said["rest"]}
    for name, number in (("call", "ambulance"), ("poison", "poison"), ("line", "line")):
        known = numbers.get(number)
        wordings[name] = said[name].format(number=known) if known else said[f"{name}_unknown"]
    return wordings
