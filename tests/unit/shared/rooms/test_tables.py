"""A CSV file is asked by SQL: right sums, whatever its dialect, and nothing but reading."""

import csv
import io

import pytest

from shared.rooms import tables
from shared.rooms.tables import MAX_ANSWER_ROWS, MAX_COLUMNS, TableError, query

LOG = "date,exercise,sets,load_kg\n2026-01-05,Squat,3,80\n2026-01-07,Squat,3,82.5\n2026-01-08,Bench press,5,60\n"


def year_of_workouts() -> tuple[str, int]:
    """20,000 rows, and the sum of their metres."""
    metres = [3000 + number * 7 % 9000 for number in range(20_000)]
    rows = "\n".join(f"2026-{1 + n % 12:02}-{1 + n % 28:02};Run;{each}" for n, each in enumerate(metres))
    return f"day;what;metres\n{rows}\n", sum(metres)


def test_a_column_is_summed_by_group() -> None:
    told = query(LOG, "select exercise, sum(sets) as sets, max(load_kg) as best from data group by 1 order by 1")
    assert told == "2 rows.\nexercise,sets,best\nBench press,5,60\nSquat,6,82.5\n"


def test_twenty_thousand_rows_are_summed_right() -> None:
    text, total = year_of_workouts()
    assert query(text, "select count(*), sum(metres) from data").splitlines()[2] == f"20000,{total}"


@pytest.mark.parametrize(
    "text",
    [
        "day,kg\nMon,80.5\nTue,\n",
        "day;kg\nMon;80,5\nTue;\n",
        "day\tkg\nMon\t80.5\nTue\t\n",
        '\ufeff"day","kg"\n"Mon","80.5"\n"Tue",""\n',
    ],
    ids=["commas", "decimal commas", "tabs", "quotes and a byte order mark"],
)
def test_whatever_its_dialect_numbers_are_numbers_and_what_is_empty_is_null(text: str) -> None:
    assert query(text, "select sum(kg), count(kg), count(*) from data").splitlines()[2] == "80.5,1,2"


def test_a_column_with_a_word_in_it_stays_text() -> None:
    assert query("reps\n8\n8-12\n", "select group_concat(reps, '/') from data").splitlines()[2] == "8/8-12"


def test_doubled_and_missing_names_of_columns_get_names_of_their_own() -> None:
    told = query("kg,kg,\n1,2,3\n", "select * from data")
    assert told.splitlines()[1] == "kg,kg_2,column_3"


def test_of_many_rows_the_first_are_shown_and_it_is_said() -> None:
    told = query(year_of_workouts()[0], "select * from data")
    assert told.startswith(f"The first {MAX_ANSWER_ROWS} rows; there are more.")
    assert len(list(csv.reader(io.StringIO(told)))) == MAX_ANSWER_ROWS + 2


@pytest.mark.parametrize(
    "sql",
    [
        "delete from data",
        "drop table data",
        "update data set sets = 0",
        "insert into data values (1, 2, 3, 4)",
        "attach database '/tmp/other.db' as other",
        "pragma database_list",
        "create table other (x)",
        "select load_extension('/tmp/evil.so')",
        "select * from data; drop table data",
        "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n",
        "vacuum into '/tmp/stolen.db'",
    ],
)
def test_nothing_but_reading_is_done(sql: str) -> None:
    with pytest.raises(TableError):
        query(LOG, sql)


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_SECONDS", 0.05)
    with pytest.raises(TableError, match="interrupted"):
        query(year_of_workouts()[0], "select count(*) from data as a, data as b, data as c")


def test_what_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(TableError):
        query(LOG, "select length(hex(zeroblob(2000000000)))")


def test_a_wrong_question_is_told_the_columns() -> None:
    with pytest.raises(TableError, match=r"no such column: weight.*its columns: date, exercise, sets, load_kg"):
        query(LOG, "select weight from data")


@pytest.mark.parametrize("text", ["", "day,kg\n", ",".join(map(str, range(MAX_COLUMNS + 1))) + "\n1\n"])
def test_what_is_no_table_is_said(text: str) -> None:
    with pytest.raises(TableError, match="table"):
        query(text, "select 1 from data")
