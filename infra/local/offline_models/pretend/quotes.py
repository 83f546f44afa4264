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
BEHIND = 0.8  # of the relevance to a question behind the one before it: a new subject is not what was asked before
MAX_QUOTES = 2
MAX_SENTENCES = 3  # in one quote: two, and what these lean on


@dataclass(frozen=True)
class Quote:
    """`text` is exactly what stands in the passage."""

    passage: Passage
    text: str


async def find_quotes(
    question: str, passages: Sequence[Passage], embedder: Embedder, floor: float = FLOOR, behind: str = ""
) -> list[Quote]:
    """A run of sentences from the best passage, and from the second if that is nearly as good; or nothing.

    `behind` is the question behind what it may go on from: it counts a little less than the question itself.
    """
    split_up = [(passage, sentences) for passage in passages if (sentences := split(passage.text))]
    texts = [question, *([behind] if behind else [])]
    first = len(texts)
    for passage, sentences in split_up:
        texts += [f"{passage.title}. {passage.heading}. {passage.text}", *(each.text for each in sentences)]
    vectors = await embedder.embed(texts)
    near = (vectors[first:] @ vectors[:first].T) * [1.0, BEHIND][:first]
    # rounded: the last bits depend on the machine, the choice must not
    cosines = iter(near.round(4).tolist())
    measured: list[tuple[float, Quote]] = []
    for passage, sentences in split_up:
        whole, scores = next(cosines), [next(cosines) for _ in sentences]
        for way, of_whole in enumerate(whole):
            of_each = [score[way] for score in scores]
            measured.append(((of_whole + max(of_each)) / 2, Quote(passage, _run(passage.text, sentences, of_each))))
    best: dict[str, tuple[float, Quote]] = {}
    for each in sorted(measured, key=lambda each: -each[0]):
        best.setdefault(each[1].passage.id, each)
    ranked = list(best.values())[:MAX_QUOTES]
    return [quote for relevance, quote in ranked if relevance >= max(floor, NEARLY * ranked[0][0])]


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
