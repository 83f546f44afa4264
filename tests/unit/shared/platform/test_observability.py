import io
import json
import time

import pytest

from shared.platform.observability import count, log_fault, log_unhandled, measure_together

WORDS = "my left knee hurts"


def fail(words: str) -> None:
    try:
        raise KeyError(words)
    except KeyError as cause:
        raise ValueError(f"no such thing as {words}") from cause


@pytest.fixture
def entry(log: io.StringIO) -> dict[str, object]:
    try:
        fail(WORDS)
    except ValueError as fault:
        log_fault("unhandled", fault)
    entry: dict[str, object] = json.loads(log.getvalue())
    return entry


def test_what_a_user_wrote_does_not_get_into_the_log_with_an_exception(entry: dict[str, object]) -> None:
    assert WORDS not in json.dumps(entry)


def test_a_fault_is_logged_by_its_type_and_where_it_happened(entry: dict[str, object]) -> None:
    assert (entry["level"], entry["message"], entry["fault"]) == ("ERROR", "unhandled", "ValueError")
    where = entry["where"]
    assert isinstance(where, list)
    assert where[-1].startswith("test_observability.py:")
    assert where[-1].endswith(" fail")


def test_an_event_is_counted_for_the_alarm_of_its_stage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE", "prod")
    count("ModelMisconfigured")
    written = json.loads(capsys.readouterr().out)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("Hercules", [["stage"]])
    assert directive["Metrics"] == [{"Name": "ModelMisconfigured", "Unit": "Count"}]
    assert (written["ModelMisconfigured"], written["stage"]) == (1, "prod")


def test_a_value_counts_for_its_stage_and_for_what_it_is_of(capsys: pytest.CaptureFixture[str]) -> None:
    before = int(time.time() * 1000)
    measure_together({"Dollars": (0.25, "None"), "Tokens": (700, "Count")}, provider="OpenAI")
    written = json.loads(capsys.readouterr().out)

    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["stage"], ["stage", "provider"]]
    assert (written["Dollars"], written["Tokens"], written["provider"]) == (0.25, 700, "OpenAI")
    assert before <= written["_aws"]["Timestamp"] <= int(time.time() * 1000)


def test_what_nobody_expected_is_logged_and_counted(log: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    log_unhandled(ValueError(WORDS))

    assert json.loads(log.getvalue())["fault"] == "ValueError"
    assert json.loads(capsys.readouterr().out)["Faults"] == 1
