import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.knowledge.units import TARGET, Sizes, fits, size, units

SIZES = Sizes()
MAX_UNIT = SIZES.unit


def of(text: str) -> list[str]:
    return list(units(text.splitlines(), SIZES))


def long(sentence: str) -> str:
    """A paragraph that is too long to stay whole, with the sentence in its middle."""
    filler = " ".join(f"Here is filler sentence {number}." for number in range(12))
    return f"{filler} {sentence} {filler}"


@pytest.mark.parametrize(
    "sentence",
    [
        "Take approx. 5 g of it, e.g. Creapure, a day.",
        "It was 3.5 times more by Miller et al. Twelve did not finish.",
        "See Fig. 2 and Dr. Smith for more.",
        "He said no. 7 of z.B. Zehn was best.",
    ],
)
def test_abbreviations_and_decimals_do_not_end_a_sentence(sentence: str) -> None:
    assert any(sentence in unit for unit in of(long(sentence)))


@pytest.mark.parametrize(
    "sentence", ["Is it so? Yes!", 'He said "stop." Then he left.', "休息很重要。睡觉。", "Müde. Übe."]
)
def test_sentences_end_where_they_end(sentence: str) -> None:
    units_of = [unit.strip() for unit in of(long(sentence))]
    assert not any(sentence in unit for unit in units_of)
    assert sentence.replace(" ", "") in "".join(units_of).replace(" ", "")


def test_a_short_paragraph_stays_whole_and_units_make_up_the_text() -> None:
    assert of("One. Two.\nThree.\n\nFour.") == ["\n\nOne. Two.\nThree.", "\n\nFour."]
    assert "".join(of(long("Rest."))).strip() == long("Rest.")


def test_a_table_and_code_stay_whole_where_they_fit() -> None:
    table = "| Lift | Sets |\n|---|---|\n| Squat | 5. Or 6. |"
    code = "```python\nsets = 5\n\n\nreps = 3\n```"
    assert of(f"Before.\n{table}\nAfter.\n{code}\nEnd.") == [
        "\n\nBefore.",
        f"\n\n{table}",
        "\n\nAfter.",
        f"\n\n{code}",
        "\n\nEnd.",
    ]


def test_a_long_table_is_cut_between_rows_below_its_head() -> None:
    head = "| Lift | Sets |\n|---|---|"
    rows = [f"| Lift number {number} | {number} sets of five |" for number in range(100)]
    parts = of("\n".join([head, *rows]))
    assert len(parts) > 1
    assert all(part.startswith(f"\n\n{head}\n") and size(part) <= MAX_UNIT + 5 for part in parts)
    assert [line for part in parts for line in part.strip().splitlines()[2:]] == rows


def test_a_table_whose_head_is_as_long_as_a_chunk_names_the_column_with_each_cell() -> None:
    names = [f"Measurement number {number} of the week" for number in range(60)]
    rows = [f"| {' | '.join(f'{line}.{number}' for number in range(60))} |" for line in range(3)]
    text = "".join(of("\n".join([f"| {' | '.join(names)} |", f"|{' --- |' * 60}", *rows])))
    for line in range(3):
        assert all(f"{name}: {line}.{number}" in text for number, name in enumerate(names))


def test_the_items_of_a_long_list_stay_lines() -> None:
    items = [f"- Exercise number {number} is done slowly. Three sets." for number in range(40)]
    assert "".join(of("\n".join(items))).strip().splitlines() == items


def test_a_chunk_is_as_long_as_the_embedding_model_reads() -> None:
    assert Sizes.for_model("minilm-l6-int8").most == 192  # of 256 word pieces
    assert Sizes.for_model("text-embedding-3-small").most == TARGET


def test_long_code_is_cut_between_lines_and_stays_code() -> None:
    lines = [f"weights[{number}] = plan.load({number})" for number in range(150)]
    parts = of("\n".join(["```python", *lines, "```"]))
    assert len(parts) > 1
    assert all(part.startswith("\n\n```python\n") and part.endswith("\n```") for part in parts)


@pytest.mark.parametrize(
    "text", ["```\nunclosed\n\nrest", "| one row |", "|---|\n|---|", "```", "| " + "x " * 900 + "|\n|---|\n| a |"]
)
def test_what_breaks_the_rules_is_not_lost(text: str) -> None:
    words = set(re.findall(r"\w+", text))
    assert words <= set(re.findall(r"\w+", "".join(of(text))))
    assert all(size(unit) <= MAX_UNIT + 5 for unit in of(text))


def test_rules_of_a_hundred_characters_a_token_are_counted_by_their_length() -> None:
    assert size("=" * 4000) >= 200


@given(st.text(max_size=60), st.integers(1, 40), st.integers(0, 120))
def test_what_fits_is_what_is_not_larger(text: str, times: int, most: int) -> None:
    assert fits(text * times, most) == (size(text * times) <= most)
