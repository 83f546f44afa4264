import asyncio

from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.extractive import Quote, find_quotes
from infra.local.offline_models.prompt_reading import Passage, Prompt

DEFICIT = (
    "To lose fat eat 300 to 500 kilocalories below maintenance. That gives about half a kilo per week. "
    "Larger deficits cost muscle and make hunger hard to manage. Keep lifting while dieting."
)


def quotes(question: str, *texts: str) -> list[Quote]:
    async def find() -> list[Quote]:
        embedder = Embedder()
        try:
            passages = (Passage(f"p{number}", "", "", text) for number, text in enumerate(texts))
            return await find_quotes(Prompt(question, tuple(passages)), embedder)
        finally:
            embedder.close()

    return asyncio.run(find())


def test_a_sentence_is_quoted_with_the_one_it_leans_on() -> None:
    (quote,) = quotes("How big should my calorie deficit be?", DEFICIT)
    assert quote == Quote("p0", DEFICIT.partition(" Keep")[0])


def test_two_passages_that_answer_equally_well_are_both_quoted() -> None:
    first, second = quotes(
        "Must I warm up before lifting?", "Warm up before lifting.", "Always warm up before you lift."
    )
    assert {first.passage_id, second.passage_id} == {"p0", "p1"}


def test_passages_without_a_sentence_are_passed_over() -> None:
    assert quotes("How deep should I squat?", "# Squats", "| depth | 90 |") == []
