import asyncio

from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend.prompts import Passage
from infra.local.offline_models.pretend.quotes import find_quotes

DEFICIT = (
    "To lose fat eat 300 to 500 kilocalories below maintenance. That gives about half a kilo per week. "
    "Larger deficits cost muscle and make hunger hard to manage. Keep lifting while dieting."
)


def quotes(question: str, *texts: str, behind: str = "") -> list[tuple[str, str]]:
    async def find() -> list[tuple[str, str]]:
        embedder = Embedder()
        try:
            passages = [Passage(f"p{number}", "", "", text) for number, text in enumerate(texts)]
            found = await find_quotes(question, passages, embedder, behind=behind)
            return [(quote.passage.id, quote.text) for quote in found]
        finally:
            embedder.close()

    return asyncio.run(find())


def test_a_sentence_is_quoted_with_the_one_it_leans_on() -> None:
    (quote,) = quotes("How big should my calorie deficit be?", DEFICIT)
    assert quote == ("p0", DEFICIT.partition(" Keep")[0])


def test_two_passages_that_answer_equally_well_are_both_quoted() -> None:
    first, second = quotes(
        "Must I warm up before lifting?", "Warm up before lifting.", "Always warm up before you lift."
    )
    assert {first[0], second[0]} == {"p0", "p1"}


def test_passages_without_a_sentence_are_passed_over() -> None:
    assert quotes("How deep should I squat?", "# Squats", "| depth | 90 |") == []


def test_a_question_that_goes_on_is_answered_by_what_it_goes_on_from() -> None:
    before, question = "Is creatine safe for the kidneys?", "and how much?"
    texts = ("Drink as much as you like.", "Creatine is safe for healthy kidneys. Take three to five grams a day.")
    first, *_ = quotes(question, *texts, behind=f"{before}\n{question}")
    assert first[0] == "p1"
    assert "p1" not in dict(quotes(question, *texts))


def test_a_new_subject_is_not_answered_by_the_one_before() -> None:
    question, before = "Must I warm up before lifting?", "How big should my calorie deficit be?"
    found = quotes(question, DEFICIT, "Always warm up before you lift.", behind=f"{before}\n{question}")
    assert found[0][0] == "p1"
