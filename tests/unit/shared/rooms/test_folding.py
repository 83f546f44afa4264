import itertools
import json
from collections.abc import Iterator
from html import escape
from typing import Any

from shared.llm import tokens
from shared.llm.request import Message, Request
from shared.rooms import prompts
from shared.rooms.folding import folded
from shared.rooms.tools import tools_for
from tests.support.room_work import USER_ID, task_work

NUMBERS = itertools.count()
PASSAGES = '<passages>\n<passage title="Deload &amp; rest" heading="How often">\n{}\n</passage>\n</passages>'
WRITTEN = "Written: {}, 900 bytes, sha256 {}."


def exchange(name: str, result: str, said: str = "", **arguments: Any) -> list[Message]:
    """One call, and what came of it."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call-{next(NUMBERS)}", "type": "function", "function": function}
    return [
        {"role": "assistant", "content": said, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": result},
    ]


def search(query: str, words: str = "Rest. " * 450) -> list[Message]:
    return exchange("search_knowledge", PASSAGES.format(words), query=query)


def read(filename: str, lines: str = "1-90 of 200") -> list[Message]:
    return exchange("read_file", f'<file name="{filename}" lines="{lines}">\nText.\n</file>', filename=filename)


def write(filename: str, content: str = "Long. " * 200) -> list[Message]:
    return exchange("write_file", WRITTEN.format(filename, "a" * 64), filename=filename, content=content, append=True)


def earlier(messages: list[Message]) -> list[str]:
    """The lines for older calls."""
    return [line for message in messages if "<earlier>" in str(message["content"]) for line in lines_of(message)]


def lines_of(message: Message) -> Iterator[str]:
    yield from str(message["content"]).splitlines()[1:-1]


def test_the_newest_two_exchanges_stay_as_they_were() -> None:
    messages = [*prompts.working(task_work()), *search("a"), *read("b.md"), *write("c.md")]
    assert folded(messages)[-4:] == messages[-4:]


def test_what_was_looked_up_in_a_row_stays_as_it_was_while_it_is_short() -> None:
    short = [message for query in "abcdef" for message in search(query, "Rest.")]
    assert folded(short) == short

    sent = folded([*search("long", "Rest. " * 900), *short])
    assert sent[1:] == short
    assert len(earlier(sent)) == 1


def test_a_file_that_was_written_before_is_not_sent_again_with_each_call() -> None:
    messages = [*search("a"), *write("c.md"), *search("b")]

    sent = folded(messages)
    assert earlier(sent) == [
        '- search_knowledge {"query": "a"}: Deload & rest'.replace("&", "&amp;"),
        '- write_file {"filename": "c.md"}: Written: c.md, 900 bytes',
    ]
    assert sent[1:] == messages[-2:]


def test_a_line_says_what_was_called_and_what_came_of_it() -> None:
    rows = "<rows>\n1 rows.\nkm\n42\n</rows>"
    asked = exchange("query_table", rows, said="I add them up.", filename="log.csv", sql="x")
    sent = folded([*asked, *read("b.md"), *read("b.md", "90-200 of 200"), *search("a"), *search("b")])

    assert earlier(sent) == [
        "- I add them up.",
        '- query_table {"filename": "log.csv", "sql": "x"}: ' + escape(" ".join(rows.split())),
        '- read_file {"filename": "b.md"} x2: lines 90-200 of 200',
    ]


def test_the_parts_of_a_file_are_one_line() -> None:
    sent = folded([*write("a.md"), *write("a.md"), *write("b.md"), *search("a"), *search("b")])

    assert earlier(sent) == [
        '- write_file {"filename": "a.md"} x2: Written: a.md, 900 bytes',
        '- write_file {"filename": "b.md"}: Written: b.md, 900 bytes',
    ]


def test_what_the_owner_answered_stays_whole() -> None:
    answer = "Evenings, at home, " + "and not on Mondays " * 60
    asked = exchange("ask_owner", f"<answer>\n{answer}\n</answer>", question="When?")

    (line,) = earlier(folded([*asked, *search("a"), *search("b")]))
    assert answer.strip() in line


def test_what_an_agent_was_told_stays_whole_and_where_it_stood() -> None:
    told = prompts.instruct(["In kilograms, please. " * 40])
    sent = folded([*search("a"), told, *search("b"), *search("c"), *search("d")])

    assert sent[1] == told
    assert ['"a"' in line for line in earlier(sent)] == [True, False]


def test_of_an_old_answer_that_was_cut_off_a_line_is_left() -> None:
    cut = prompts.cut_off("Half a guide. " * 500)
    sent = folded([cut, prompts.user(prompts.SHORTER), *search("a"), *search("b"), *search("c")])

    assert tokens.count(str(sent[0]["content"])) < 30
    assert sent[1]["content"] == prompts.SHORTER


def test_all_that_was_asked_at_once_is_seen_once() -> None:
    first, second, third = search("a"), search("b"), search("c")
    together = [first[0] | {"tool_calls": [message["tool_calls"][0] for message in (first[0], second[0], third[0])]}]
    messages = [*together, first[1], second[1], third[1]]

    assert folded(messages) == messages
    shorter = folded(messages, newest=1)
    assert ["Rest. Rest." in message["content"] for message in shorter] == [False, False, False, True]


def test_for_a_model_that_reads_little_only_the_newest_result_is_whole() -> None:
    sent = folded([*search("a"), *search("b"), *search("c")], newest=1)

    assert len(earlier(sent)) == 2
    assert [message["role"] for message in sent[1:]] == ["assistant", "tool"]
    assert "Rest. Rest." in sent[-1]["content"]


def test_calls_whose_arguments_are_broken_are_told_as_they_are() -> None:
    broken = search("a")
    broken[0]["tool_calls"][0]["function"]["arguments"] = '{"query": "half'

    (line,) = earlier(folded([*broken, *search("b"), *search("c")]))
    assert line.startswith("- search_knowledge ")


def test_twice_the_calls_cost_at_most_little_more_than_twice_the_tokens() -> None:
    profile = {"age": 34, "about": "Runs, lifts at home, minds a bad left knee. " * 60}
    work = task_work(profile=profile, deliverables=["guide.md"])

    def sent(calls: int) -> int:
        messages, total = list(prompts.working(work)), 0
        for number in range(calls):
            request = Request(folded(messages), 100, USER_ID, tools=tools_for(work, has_files=True))
            total += request.prompt_tokens
            messages += search(f"what phase {number} says") if number % 2 == 0 else write("guide.md")
        return total

    assert sent(8) <= 2.2 * sent(4)
    assert sent(16) <= 2.2 * sent(8)
