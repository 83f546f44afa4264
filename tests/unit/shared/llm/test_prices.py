import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.llm.catalogue import Cost, cost
from shared.platform.settings import ModelSettings
from tests.support.properties import unhurried

CHEAPER = date(2026, 7, 1)
MODEL = "model-with-two-prices"


@pytest.fixture(autouse=True)
def price_list(monkeypatch: pytest.MonkeyPatch) -> None:
    prices = [
        {"effective": CHEAPER.isoformat(), "input": "0.50", "cached_input": "0.05", "output": "2.00"},
        {"effective": "2026-01-01", "input": "1.00", "cached_input": "0.10", "output": "4.00"},
    ]
    known: dict[str, object] = {
        "dialect": None,
        "efforts": [],
        "default_effort": None,
        "context": 8192,
        "most_output": 4096,
    }
    monkeypatch.setenv("MODEL_FIGURES", json.dumps({MODEL: known | {"headroom": {"": 0}, "prices": prices}}))
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")


@pytest.mark.parametrize(
    ("on", "dollars"),
    [
        (date(2025, 1, 1), "5"),
        (date(2026, 1, 1), "5"),
        (date(2026, 6, 30), "5"),
        (CHEAPER, "2.5"),
        (date(2030, 1, 1), "2.5"),
    ],
)
def test_a_call_costs_what_was_the_price_on_its_day(on: date, dollars: str) -> None:
    assert cost(MODEL, 1_000_000, 1_000_000, on=on) == Cost(Decimal(dollars), complete=True)


@pytest.mark.parametrize(("on", "dollars"), [(date(2026, 12, 31), "4.5"), (date(2027, 1, 1), "9")])
def test_geminis_introductory_price_ends_with_the_year(on: date, dollars: str) -> None:
    assert cost("gemini-3.8-flash", 1_000_000, 1_000_000, on=on).dollars == Decimal(dollars)


def test_a_call_costs_todays_price_unless_a_day_is_named() -> None:
    assert cost(MODEL, 1_000_000) == Cost(Decimal("0.5"), complete=True)


def test_what_the_provider_had_read_before_costs_what_it_asks_for_that() -> None:
    assert cost("gpt-6-luna", 1_000_000, 0, cached_tokens=600_000).dollars == Decimal("0.046")


def test_no_more_is_charged_as_read_before_than_was_sent() -> None:
    assert cost(MODEL, 1_000_000, cached_tokens=9_000_000).dollars == Decimal("0.05")


def test_a_cost_without_a_price_is_incomplete() -> None:
    assert cost("unheard-of", 1_000_000, 1_000_000, cached_tokens=1) == Cost(Decimal(0), complete=False)


def test_malformed_figures_leave_a_cost_incomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODEL_FIGURES", "{")

    assert cost(MODEL, 1_000_000) == Cost(Decimal(0), complete=False)


@unhurried
@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_a_cost_is_rounded_up_to_a_millionth(prompt: int, cached: int, answer: int) -> None:
    dollars = cost("gpt-6-luna", prompt, answer, cached_tokens=cached).dollars
    read = min(prompt, cached)
    exact = ((prompt - read) * Decimal("0.10") + read * Decimal("0.01") + answer * Decimal("0.50")) / 1_000_000
    assert exact <= dollars < exact + Decimal("0.000001")
    assert dollars.as_tuple().exponent == -6


def test_a_sum_is_complete_only_if_all_of_it_is() -> None:
    known, unknown = Cost(Decimal("0.25"), complete=True), Cost(Decimal(0), complete=False)
    assert known + known == Cost(Decimal("0.5"), complete=True)
    assert known + unknown == unknown + known == Cost(Decimal("0.25"), complete=False)


@pytest.mark.parametrize("chosen", [lambda m: m.chat_model, lambda m: m.embedding_model], ids=["chat", "embedding"])
def test_the_models_used_by_default_have_a_price(chosen: Callable[[ModelSettings], str]) -> None:
    assert cost(chosen(ModelSettings(openai_api_key_parameter="/key")), 1, 0).complete
