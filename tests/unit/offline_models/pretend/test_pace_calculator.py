"""The program that the offline model hands out does what it says."""

import pytest

from infra.local.offline_models.pretend.data import pace_calculator


def test_a_time_becomes_a_pace(capsys: pytest.CaptureFixture[str]) -> None:
    assert pace_calculator.main(["10", "50:00"]) == 0
    assert "pace   5:00 min/km\nspeed  12.0 km/h" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["x"], ["0", "0"], ["-5", "1:99"], ["100", "0"]])
def test_what_makes_no_sense_is_refused(arguments: list[str]) -> None:
    assert pace_calculator.main(arguments) == 2
