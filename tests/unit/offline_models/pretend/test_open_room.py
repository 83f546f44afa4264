import pytest

from tests.unit.offline_models.pretend.calling import chosen, payload


@pytest.mark.parametrize(
    ("question", "prompt"),
    [
        ("Open a room to compare three running plans.", "Compare three running plans."),
        (
            "Start a task room: research creatine, write me a plan. Log 3x5.",
            "Research creatine, write me a plan. Log 3x5.",
        ),
    ],
)
def test_all_that_follows_is_the_prompt(question: str, prompt: str) -> None:
    assert payload("open_room", question) == {"prompt": prompt}


def test_a_room_without_a_task_is_not_opened() -> None:
    assert chosen("Open a room").needs
