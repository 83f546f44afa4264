"""Of what agents write the dangerous part is left out, whatever the kind of the file, and no other."""

import json
from typing import Any

import pytest

from shared.llm.answer import ToolCall
from shared.rooms.files import issue
from shared.rooms.screen import ANYBODY, lacks_something
from shared.rooms.toolbox import Toolbox
from shared.safety.advice import languages, notice
from shared.safety.gate import check
from tests.support.growth import LINEAR, growth
from tests.support.room_doubles import ScriptedDatabase, in_time
from tests.support.room_work import task_work

STARVE = "Eat 600 kcal a day."
NOTE = notice("left_out_of_file")
UNSAFE = {
    "plan.md": (f"# Plan\n\nSquat on Monday and Friday.\n\n{STARVE}", "# Plan\n\nSquat on Monday and Friday."),
    "plan.txt": (STARVE, ""),
    "page.html": (
        "<h1>Plan</h1><ul><li>Squat on Monday and Friday, then rest.</li><li>Eat <b>600 kcal</b> a day.</li></ul>",
        "<h1>Plan</h1><ul><li>Squat on Monday and Friday, then rest.</li><li></li></ul>",
    ),
    "days.csv": (
        "day,kcal per day,note\nMonday,2000,Train well and rest long enough\nTuesday,600,\n",
        "day,kcal per day,note\nMonday,2000,Train well and rest long enough",
    ),
    "text.csv": (
        f'day,advice\nMonday,Train and rest long enough\nTuesday,"{STARVE}"\n',
        "day,advice\nMonday,Train and",
    ),
    "a.py": (f"print('{STARVE}')\n", ""),
    "b.py": ("# Eat 600 kcal a day\nprint(1)\n", ""),
    "a.json": (json.dumps({"advice": STARVE}), ""),
    "b.json": ('{"kcal_a_day": 600}', ""),
    "a.yaml": ("kcal a day: 600\n", ""),
    "a.js": (f"/* {STARVE} */ let a = 1", ""),
    "a.css": (f"p::after {{ content: '{STARVE}' }}", ""),
    "a.sql": (f"-- {STARVE}\nselect 1", ""),
}
FINE = {
    "plan.md": "# Plan\n\nEat 2,000 kcal a day, and rest 90 s between sets.\n",
    "page.html": "<p>Rest &lt; 90 s.</p><!-- > -->",
    "sets.csv": "exercise,sets,reps\nSquat,3,8\n",
    "odd.csv": 'a,b\n"1,2\n',
    "bmr.py": "def bmr(weight: float) -> float:\n    '''Basal rate in kcal a day.'''\n    return 10 * weight\n",
    "a.json": '{"sets": 3, "kcal_a_day": 2200}',
}


@pytest.mark.parametrize("name", UNSAFE)
def test_a_file_is_delivered_without_what_is_not_safe_says_so_and_is_still_what_its_name_says(name: str) -> None:
    text, kept = UNSAFE[name]
    screened = ANYBODY.file(name, text)

    assert [finding.rule for each in screened.held for finding in each.findings][:1] == ["calories_too_low"]
    assert screened.text.startswith(kept)
    assert not check(screened.text, ANYBODY.athlete).held
    assert "600" not in screened.text
    assert lacks_something(screened.text)
    assert issue(name, screened.text.encode()) is None
    assert not ANYBODY.file(name, screened.text).held


@pytest.mark.parametrize("name", FINE)
def test_what_is_fine_is_delivered_byte_by_byte(name: str) -> None:
    screened = ANYBODY.file(name, FINE[name])
    assert (screened.text, screened.held) == (FINE[name], ())


def test_the_note_is_in_the_language_of_the_file() -> None:
    text = "Trainiere am Montag und am Freitag und ruhe dich dann aus.\n\nIss nur 600 kcal am Tag."
    assert notice("left_out_of_file", "de") in ANYBODY.file("plan.md", text).text


@pytest.mark.parametrize("language", sorted(languages()))
def test_a_note_that_an_agent_copies_into_a_whole_file_goes(language: str) -> None:
    note = notice("left_out_of_file", language)
    assert not lacks_something(ANYBODY.file("plan.md", f"Squat on Monday.\n\n{note}").text)
    assert lacks_something(note)


def test_a_message_says_what_was_left_out_of_it_and_the_arguments_of_a_call_are_one() -> None:
    assert ANYBODY.said(f"Here is your plan for the whole week. {STARVE}").endswith(notice("left_out"))
    assert ANYBODY.said(STARVE) == notice("withheld")
    assert ANYBODY.told("<request>\nPlan it\n</request>") == "<request>\nPlan it\n</request>"
    for arguments in ({"filename": "a.md", "content": STARVE}, {"question": STARVE}):
        call = {"id": "c", "function": {"name": "x", "arguments": json.dumps(arguments)}}
        assert "600" not in json.dumps(ANYBODY.call(call))
    broken: dict[str, Any] = {"id": "c", "function": {"name": "x", "arguments": '{"question": "Eat 600 kcal a day.'}}
    assert "600" not in json.dumps(ANYBODY.call(broken))


def test_calls_of_which_nothing_is_unsafe_are_shown_as_they_were_written() -> None:
    call = {"id": "c", "function": {"name": "x", "arguments": '{ "query":"How deep?" , "n": 1}'}}
    assert ANYBODY.call(call) == call


def test_a_question_that_is_not_safe_is_not_asked_and_the_agent_learns_why() -> None:
    toolbox = Toolbox(ScriptedDatabase(), task_work(), in_time())
    told = toolbox.run(ToolCall("c", "ask_owner", json.dumps({"question": STARVE})), 0)
    assert "(calories_too_low)" in told


@pytest.mark.parametrize("name", ["x.html", "x.csv", "x.py", "x.js"])
@pytest.mark.parametrize("part", ["<a", "'", "/*", "a:", "<!--", "a_", "'\\", '"', "//", "--"])
def test_no_file_makes_it_slow(name: str, part: str) -> None:
    assert growth(lambda size: ANYBODY.file(name, part * size), 5_000) < LINEAR
