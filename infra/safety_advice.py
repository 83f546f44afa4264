"""Compiles shared/safety/rules/advice/*.toml into shared/safety/advice.json; `python -m infra.safety` does it.

Apart from the rules: it is read only where something urgent was said.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from string import Formatter
from typing import Any

from infra.safety_urgent import as_json
from shared.safety.advice import COMPILED

FOLDER = COMPILED.with_name("rules") / "advice"
COUNTRIES = FOLDER / "countries.toml"
PLACES = frozenset({"call", "poison", "line", "rest"})  # that an advice may name


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def rendered(languages: Iterable[str], kinds: Iterable[str]) -> str:
    """Raises ValueError where a language lacks an advice, or has one of its own."""
    texts = {language: _language(language, set(kinds)) for language in languages}
    countries = read(COUNTRIES)["countries"]
    document = {"languages": texts, "countries": countries}
    return as_json(document)


def _language(language: str, kinds: set[str]) -> dict[str, Any]:
    written = read(FOLDER / f"{language}.toml")
    if differing := kinds ^ written["advice"].keys():
        raise ValueError(f"advice/{language}.toml and advice.toml differ in {', '.join(sorted(differing))}")
    for name, text in written["advice"].items():
        if unknown := {place for _, place, _, _ in Formatter().parse(text) if place is not None} - PLACES:
            raise ValueError(f"advice/{language}.toml: {name} names {', '.join(sorted(unknown))}")
    said = written["said"]
    words = {"words": said.pop("words")} if "words" in said else {}
    return {"said": said, "advice": written["advice"], **words}
