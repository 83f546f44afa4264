"""The programs that the offline model hands out do what they say."""

import pytest

from infra.local.offline_models.pretend.programs import one_rep_max, pace_calculator


def test_a_maximum_follows_epley() -> None:
    assert one_rep_max.one_rep_max(90, 10) == pytest.approx(120)
    assert one_rep_max.one_rep_max(90, 1) == 90


def test_a_time_becomes_a_pace(capsys: pytest.CaptureFixture[str]) -> None:
    assert pace_calculator.main(["10", "50:00"]) == 0
    assert "pace   5:00 min/km\nspeed  12.0 km/h" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["x"], ["0", "0"], ["-5", "1:99"], ["100", "0"]])
@pytest.mark.parametrize("program", [one_rep_max, pace_calculator])
def test_what_makes_no_sense_is_refused(program: object, arguments: list[str]) -> None:
    assert program.main(arguments) == 2  # type: ignore[attr-defined]
