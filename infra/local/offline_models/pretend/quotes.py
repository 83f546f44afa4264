"""Finds the sentences that answer a question best, by the cosines of their vectors."""

from collections.abc import Sequence
from dataclasses import dataclass

from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.pretend.prompts import Passage
from infra.local.offline_models.pretend.sentences import Sentence, split

# Measured on 40 passages with a question each: a passage that answers has a relevance of .39 to .86 (.29 when
# the question is oblique), the best passage for 23 questions about routers, taxes or France at most .23.
FLOOR = 0.28
WELL = 0.5  # beside a proposal only what really answers is quoted; most who ask for one want nothing explained
NEARLY = 0.9  # another passage is quoted only when it is nearly as good as the best
MAX_QUOTES = 2
MAX_SENTENCES = 3  # in one quote: two, and what these lean on


@dataclass(frozen=True)
class Quote:
    """`text` is exactly what stands in the passage."""

    passage: Passage
    text: str


async def find_quotes(
    question: str, passages: Sequence[Passage], embedder: Embedder, floor: float = FLOOR
) -> list[Quote]:
    """A run of sentences from the best passage, and from the second if that is nearly as good; or nothing."""
    split_up = [(passage, sentences) for passage in passages if (sentences := split(passage.text))]
    texts = [question]
    for passage, sentences in split_up:
        texts += [f"{passage.title}. {passage.heading}. {passage.text}", *(each.text for each in sentences)]
    asked, *vectors = await embedder.embed(texts)
    # rounded: the last bits depend on the machine, the choice must not
    cosines = iter([round(float(vector @ asked), 4) for vector in vectors])
    measured: list[tuple[float, Quote]] = []
    for passage, sentences in split_up:
        whole, scores = next(cosines), [next(cosines) for _ in sentences]
        measured.append(((whole + max(scores)) / 2, Quote(passage, _run(passage.text, sentences, scores))))
    measured.sort(key=lambda each: -each[0])
    return [quote for relevance, quote in measured[:MAX_QUOTES] if relevance >= max(floor, NEARLY * measured[0][0])]


def _run(text: str, sentences: Sequence[Sentence], scores: Sequence[float]) -> str:
    """The best sentence with its better neighbour, and what it leans on."""
    first = last = scores.index(max(scores))
    before = scores[first - 1] if sentences[first].follows else -1.0
    after = scores[last + 1] if last + 1 < len(sentences) and sentences[last + 1].follows else -1.0
    if before > after:
        first -= 1
    elif after > -1.0:
        last += 1
    while sentences[first].leans and last - first + 1 < MAX_SENTENCES:
        first -= 1
    return text[sentences[first].start : sentences[last].end]
