"""From lines of a page to its columns and tables."""

from shared.knowledge.formats.page_layout import Grid, _region
from shared.knowledge.formats.pdf_letters import Frame
from shared.knowledge.formats.pdf_lines import Line


def line(text: str, left: float, base: float, width: float | None = None) -> Line:
    return Line(text, left, left + (width or 5.0 * len(text)), base, 10)


def arranged(pieces: list[Line], frame: Frame | None = None) -> list[str | list[list[str]]]:
    return [each.rows if isinstance(each, Grid) else each.text for each in _region(pieces, frame or Frame(), 0)]


def test_two_columns_of_prose_are_read_one_after_the_other() -> None:
    left = [line(f"left column says a line {n}", 50, 700 - 12 * n, 200) for n in range(6)]
    right = [line(f"right column says a line {n}", 300, 700 - 12 * n, 200) for n in range(6)]
    mixed = [each for pair in zip(left, right, strict=True) for each in pair]
    assert arranged(mixed) == [each.text for each in left + right]


def test_short_pieces_beside_each_other_are_a_table_with_its_empty_cells() -> None:
    pieces = [line("week", 50, 700), line("sets", 150, 700), line("reps", 250, 700)]
    pieces += [line("1", 50, 685), line("3", 150, 685), line("8", 250, 685)]
    pieces += [line("2", 50, 670), line("10", 250, 670)]
    assert arranged(pieces) == [[["week", "sets", "reps"], ["1", "3", "8"], ["2", "", "10"]]]


def test_rules_between_rows_say_where_a_row_ends() -> None:
    pieces = [line("week", 50, 700), line("what", 150, 700), line("1", 50, 680), line("a long", 150, 680)]
    pieces += [line("and on", 150, 668), line("2", 50, 648), line("short", 150, 648)]
    frame = Frame(across=[(at, 40.0, 260.0) for at in (712.0, 692.0, 660.0, 640.0)])
    assert arranged(pieces, frame) == [[["week", "what"], ["1", "a long and on"], ["2", "short"]]]


def test_a_line_close_below_goes_on_with_the_cell_above() -> None:
    pieces = [line("day", 50, 700), line("what", 150, 700), line("Mon", 50, 670), line("squat", 150, 670)]
    pieces += [
        line("and rest", 150, 659),
        line("Tue", 50, 629),
        line("run", 150, 629),
        line("Wed", 50, 599),
        line("row", 150, 599),
    ]
    assert arranged(pieces) == [[["day", "what"], ["Mon", "squat and rest"], ["Tue", "run"], ["Wed", "row"]]]


def test_a_piece_over_several_columns_stands_in_each() -> None:
    pieces = [line("a", 50, 700), line("b", 150, 700), line("c", 250, 700), line("over both of them", 50, 685, 130)]
    pieces += [line("1", 50, 670), line("2", 150, 670), line("3", 250, 670)]
    found = arranged(pieces)
    assert "over both of them" in str(found)
    assert "3" in str(found)
