"""What is known of each model, and what an operator may state of others."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from infra.catalogue import how_to_state
from infra.local.cloud.services import OFFLINE_CHAT_MODEL, OFFLINE_EMBEDDING_MODEL
from infra.local.offline_models.protocol.model_rules import rules_of
from shared.llm.catalogue import (
    EFFORTS,
    Figures,
    MalformedFiguresError,
    Price,
    UnknownModelError,
    catalogue,
    figures,
    stated,
)

ROOT = Path(__file__).parents[4]
MODEL = "a-model-of-my-own"
MINE: dict[str, object] = {
    "dialect": "chat_completions",
    "efforts": ["high", "none"],
    "default_effort": "high",
    "context": 32_768,
    "most_output": 4_096,
    "headroom": {"": 900, "none": 0, "high": 900},
    "prices": [
        {"effective": "2026-06-01", "input": 0.2, "cached_input": 0.1, "output": 0.30},
        {"effective": "2026-01-01", "input": 1, "cached_input": 1, "output": "2.5"},
    ],
}
every_writer = pytest.mark.parametrize(
    "model", [each for each in catalogue().values() if each.most_output], ids=lambda model: model.name
)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")
    monkeypatch.delenv("MODEL_FIGURES", raising=False)
    return monkeypatch


def said(**changes: object) -> str:
    return json.dumps({MODEL: MINE | changes})


# What is held


@every_writer
def test_every_model_has_room_to_think_with_each_of_its_efforts(model: Figures) -> None:
    rooms = [model.room(effort) for effort in model.efforts]

    assert rooms == sorted(rooms)
    assert all(room > 0 for effort, room in zip(model.efforts, rooms, strict=True) if effort != "none")
    assert model.room(None) == model.room(model.default_effort)
    assert max(rooms) <= model.most_output < model.context


@every_writer
def test_the_efforts_of_a_model_are_in_their_order_and_its_default_is_one_of_them(model: Figures) -> None:
    assert list(model.efforts) == [effort for effort in EFFORTS if effort in model.efforts]
    assert model.default_effort in model.efforts


@every_writer
def test_every_effort_is_one_that_the_laptops_strict_server_takes_of_that_model(model: Figures) -> None:
    rules = rules_of(model.name)

    assert rules is None or set(model.efforts) <= set(rules.efforts)


def test_openais_models_are_asked_through_responses_and_geminis_through_chat_completions() -> None:
    dialects = {name: model.dialect for name, model in catalogue().items() if model.most_output}

    assert {dialects[name] for name in dialects if name.startswith("gpt-")} == {"responses"}
    assert {dialects[name] for name in dialects if name.startswith("gemini-")} == {"chat_completions"}
    assert dialects["hercules-extractive-1"] is None


def test_every_model_that_the_readme_or_the_deployment_names_is_known() -> None:
    papers = [ROOT / "README.md", ROOT / "serverless.yml", *(ROOT / "docs").glob("*.md")]
    text = "".join(path.read_text() for path in papers)
    named = set(re.findall(r"\b(?:gpt|gemini|text-embedding)-\d[\w.-]*\w", text))

    assert {"gpt-6-luna", "gemini-3.8-flash", "text-embedding-3-small"} <= named
    assert named <= catalogue().keys()


def test_the_laptops_own_models_are_known_and_cost_nothing() -> None:
    offline = figures(OFFLINE_CHAT_MODEL), figures(OFFLINE_EMBEDDING_MODEL)

    assert [model.price(date(2026, 1, 1)).output for model in offline] == [0, 0]
    assert [bool(model.most_output) for model in offline] == [True, False]


# The effort that is asked for


@pytest.mark.parametrize(
    ("model", "wanted", "asked"),
    [
        ("gpt-6-luna", "low", "low"),
        ("gpt-6-luna", "minimal", "low"),  # as near as none: the stronger
        ("gpt-6-luna", "max", "max"),
        ("gpt-6-astra", "none", "low"),
        ("gpt-5.4", "max", "xhigh"),
        ("gpt-5-mini", "none", "minimal"),
        ("gemini-3.8-flash", "none", "low"),
        ("gemini-3.8-flash", "minimal", "low"),
        ("gemini-3.8-flash", "max", "high"),
        ("gpt-6-luna", "much", "medium"),  # no effort: its default
        ("text-embedding-3-small", "low", None),
    ],
)
def test_the_nearest_effort_that_a_model_takes_is_asked_for(model: str, wanted: str, asked: str | None) -> None:
    assert figures(model).effort(wanted) == asked


def test_a_model_that_takes_no_effort_is_sent_none() -> None:
    assert stated(said(efforts=[], headroom={"": 700}))[MODEL].effort("low") is None


def test_room_to_think_ends_where_the_model_does() -> None:
    model = stated(said(headroom={"": 0, "none": 0, "high": 64_000}))[MODEL]

    assert model.room("high") == model.most_output
    assert model.room("an effort that nobody stated") == 0


# Prices


@pytest.mark.parametrize(("day", "dollars"), [(date(2026, 12, 31), "0.75"), (date(2027, 1, 1), "1.5")])
def test_a_price_that_is_announced_for_a_later_day_takes_effect_on_it(day: date, dollars: str) -> None:
    assert figures("gemini-3.8-flash").price(day).input == Decimal(dollars)


def test_before_its_first_price_a_model_costs_that() -> None:
    model = stated(said())[MODEL]

    assert model.price(date(2020, 1, 1)) == model.prices[0]
    assert model.prices[0].effective == date(2026, 1, 1)


def test_prices_need_not_be_in_order() -> None:
    model = replace(figures("gpt-6-luna"), prices=tuple(Price(date(2026, 1, n), *[Decimal(n)] * 3) for n in (3, 1, 2)))

    assert [model.price(date(2026, 1, 1) + timedelta(n)).input for n in range(-1, 4)] == [1, 1, 2, 3, 3]


# What an operator states


def test_figures_that_are_stated_are_those_of_the_model(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("MODEL_FIGURES", said())

    assert figures(MODEL) == Figures(
        name=MODEL,
        dialect="chat_completions",
        efforts=("none", "high"),
        default_effort="high",
        context=32_768,
        most_output=4_096,
        headroom={"": 900, "none": 0, "high": 900},
        prices=(
            Price(date(2026, 1, 1), Decimal(1), Decimal(1), Decimal("2.5")),
            Price(date(2026, 6, 1), Decimal("0.2"), Decimal("0.1"), Decimal("0.30")),
        ),
    )
    with pytest.raises(UnknownModelError, match="'another-model' is unknown"):
        figures("another-model")


def test_an_unknown_model_is_named_with_what_to_state_of_it() -> None:
    with pytest.raises(UnknownModelError, match=rf"'{MODEL}' is unknown(.|\n)*MODEL_FIGURES"):
        figures(MODEL)

    form = how_to_state(MODEL)
    (example,) = re.findall(r"^  (\{.*\})$", form, re.MULTILINE)
    assert stated(example)[MODEL].price(date(2026, 6, 1)).output > 0
    assert json.loads(example)[MODEL].keys() == MINE.keys()
    assert all(re.search(rf"^- .*\b{name}\b.*:", form, re.MULTILINE) for name in MINE)


def test_of_an_embedder_it_is_told_that_it_writes_nothing() -> None:
    (example,) = re.findall(r"^  (\{.*\})$", how_to_state("one", "two", embedders={"two"}), re.MULTILINE)

    assert {name: model.most_output > 0 for name, model in stated(example).items()} == {"one": True, "two": False}


PRICE = {"effective": "2026-01-01", "input": 1, "cached_input": 1, "output": 1}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "MODEL_FIGURES is no JSON: .* line 1 column 2"),
        ("[]", "no JSON object of objects"),
        ('"text"', "no JSON object of objects"),
        (json.dumps({MODEL: 4}), "no JSON object of objects"),
        (json.dumps({MODEL: {}}), f"{MODEL}.context: Field required"),
        (said(context="much"), f"{MODEL}.context: "),
        (said(context=0), f"{MODEL}.context: "),
        (said(most_output=40_000), f"{MODEL}.most_output: more than its context"),
        (said(dialect="completions"), f"{MODEL}.dialect: .*'responses' or 'chat_completions'"),
        (said(efforts=["low", "lots"]), f"{MODEL}.efforts.1: .*none.minimal.low"),
        (said(headroom={"": 0, "none": 0}), rf"{MODEL}.headroom: nothing is said of \['high'\]"),
        (said(headroom={"": -1, "none": 0, "high": 0}), f"{MODEL}.headroom.: "),
        (said(prices=[]), f"{MODEL}.prices: "),
        (said(prices=[PRICE | {"input": -1}]), f"{MODEL}.prices.0.input: "),
        (said(prices=[PRICE | {"input": float("nan")}]), f"{MODEL}.prices.0.input: "),
        (said(prices=[PRICE | {"effective": "soon"}]), f"{MODEL}.prices.0.effective: "),
        (said(prices=[PRICE | {"ouput": 1}]), f"{MODEL}.prices.0.ouput: "),
        (said(contxt=1), f"{MODEL}.contxt: "),
    ],
)
def test_malformed_figures_say_where_and_are_nobodys(text: str, told: str, environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(MalformedFiguresError, match=told):
        stated(text)

    environment.setenv("MODEL_FIGURES", text)
    with pytest.raises(UnknownModelError, match=told):
        figures(MODEL)
    assert figures("gpt-6-luna").name == "gpt-6-luna"  # what is held is not lost with it


# What it may not do


def test_nothing_that_is_deployed_imports_the_package_of_the_prices() -> None:
    importing = re.compile(r"^\s*(?:import|from)\s+genai_prices", re.MULTILINE)
    found = [path for folder in ("shared", "functions") for path in (ROOT / folder).rglob("*.py")]

    assert found
    assert [path for path in found if importing.search(path.read_text())] == []


def test_the_prices_are_read_at_first_use() -> None:
    code = (
        "import sys; opened = []\n"
        "sys.addaudithook(lambda event, said: opened.append(str(said[0])) if event == 'open' else None)\n"
        "from shared.llm import catalogue\n"
        "before = any('prices.json' in path for path in opened)\n"
        "catalogue.figures('gpt-6-luna')\n"
        "print(before, any('prices.json' in path for path in opened), 'genai_prices' in sys.modules)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    assert ran.stdout.split() == ["False", "True", "False"]
