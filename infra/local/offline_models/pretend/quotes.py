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
NEARLY = 0.9  # a second passage is quoted only when it is nearly as good as the best
RELATED = 0.7  # beside the best, where all that answers is collected
MAX_SENTENCES = 3  # in one quote


@dataclass(frozen=True)
class Quote:
    """`text` is exactly what stands in the passage."""

    passage: Passage
    text: str


@dataclass(frozen=True)
class _Evidence:
    """A passage measured against the question."""

    passage: Passage
    sentences: list[Sentence]
    scores: list[float]
    relevance: float  # the mean of the whole's and the best sentence's cosine


async def find_quotes(
    question: str, passages: Sequence[Passage], embedder: Embedder, floor: float = FLOOR
) -> list[Quote]:
    """A run of sentences from the best passage, one from the second if that is nearly as good; or nothing."""
    best = await _best(question, passages, embedder, floor, NEARLY)
    return [_quote(each, length=1 if number else 2) for number, each in enumerate(best[:2])]


async def collect_quotes(question: str, passages: Sequence[Passage], embedder: Embedder, most: int) -> list[Quote]:
    """A run of sentences from each of the best `most` passages that answer."""
    return [_quote(each, length=2) for each in (await _best(question, passages, embedder, FLOOR, RELATED))[:most]]


async def _best(
    question: str, passages: Sequence[Passage], embedder: Embedder, floor: float, share: float
) -> list[_Evidence]:
    """The best first: all that are relevant enough, and as good as this share of the best."""
    split_up = [(passage, sentences) for passage in passages if (sentences := split(passage.text))]
    texts = [question]
    for passage, sentences in split_up:
        texts += [f"{passage.title}. {passage.heading}. {passage.text}", *(each.text for each in sentences)]
    asked, *vectors = await embedder.embed(texts)
    # rounded: the last bits depend on the machine, the choice must not
    cosines = iter([round(float(vector @ asked), 4) for vector in vectors])
    found: list[_Evidence] = []
    for passage, sentences in split_up:
        whole, scores = next(cosines), [next(cosines) for _ in sentences]
        found.append(_Evidence(passage, sentences, scores, (whole + max(scores)) / 2))
    found.sort(key=lambda each: -each.relevance)
    return [each for each in found if each.relevance >= max(floor, share * found[0].relevance)]


def _quote(evidence: _Evidence, length: int) -> Quote:
    """The best sentence with its better neighbours up to `length`, and what it leans on."""
    sentences, scores = evidence.sentences, evidence.scores
    first = last = scores.index(max(scores))
    while last - first + 1 < length:
        before = scores[first - 1] if sentences[first].follows else -1.0
        after = scores[last + 1] if last + 1 < len(sentences) and sentences[last + 1].follows else -1.0
        if before == after == -1.0:
            break
        first, last = (first - 1, last) if before > after else (first, last + 1)
    while sentences[first].leans and last - first + 1 < MAX_SENTENCES:
        first -= 1
    return Quote(evidence.passage, evidence.passage.text[sentences[first].start : sentences[last].end])
