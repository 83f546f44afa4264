"""The programs that the offline model hands out do what they say."""

from pathlib import Path

import pytest

from infra.local.offline_models.room_roles.programs import (
    one_rep_max,
    pace_calculator,
    plate_calculator,
    training_load,
)


def test_a_maximum_follows_epley() -> None:
    assert one_rep_max.one_rep_max(90, 10) == pytest.approx(120)
    assert one_rep_max.one_rep_max(90, 1) == 90


def test_plates_make_the_total() -> None:
    assert plate_calculator.plates(82.5) == ([25.0, 5.0, 1.25], 0)
    assert plate_calculator.plates(21) == ([], 1)


def test_a_week_sums_minutes_times_rpe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "sessions.csv"
    path.write_text("date,minutes,rpe\n2026-01-05,60,5\n2026-01-07,30,10\n2026-01-12,66,10\n")
    assert training_load.main([str(path)]) == 0
    assert capsys.readouterr().out.split() == ["2026-W02", "600", "2026-W03", "660", "+10%"]


def test_a_time_becomes_a_pace(capsys: pytest.CaptureFixture[str]) -> None:
    assert pace_calculator.main(["10", "50:00"]) == 0
    assert "pace   5:00 min/km\nspeed  12.0 km/h" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["x"], ["0", "0"], ["-5", "1:99"], ["nan.csv"], ["100", "0"]])
@pytest.mark.parametrize("program", [one_rep_max, plate_calculator, training_load, pace_calculator])
def test_what_makes_no_sense_is_refused(program: object, arguments: list[str]) -> None:
    if (program, arguments) == (plate_calculator, ["100", "0"]):
        arguments = ["100", "-1"]
    assert program.main(arguments) == 2  # type: ignore[attr-defined]
