from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.llm.prices import PRICES, Cost, Price, cost
from shared.platform.settings import ModelSettings
from tests.unit.shared.properties import unhurried

CHEAPER = date(2026, 7, 1)
MODEL = "model-with-two-prices"


@pytest.fixture(autouse=True)
def price_list(monkeypatch: pytest.MonkeyPatch) -> None:
    prices = [
        Price(CHEAPER, Decimal("0.50"), Decimal("2.00")),
        Price(date(2026, 1, 1), Decimal("1.00"), Decimal("4.00")),
    ]
    monkeypatch.setitem(PRICES, MODEL, prices)


@pytest.mark.parametrize(
    ("on", "dollars"),
    [(date(2026, 1, 1), "5"), (date(2026, 6, 30), "5"), (CHEAPER, "2.5"), (date(2030, 1, 1), "2.5")],
)
def test_a_call_costs_what_was_the_price_on_its_day(on: date, dollars: str) -> None:
    assert cost(MODEL, 1_000_000, 1_000_000, on) == Cost(Decimal(dollars), complete=True)


def test_a_call_costs_todays_price_unless_a_day_is_named() -> None:
    assert cost(MODEL, 1_000_000) == Cost(Decimal("0.5"), complete=True)


@pytest.mark.parametrize(("model", "on"), [("unheard-of", None), (MODEL, date(2025, 12, 31))])
def test_a_cost_without_a_price_is_incomplete(model: str, on: date | None) -> None:
    assert cost(model, 1_000_000, 1_000_000, on) == Cost(Decimal(0), complete=False)


@unhurried
@given(st.integers(0, 10_000_000), st.integers(0, 10_000_000))
def test_a_cost_is_rounded_up_to_a_millionth(prompt: int, answer: int) -> None:
    dollars = cost("gpt-6-luna", prompt, answer).dollars
    exact = (prompt * Decimal("0.10") + answer * Decimal("0.50")) / 1_000_000
    assert exact <= dollars < exact + Decimal("0.000001")
    assert dollars.as_tuple().exponent == -6


def test_a_sum_is_complete_only_if_all_of_it_is() -> None:
    known, unknown = Cost(Decimal("0.25"), complete=True), Cost(Decimal(0), complete=False)
    assert known + known == Cost(Decimal("0.5"), complete=True)
    assert known + unknown == unknown + known == Cost(Decimal("0.25"), complete=False)


@pytest.mark.parametrize("chosen", [lambda m: m.chat_model, lambda m: m.embedding_model], ids=["chat", "embedding"])
def test_the_models_used_by_default_have_a_price(chosen: Callable[[ModelSettings], str]) -> None:
    assert cost(chosen(ModelSettings(openai_api_key_parameter="/key")), 1, 0).complete
