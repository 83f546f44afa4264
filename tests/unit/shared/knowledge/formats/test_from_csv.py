import pytest

from shared.knowledge.formats.from_csv import delimiter, read


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_rows_stand_below_the_names_of_their_columns(sign: str) -> None:
    rows = f'Lift{sign}Sets\nSquat{sign}5\n"Bench\npress"{sign}3\n'

    assert read(rows.encode()).text == "| Lift | Sets |\n| --- | --- |\n| Squat | 5 |\n| Bench press | 3 |"


@pytest.mark.parametrize(
    "text",
    [
        "Rest well, and eat.\n",
        "Hello, you\nTake, rest\n",
        "One, two, three.\nOne, two.\n",
        "# Rest, load\nMore, less\nMore, less\n",
        "",
    ],
)
def test_prose_with_commas_is_no_table(text: str) -> None:
    assert delimiter(text) == ""


def test_the_sign_that_makes_even_rows_is_the_delimiter() -> None:
    assert delimiter("Lift;Kg\nSquat;92,5\nBench;60\n") == ";"
