"""Who somebody is, where, and in which language and units: what is taken for that, and what is not."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from shared.training.profile import COUNTRIES, ProfileFields

KNOWN: list[tuple[str, list[Any]]] = [
    ("time_zone", ["America/Los_Angeles", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+3", "UTC"]),
    ("language", ["de", "pt-BR", "zh-Hant-TW", "es-419", "fil"]),
    ("country", ["DE", "US", "ZW"]),
    ("birth_year", [1931, 2010]),
    ("units", ["metric", "imperial"]),
    ("sex", ["female", "male", "other"]),
    ("pregnant", [True, False]),
]
UNKNOWN: list[tuple[str, list[Any]]] = [
    ("time_zone", ["Mars/Olympus", "PST", "UTC+2", "europe/berlin", "../etc/passwd", "posix/Europe/Berlin", "", 5]),
    ("language", ["", "german", "de_DE", "DE", "x" * 40, "d"]),
    ("country", ["", "de", "XX", "UK", "DEU"]),
    ("birth_year", [1899, datetime.now(UTC).year + 1, 19.5, True]),
    ("units", ["lbs", "kg"]),
    ("sex", ["f", ""]),
    ("pregnant", [1, "true"]),
]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in KNOWN for value in values])
def test_what_is_known_is_taken(name: str, value: Any) -> None:
    assert getattr(ProfileFields.model_validate({name: value}), name) == value


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in UNKNOWN for value in values])
def test_what_is_not_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        ProfileFields.model_validate({name: value})


def test_there_are_as_many_countries_as_the_standard_has() -> None:
    assert len(COUNTRIES) == 249
