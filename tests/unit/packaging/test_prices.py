"""The prices that are deployed, beside those of the package that they are made from."""

import json
from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from genai_prices import data_snapshot
from genai_prices.types import (
    ClauseEquals,
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    Tier,
    TieredPrices,
    TimeOfDateConstraint,
)

from infra import catalogue
from infra.packaging.reach import reached_files
from infra.packaging.table import function_names

ROOT = Path(__file__).parents[3]
FROM = date(2027, 1, 1)


def sold(monkeypatch: pytest.MonkeyPatch, prices: ModelPrice | list[ConditionalPrice]) -> None:
    """Makes the package know one model, with these prices."""
    model = ModelInfo(id="model", match=ClauseEquals("model"), prices=prices)
    provider = Provider(id="openai", name="OpenAI", api_pattern="", models=[model])
    snapshot = data_snapshot.DataSnapshot(providers=[provider], from_auto_update=False)
    monkeypatch.setattr(data_snapshot, "get_snapshot", lambda: snapshot)


def priced(dollars: str, **others: Decimal) -> ModelPrice:
    return ModelPrice(input_mtok=Decimal(dollars), output_mtok=Decimal(1), **others)


def test_the_prices_that_are_deployed_are_those_of_the_package() -> None:
    assert catalogue.PRICES.read_text() == catalogue.rendered()


@pytest.mark.parametrize(
    ("drift", "exit_code"),
    [(lambda text: text, 0), (lambda text: text.replace('"0.01"', '"0.02"'), 1), (lambda text: text + "\n", 1)],
    ids=["the same", "another price", "another end"],
)
def test_the_check_is_red_when_the_file_has_drifted(
    drift: Callable[[str], str], exit_code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "prices.json"
    file.write_text(drift(catalogue.PRICES.read_text()))
    monkeypatch.setattr(catalogue, "PRICES", file)
    monkeypatch.setattr("sys.argv", ["catalogue", "--check"])

    assert catalogue.main() == exit_code


def test_without_the_check_the_file_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "prices.json"
    monkeypatch.setattr(catalogue, "PRICES", file)
    monkeypatch.setattr("sys.argv", ["catalogue"])

    assert catalogue.main() == 0
    assert file.read_text() == catalogue.rendered()


def test_a_change_that_is_announced_for_a_later_day_is_in_the_file_already() -> None:
    rows = json.loads(catalogue.PRICES.read_text())["prices"]["gemini-3.8-flash"]

    assert [(row["effective"], row["input"], row["output"]) for row in rows] == [
        ("0001-01-01", "0.75", "3.75"),
        ("2027-01-01", "1.5", "7.5"),
    ]


def test_of_a_price_in_tiers_the_lowest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    tiers = TieredPrices(base=Decimal(2), tiers=[Tier(start=272_000, price=Decimal(4))])
    sold(monkeypatch, ModelPrice(input_mtok=tiers, output_mtok=tiers))

    (row,) = catalogue.price_rows("model")

    assert row == {"effective": "0001-01-01", "input": "2", "cached_input": "2", "output": "2"}


def test_a_day_on_which_only_something_else_changes_is_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    later = priced("1", web_searches_kcount=Decimal(14))
    prices = [ConditionalPrice(prices=priced("1")), ConditionalPrice(StartDateConstraint(FROM), prices=later)]
    sold(monkeypatch, prices)

    assert [row["effective"] for row in catalogue.price_rows("model")] == ["0001-01-01"]


def test_a_price_by_the_hour_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    by_night = ConditionalPrice(TimeOfDateConstraint(time(16), time(0)), prices=priced("0.5"))
    sold(monkeypatch, [ConditionalPrice(prices=priced("1")), by_night])

    with pytest.raises(catalogue.UnpricedError, match="by the hour"):
        catalogue.price_rows("model")


def test_a_model_that_the_package_does_not_know_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    sold(monkeypatch, priced("1"))

    with pytest.raises(catalogue.UnpricedError, match="no price of gpt-6-luna"):
        catalogue.rendered()


def test_every_function_that_counts_what_a_call_costs_has_the_prices_with_it() -> None:
    reached = {name: reached_files(ROOT, f"functions.{name}.handler") for name in function_names(ROOT)}
    counting = {name for name, files in reached.items() if ROOT / "shared" / "llm" / "catalogue.py" in files}

    assert counting >= {"send_message", "plan_room", "run_agent", "review_room"}
    assert [name for name in counting if ROOT / "shared" / "llm" / "prices.json" not in reached[name]] == []
