import itertools
from typing import Any

import pytest

from shared.llm.answer import Answer, ToolCall
from shared.llm.errors import ContextTooLongError
from shared.platform.deadline import Deadline
from shared.realtime.push import Pusher
from shared.rooms import prompts
from shared.rooms.agent import MAX_CALLS, MAX_CIRCLES, MAX_CUTS, TOKENS_SHARE, Agent
from shared.rooms.errors import NotPermittedError, TaskFailedError, TaskInterrupted
from tests.support.room_doubles import ScriptedDatabase, ScriptedSteps, ScriptedToolbox, in_time, says
from tests.support.room_work import TOKEN_LIMIT, task_work

IDS = itertools.count()


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_PARAMETER", "/openai-key")


def called(name: str, arguments: str = "{}") -> ToolCall:
    return ToolCall(f"call-{next(IDS)}", name, arguments)


WRITES = says("", called("write_file", "a.md"))
DONE = says("Here it is.")


def agent(*answers: Answer | Exception, deadline: Deadline | None = None, **task: Any) -> Agent:
    """An agent whose task is to deliver `a.md`, and whose model says these answers."""
    work, deadline, database = task_work(**task), deadline or in_time(), ScriptedDatabase()
    made = Agent(database, work, deadline, Pusher("room:1", ()))
    made.toolbox = ScriptedToolbox(database, work, deadline)
    made.steps = ScriptedSteps(database, work.worker, "@writer", deadline, work.task.tokens_used, list(answers))
    return made


def steps_of(made: Agent) -> ScriptedSteps:
    assert isinstance(made.steps, ScriptedSteps)
    return made.steps


def failure(made: Agent) -> str:
    with pytest.raises(TaskFailedError) as failed:
        made.run()
    return failed.value.code


# ------------------------------------------------------------------------------------------------------------- the loop
def test_an_agent_calls_tools_until_its_file_is_there_and_then_ends() -> None:
    made = agent(WRITES, DONE)

    assert made.run() == "Here it is."
    assert [name for name, _, _ in steps_of(made).recorded] == ["1", "2"]


def test_each_message_is_stored_once_and_the_last_one_stored_is_the_models() -> None:
    made = agent(WRITES, DONE)
    made.run()
    stored = [message for _, _, messages in steps_of(made).recorded for message in messages]

    assert [message["role"] for message in stored] == ["system", "user", "assistant", "tool", "assistant"]
    assert stored == made.transcript.messages


def test_an_agent_that_forgets_its_file_is_reminded_once() -> None:
    made = agent(DONE, DONE)

    assert made.run() == "Here it is."
    reminders = [content for _, content, _ in steps_of(made).recorded if "not written yet: a.md" in content]
    assert len(reminders) == 1


def test_the_next_worker_runs_tools_again_and_pays_for_no_answer_again() -> None:
    first = agent(WRITES, DONE)
    first.run()
    begun = first.transcript.messages[:3]  # what was stored when the worker died before its second call
    second = agent(DONE, transcript=begun)

    assert second.run() == "Here it is."
    assert second.toolbox.files.written == {"a.md"}
    assert [name for name, _, _ in steps_of(second).recorded] == ["2"]


def test_the_owners_words_reach_the_model_before_its_next_call_and_once() -> None:
    made = agent(WRITES, DONE)
    steps_of(made).steer = ("In kilograms.",)
    made.run()
    heard = [[str(message["content"]).count("In kilograms.") for message in asked] for asked in steps_of(made).requests]

    assert [sum(counts) for counts in heard] == [1, 1]


# ----------------------------------------------------------------------------------------------------------- its limits
def in_circles() -> list[Answer]:
    return [says("", called("read_file", "none.md")) for _ in range(3)]


def warnings_heard(made: Agent) -> int:
    return sum(map(prompts.is_nothing_new, made.transcript.messages))


def test_an_agent_that_repeats_itself_is_told_so_before_it_is_given_up() -> None:
    made = agent(*in_circles(), *in_circles(), *in_circles())
    assert failure(made) == "stuck"
    assert warnings_heard(made) == MAX_CIRCLES


def test_one_that_then_goes_on_comes_to_its_end() -> None:
    made = agent(*in_circles(), WRITES, *in_circles(), DONE)
    assert made.run() == "Here it is."
    assert warnings_heard(made) == 2


def test_twelve_searches_that_find_nothing_still_end_in_a_document() -> None:
    searches = [says("", called("search_knowledge", f"{number}")) for number in range(12)]
    made = agent(*searches, WRITES, DONE)
    made.toolbox = ScriptedToolbox(made.database, made.work, made.deadline, results=["Nothing on this."] * 12)
    assert made.run() == "Here it is."
    assert warnings_heard(made) == 2


def test_a_worker_that_takes_over_counts_the_warnings_before_it() -> None:
    first = agent(*in_circles(), *in_circles(), DONE, deliverables=[])
    first.run()
    second = agent(*in_circles(), transcript=first.transcript.messages[:-1])
    assert failure(second) == "stuck"


def test_a_cut_answer_is_not_acted_on_and_the_third_in_a_row_is_the_last() -> None:
    cut = [says("half", called("write_file", "a.md"), finish="length") for _ in range(MAX_CUTS + 1)]
    made = agent(*cut)

    assert failure(made) == "cut_off"
    assert made.toolbox.files.written == set()


def test_cut_answers_with_a_whole_one_between_are_borne() -> None:
    cut = says("half", finish="length")
    assert agent(cut, cut, WRITES, cut, DONE).run() == "Here it is."


def test_a_refusal_ends_the_task_after_it_was_recorded() -> None:
    made = agent(says("", finish="content_filter"))

    assert failure(made) == "refused"
    assert len(steps_of(made).recorded) == 1


def test_an_agent_has_so_many_calls() -> None:
    made = agent(*(says("", called("read_file", f"{number}.md")) for number in range(MAX_CALLS + 1)))

    assert failure(made) == "too_many_calls"
    assert len(steps_of(made).recorded) == MAX_CALLS


def test_an_agent_asks_nothing_that_could_take_it_above_its_tokens() -> None:
    made = agent(DONE, tokens_used=int(TOKENS_SHARE * TOKEN_LIMIT))

    assert failure(made) == "too_many_tokens"
    assert steps_of(made).requests == []


def test_an_agent_stops_in_time_for_the_next_worker() -> None:
    with pytest.raises(TaskInterrupted):
        agent(DONE, deadline=Deadline.after(100)).run()


@pytest.mark.parametrize("reason", ["cancelled", "budget_reached"])
def test_a_room_that_permits_no_call_is_not_asked_for_one(reason: str) -> None:
    made = agent(DONE)
    steps_of(made).refusal = reason

    with pytest.raises(NotPermittedError) as refused:
        made.run()
    assert (refused.value.reason, steps_of(made).requests) == (reason, [])


# --------------------------------------------------------------------------------------------- what is too long to read
def long_transcript() -> list[dict[str, Any]]:
    """Four files that were read, all of them long."""
    made = agent(*(says("", called("read_file", f"{number}.md")) for number in range(4)), WRITES, DONE)
    made.toolbox = ScriptedToolbox(made.database, made.work, made.deadline, results=[f"{n} " * 500 for n in range(4)])
    made.run()
    return made.transcript.messages[:-2]


def test_of_older_calls_a_model_is_sent_a_line_each_and_all_of_them_are_stored() -> None:
    made = agent(DONE, transcript=long_transcript(), deliverables=[])

    made.run()
    (sent,) = steps_of(made).requests
    assert [message["role"] for message in sent] == ["system", "user", "user", "assistant", "tool", "assistant", "tool"]
    stored = [len(str(message["content"])) for message in made.transcript.messages if message["role"] == "tool"]
    assert all(length > 500 for length in stored[:4])


def test_a_conversation_that_is_too_long_is_asked_again_with_the_newest_result_alone() -> None:
    made = agent(ContextTooLongError(), DONE, transcript=long_transcript(), deliverables=[])

    made.run()
    whole, shorter = steps_of(made).requests
    assert len(str(shorter)) < len(str(whole))


def test_one_that_is_still_too_long_ends_the_task() -> None:
    made = agent(ContextTooLongError(), ContextTooLongError(), transcript=long_transcript(), deliverables=[])
    assert failure(made) == "context_too_long"
