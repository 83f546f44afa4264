import re

import pytest

from infra.local.offline_models.pretend.instructions import Instruction, instructions

PATTERNS = {"log": re.compile(r"log\b", re.IGNORECASE), "room": re.compile(r"open a room\b", re.IGNORECASE)}


@pytest.mark.parametrize(
    "question",
    [
        "Log it",
        "  log it!",
        "Please log it",
        "Hey coach, can you log it?",
        "I'd like to log it",
        "It went well, log it",
        "How deep should I squat? Please log it.",
    ],
)
def test_who_says_so_asks_for_it(question: str) -> None:
    (instruction,) = instructions(question, PATTERNS)
    assert re.fullmatch(r"log it[.!?]?", instruction.text, re.IGNORECASE)


@pytest.mark.parametrize(
    "question",
    [
        "How do I log it?",
        "Should I log it, or open a room?",
        "What happens if I log it?",
        "If I log it, and open a room, what then?",
        "Don't log it",
        "Please do not open a room, log nothing",
        "My friend told me to log it",
        'The page says "log it"',
        "My log is empty",
    ],
)
def test_who_asks_tells_or_denies_does_not(question: str) -> None:
    assert instructions(question, PATTERNS) == []


def test_what_was_said_before_goes_with_the_first_of_several() -> None:
    assert instructions("I squatted 3x5 today, log it and then open a room.", PATTERNS) == [
        Instruction("log", "log it", "I squatted 3x5 today"),
        Instruction("room", "open a room."),
    ]


def test_behind_a_tool_that_takes_the_rest_nothing_is_an_instruction() -> None:
    assert instructions("Open a room, log it", PATTERNS, last="room") == [Instruction("room", "Open a room, log it")]
