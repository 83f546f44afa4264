"""Calls as servers stream them, right and wrong; each shape was reported of a real one."""

from typing import Any

import pytest

from shared.llm.dialects.tool_calls import MAX_CALLS, Calls

KNOWN = frozenset({"log_workout", "update_profile", "list_files"})


def made(*deltas: Any) -> list[tuple[str, str, str]]:
    calls = Calls(KNOWN)
    for delta in deltas:
        calls.take(delta)
    return [(call.id, call.name, call.arguments) for call in calls.made]


def piece(name: Any = None, arguments: Any = None, **more: Any) -> dict[str, Any]:
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    return {**more, "function": function}


LOG = ("a", "log_workout", '{"n":1}')
UPDATE = ("b", "update_profile", '{"n":2}')


@pytest.mark.parametrize(
    "deltas",
    [
        # As documented: index, id and name first, then the index alone.
        [
            [piece("log_workout", "", index=0, id="a", type="function")],
            [piece(None, '{"n"', index=0)],
            [piece(None, ":1}", index=0)],
            [piece("update_profile", '{"n":2}', index=1, id="b", type="function")],
        ],
        # Gemini: whole calls, index 0 for all.
        [[piece("log_workout", '{"n":1}', index=0, id="a")], [piece("update_profile", '{"n":2}', index=0, id="b")]],
        # The same without an index, and both in one delta.
        [[piece("log_workout", '{"n":1}', id="a"), piece("update_profile", '{"n":2}', id="b")]],
        [[piece("log_workout", '{"n":1}', id="a", index=None)], [piece("update_profile", '{"n":2}', id="b", index=1)]],
        # The arguments as an object.
        [[piece("log_workout", {"n": 1}, id="a")], [piece("update_profile", '{"n":2}', id="b", index=3)]],
        # Not a list at all.
        [piece("log_workout", '{"n":1}', id="a"), piece("update_profile", '{"n":2}', id="b")],
    ],
)
def test_two_calls_are_two_calls(deltas: list[Any]) -> None:
    assert [(a, b, c.replace(" ", "")) for a, b, c in made(*deltas)] == [LOG, UPDATE]


@pytest.mark.parametrize(
    "deltas",
    [
        # The name again in each piece, the id as well, or neither index nor id in the later ones.
        [
            [piece("log_workout", "", index=0, id="a")],
            [piece("log_workout", '{"n":', index=0)],
            [piece("log_workout", "1}", index=0)],
        ],
        [
            [piece("log_workout", '{"n":', index=0, id="a")],
            [piece("log_workout", "1}", index=0, id="a")],
        ],
        [[piece("log_workout", '{"n":', id="a")], [piece(None, "1}")]],
        # A new id in each piece.
        [[piece("log_workout", '{"n":', index=0, id="a")], [piece("log_workout", "1}", index=0, id="z")]],
        # The name in pieces, the id later, null arguments, an empty end.
        [[piece("log_", None, index=0)], [piece("workout", '{"n":1}', index=0, id="a")]],
        [
            [piece("log_workout", None, index=0, id="a")],
            [piece(None, '{"n":1}', index=0)],
            [piece("log_workout", "", index=0, id="")],
        ],
    ],
)
def test_one_call_is_one_call(deltas: list[Any]) -> None:
    assert made(*deltas) == [LOG]


def test_calls_without_ids_are_told_by_their_names_and_whole_arguments() -> None:
    same = piece("log_workout", '{"n":1}', index=0, id="")
    other = piece("update_profile", '{"n":2}', index=0, id="")
    assert made([same], [other], [same]) == [("", *LOG[1:]), ("", *UPDATE[1:]), ("", *LOG[1:])]


def test_calls_without_arguments_are_told_by_their_ids() -> None:
    assert made([piece("list_files", "", index=0, id="a")], [piece("list_files", "", index=0, id="b")]) == [
        ("a", "list_files", ""),
        ("b", "list_files", ""),
    ]


def test_the_older_form_of_one_call_is_taken_too() -> None:
    calls = Calls(KNOWN)
    calls.take(None, {"name": "log_workout", "arguments": '{"n"'})
    calls.take(None, {"arguments": ":1}"})
    assert [(call.name, call.arguments) for call in calls.made] == [LOG[1:]]


@pytest.mark.parametrize("junk", [None, [], [None], "call", [7], {}, [{"function": None}], [{"function": "f"}], [[]]])
def test_junk_is_no_call_that_anybody_could_carry_out(junk: Any) -> None:
    assert all(not name and not arguments for _, name, arguments in made(junk))


def test_a_model_that_calls_without_end_is_heard_up_to_a_bound() -> None:
    endless = [piece("list_files", "{}", id=f"call-{number}") for number in range(3 * MAX_CALLS)]
    assert len(made(endless)) == MAX_CALLS


def test_what_gemini_hangs_on_a_call_is_kept() -> None:
    calls = Calls(KNOWN)
    calls.take([piece("list_files", "{}", id="a", extra_content={"google": {"thought_signature": "s"}})])
    assert calls.made[0].as_message()["extra_content"] == {"google": {"thought_signature": "s"}}
