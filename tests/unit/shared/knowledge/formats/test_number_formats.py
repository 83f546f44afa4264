"""What a cell shows of a figure or a time by its format."""

import datetime

import pytest

from shared.knowledge.formats.number_formats import figure, moment

NOVEMBER = datetime.datetime.fromisoformat("2026-11-01")


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (5, '"< "0" g"', "< 5 g"),
        (3, '"Week "0', "Week 3"),
        (1500, '0.0,"k"', "1.5k"),
        (1_500_000, '0.0,,"M"', "1.5M"),
        (12.5, "#,##0.00 [$€-407]", "12.50 €"),
        (12.5, '"$"#,##0.00', "$12.50"),
        (12, "0\\%", "12%"),
        (12.5, '0.0 "kg"', "12.5 kg"),
        (0.256, "#.#%", "25.6%"),
        (2.5, "0.0#", "2.5"),
        (7, "000", "007"),
        (5, "+0;-0;0", "+5"),
        (-5, '0.0" kg";(0.0" kg")', "-5.0 kg"),
        (-3, "0;[Red]0", "-3"),
        (-3, '0" up";0" down"', "3 down"),
        (0, '0;-0;"rest"', "rest"),
        (7, ";;;", ""),
        (1, '[=1]0" set";0" sets"', "1 set"),
        (2, '[=1]0" set";0" sets"', "2 sets"),
        (130, '0":"00', "1:30"),
        (0.5, "# ?/?", "0.5"),
        (1_234_567.0, "0.00E+00", "1234567"),
        (0.1 + 0.2, "General", "0.3"),
        (4, "@", "4"),
    ],
)
def test_a_figure_has_the_size_the_sign_and_the_words_that_its_format_gives_it(
    number: float, form: str, shown: str
) -> None:
    assert figure(number, form) == shown


@pytest.mark.parametrize(
    ("found", "form", "shown"),
    [
        (datetime.time(0, 3), "mm:ss", "03:00"),
        (datetime.time(0, 1, 30), "m:ss", "01:30"),
        (datetime.time(0, 3), "h:mm:ss", "00:03:00"),
        (datetime.time(18, 30), "h:mm", "18:30"),
        (datetime.time(0, 0, 12, 500_000), "mm:ss.0", "00:12.5"),
        (datetime.timedelta(hours=26), "[h]:mm", "26:00"),
        (datetime.timedelta(minutes=90), "[mm]:ss", "90:00"),
        (NOVEMBER, "mmm yyyy", "2026-11"),
        (NOVEMBER, "yyyy", "2026"),
        (NOVEMBER, "dddd", "Sunday 2026-11-01"),
        (NOVEMBER, '[$-409]d" of "mmm', "2026-11-01"),
        (NOVEMBER.replace(hour=6, minute=30), "d.m. hh:mm", "2026-11-01 06:30"),
    ],
)
def test_a_time_says_minutes_where_its_format_shows_minutes(
    found: datetime.datetime | datetime.time | datetime.timedelta, form: str, shown: str
) -> None:
    assert moment(found, form) == shown
