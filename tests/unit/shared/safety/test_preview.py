from shared.safety.athlete import Athlete
from shared.safety.gate import Judging
from shared.safety.preview import Preview


def read(preview: Preview, *said: str) -> list[str]:
    return [preview.update(text) for text in said]


def test_it_grows_by_whole_sentences() -> None:
    preview = Preview(Athlete())
    assert read(preview, "Rest", "Rest well. Sl", "Rest well. Sleep.") == ["", "Rest well.", ""]
    assert preview.update("Rest well. Sleep.", ended=True) == " Sleep."


def test_a_second_try_that_says_the_same_goes_on_where_the_first_one_stopped() -> None:
    first = Preview(Athlete())
    read(first, "Rest well. Eat 600 kcal a day. Then")
    second = first.again(Judging.NEVER)
    assert read(second, "Rest", "Rest well. Eat en", "Rest well. Eat enough. Then") == ["", "", " Eat enough."]
    assert second.text == "Rest well. Eat enough."


def test_one_that_says_it_otherwise_stays_unseen() -> None:
    first = Preview(Athlete())
    read(first, "Rest well. Eat")
    second = first.again(Judging.NEVER)
    assert read(second, "Sleep well. Eat enough. Then") == [""]
    assert second.text == "Rest well."
