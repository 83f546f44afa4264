from datetime import date

import pytest

from infra.local.uploads.folder import Result

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("reviewed_on", "why"),
    [("2026-11-21", ""), ("2024-11-29", ""), ("2024-11-28", "reviewed 2024-11-28"), (None, "names no review")],
)
def test_a_document_is_to_be_reviewed_after_two_years_or_where_it_never_was(reviewed_on: str | None, why: str) -> None:
    assert Result("a.md", 1.0, "ready", reviewed_on=reviewed_on).staleness(TODAY) == why
