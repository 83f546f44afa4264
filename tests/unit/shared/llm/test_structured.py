"""The whole kinds of what models write where JSON was asked for; each was reported of a real one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.llm.structured import begins_document, is_whole, read_arguments, read_document, sendable_arguments
from tests.support.properties import unhurried

HI = '{"answer":"Hi","citations":[]}'


def answer(text: str) -> Any:
    return (read_document(text, "answer") or {}).get("answer")


@pytest.mark.parametrize(
    "text",
    [
        HI,
        f"\ufeff{HI}",
        f"<think>secret</think>{HI}",
        f'<think>I could say {{"answer":"no"}}</think>\n\n{HI}',
        f"<Thinking>secret</Thinking>{HI}",
        f"the template swallowed the start</think>{HI}",
        f"<|channel|>final<|message|>{HI}",
        f"```json\n{HI}\n```",
        f"```\n{HI}\n```\nThat is all.",
        f"Here is the JSON:\n```json\n{HI}\n```",
        f"Sure! {HI} Hope this helps {{x}}.",
        f"[{HI}]",
        f'{{"response":{HI}}}',
        json.dumps(HI),
        '{"answer":"Hi",}',
        '{answer: "Hi", citations: []}',
        '{"citations":[],"answer":"Hi"}',
    ],
)
def test_an_answer_is_found_whatever_stands_around_it(text: str) -> None:
    assert answer(text) == "Hi"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"answer":"Line one\nLine two","citations":[]}', "Line one\nLine two"),
        ('{"answer":"tab\there"}', "tab\there"),
        (r'{"answer":"3\_sets for \$5, don\'t"}', "3_sets for $5, don't"),
        (r'{"answer":"Hi \ud83d there"}', "Hi \ufffd there"),
        (r'{"answer":"Hi \ude00 there"}', "Hi \ufffd there"),
        (r'{"answer":"Hi \ud83d\ude00"}', "Hi \U0001f600"),
        (r'{"answer":"a \uZZ b"}', "a uZZ b"),
        ('{"answer":"He said "go" now","citations":[]}', 'He said "go" now'),
        ('{"answer":"a ```code``` b"}', "a ```code``` b"),
        ('{"answer":"write <think> as a tag"}', "write <think> as a tag"),
    ],
)
def test_what_is_broken_inside_of_a_string_is_mended(text: str, said: str) -> None:
    assert answer(text) == said


@pytest.mark.parametrize("cut", range(len('{"answer":"'), len(HI)))
def test_of_a_cut_answer_there_is_what_had_come(cut: int) -> None:
    assert "Hi".startswith(answer(HI[:cut]))


@pytest.mark.parametrize("tail", ["\\", "\\u", "\\ud8", "\\ud83d", "\\ud83d\\u"])
def test_half_an_escape_at_the_end_waits_for_its_rest(tail: str) -> None:
    assert answer('{"answer":"Hi' + tail) == "Hi"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Drink water.",
        "Use {reps} and [brackets].",
        '{"other":"x"}',
        f"<think>still thinking of {HI}",
        "null",
        "[]",
        "{",
    ],
)
def test_where_there_is_no_document_none_is_made_up(text: str) -> None:
    assert read_document(text, "answer") is None


@pytest.mark.parametrize(
    "text", ["{", "[1", "```", "<think>", "~~~", 'Here:\n```json\n{"a"', 'Sure: {"answer"', "\ufeff{"]
)
def test_json_and_thoughts_are_told_from_prose(text: str) -> None:
    assert begins_document(text)
    assert not begins_document("Three sets of 8 (12 for calves).")


@pytest.mark.parametrize(
    ("text", "whole"),
    [(HI, True), (HI[:-1], False), (f"```json\n{HI}\n```", True), ("Hi", False), (f"Say {HI} and", False)],
)
def test_a_document_is_whole_once_it_is_closed(text: str, whole: bool) -> None:
    assert is_whole(text) is whole


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (None, "{}"),
        ("", "{}"),
        ("null", "{}"),
        ("[]", "{}"),
        ("{}", "{}"),
        ('{"a":1}', '{"a":1}'),
        (r'"{\"a\":1}"', '{"a":1}'),
        ('{"a":"x\ny"}', '{"a": "x\\ny"}'),
        ('{"a":1,}', '{"a": 1}'),
        ('{"a":', '{"a":'),
        ('{"a":1}{"b":2}', '{"a":1}{"b":2}'),
    ],
)
def test_arguments_are_read_as_they_are_meant_and_no_further(said: str | None, read: str) -> None:
    assert read_arguments(said) == read


@pytest.mark.parametrize(("said", "sent"), [('{"a":1}', '{"a":1}'), ('{"a":', "{}"), ("", "{}"), ("[]", "{}")])
def test_a_broken_call_goes_back_as_one_without_arguments(said: str, sent: str) -> None:
    """llama.cpp answers 500 to half an object in the history."""
    assert sendable_arguments(said) == sent


fragments = st.sampled_from(
    ['{"answer":"', '"', "\\", "{", "}", "[", "]", "```json\n", "<think>", "</think>", ",", ":", "é", "\n"]
)


@unhurried
@given(st.lists(fragments, max_size=40).map("".join) | st.text(max_size=120))
def test_of_whatever_comes_only_an_answer_is_read_and_only_an_object_sent_back(text: str) -> None:
    document = read_document(text, "answer")
    assert document is None or "answer" in document
    assert read_arguments(read_arguments(text)) == read_arguments(text)
    assert isinstance(json.loads(sendable_arguments(text)), dict)


@unhurried
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80), st.integers(0, 200))
def test_what_is_seen_of_a_growing_answer_only_grows(said: str, cut: int) -> None:
    whole = json.dumps({"answer": said, "citations": []}, ensure_ascii=False)
    assert answer(whole) == said
    seen = answer(whole[:cut]) or ""
    assert said.startswith(seen)


@pytest.mark.parametrize("blank", [" ", "\t", "\n", "\r\n"])
@pytest.mark.parametrize("begin", ["```", "```json", "{", '{"answer":"```', "<think>", "[", "~~~"])
def test_the_work_grows_no_faster_than_the_text(begin: str, blank: str) -> None:
    """Models that run away write blanks by the thousand, and a regular expression holds the whole process."""
    text = begin + blank * 20_000 + "x"
    read_document(text, "answer")
    begins_document(text)
    is_whole(text)
