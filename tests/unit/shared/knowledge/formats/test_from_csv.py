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
        "Rest well, eat.\n\nSleep.\n",
        "",
    ],
)
def test_prose_with_commas_is_no_table(text: str) -> None:
    assert delimiter(text) == ""


def test_the_sign_that_makes_even_rows_is_the_delimiter() -> None:
    assert delimiter("Lift;Kg\nSquat;92,5\nBench;60\n") == ";"


@pytest.mark.parametrize(
    "text",
    ["Lift;Kg, net\nSquat;92,5\nBench;60,0\n", "Squat;92,5\nBench;60,0\nRow;50,5\n", "1,5;2,5\n4,5;5,5\n7,5;8,5\n"],
)
def test_a_comma_in_every_figure_is_no_delimiter(text: str) -> None:
    assert delimiter(text) == ";"


def test_a_column_of_numbers_may_be_called_by_its_sign() -> None:
    assert delimiter("#,Lift,Sets\n1,Squat,5\n2,Bench,3\n") == ","
