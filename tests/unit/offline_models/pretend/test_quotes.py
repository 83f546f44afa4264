import asyncio

from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend.prompts import Passage
from infra.local.offline_models.pretend.quotes import find_quotes

DEFICIT = (
    "To lose fat eat 300 to 500 kilocalories below maintenance. That gives about half a kilo per week. "
    "Larger deficits cost muscle and make hunger hard to manage. Keep lifting while dieting."
)


def quotes(question: str, *texts: str) -> list[tuple[str, str]]:
    async def find() -> list[tuple[str, str]]:
        embedder = Embedder()
        try:
            passages = [Passage(f"p{number}", "", "", text) for number, text in enumerate(texts)]
            return [(quote.passage.id, quote.text) for quote in await find_quotes(question, passages, embedder)]
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
