"""The deterministic chat model: it finds the sentences that answer best, and quotes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from infra.local.offline_models.embeddings import Embedder
from infra.local.offline_models.prompt_reading import Passage, Prompt
from infra.local.offline_models.sentences import Sentence, split

MODEL = "hercules-extractive-1"
TAIL = "(Quoted by Hercules' offline model: it finds and quotes passages, it does not reason.)"
RULES_TAIL = "(By Hercules' offline model: it goes by fixed rules, it does not reason.)"
NOTHING = (
    "I found nothing in the knowledge base on that. "
    "(Hercules' offline model can only quote passages, it does not reason.)"
)

# Measured on 40 passages with a question each: a passage that answers has a relevance of .39 to .86 (.29 when
# the question is oblique), the best passage for 23 questions about routers, taxes or France at most .23.
FLOOR = 0.28
WELL = 0.5  # beside a proposal only what really answers is quoted; most who ask for one want nothing explained
NEARLY = 0.9  # a second passage is quoted only when it is nearly as good as the best
RELATED = 0.7  # beside the best, where all that answers is collected
LONGEST = 3  # sentences in one quote


@dataclass(frozen=True)
class Quote:
    """`text` is exactly what stands in the passage."""

    passage_id: str
    text: str


@dataclass(frozen=True)
class Evidence:
    """A passage measured against the question: cosines of the whole and of each sentence."""

    passage: Passage
    sentences: list[Sentence]
    whole: float
    scores: list[float]

    @property
    def relevance(self) -> float:
        return (self.whole + max(self.scores)) / 2


async def find_quotes(prompt: Prompt, embedder: Embedder, floor: float = FLOOR) -> list[Quote]:
    """A run of sentences from the best passage, one from the second if that is nearly as good; or nothing.

    `floor` is the least relevance of the best.
    """
    ranked = sorted(await _weigh(prompt, embedder), key=lambda evidence: -evidence.relevance)
    if not ranked or ranked[0].relevance < floor:
        return []
    best = ranked[0]
    second = [each for each in ranked[1:2] if each.relevance >= NEARLY * best.relevance]
    return [_quote(best, length=2), *(_quote(each, length=1) for each in second)]


async def survey(prompt: Prompt, embedder: Embedder, most: int) -> list[Quote]:
    """A run of sentences from each passage that answers, the best first, of at most `most` passages."""
    nearest = await _nearest(prompt, embedder, most)
    ranked = sorted(await _weigh(replace(prompt, passages=nearest), embedder), key=lambda each: -each.relevance)
    least = max([FLOOR, *(RELATED * best.relevance for best in ranked[:1])])
    return [_quote(each, length=2) for each in ranked if each.relevance >= least]


def answer(quotes: Sequence[Quote], said: Sequence[str] = ()) -> str:
    """What is to be `said` of proposals, then the quotes as running text, saying what they are."""
    if not quotes and not said:
        return NOTHING
    return "\n\n".join([*said, *(quote.text for quote in quotes), TAIL if quotes else RULES_TAIL])


async def _nearest(prompt: Prompt, embedder: Embedder, most: int) -> tuple[Passage, ...]:
    """The passages that are worth a look at each sentence: sentences are what takes time."""
    question, *vectors = await embedder.embed([prompt.question, *map(_whole, prompt.passages)])
    cosines = [round(float(vector @ question), 4) for vector in vectors]
    order = sorted(range(len(cosines)), key=lambda place: -cosines[place])
    return tuple(prompt.passages[place] for place in order[:most])


def _whole(passage: Passage) -> str:
    return f"{passage.title}. {passage.heading}. {passage.text}"


async def _weigh(prompt: Prompt, embedder: Embedder) -> list[Evidence]:
    passages = [(passage, sentences) for passage in prompt.passages if (sentences := split(passage.text))]
    texts = [prompt.question]
    for passage, sentences in passages:
        texts += [_whole(passage), *(each.text for each in sentences)]
    question, *vectors = await embedder.embed(texts)
    # rounded: the last bits depend on the machine, the choice must not
    cosines = iter([round(float(vector @ question), 4) for vector in vectors])
    return [
        Evidence(passage, sentences, next(cosines), [next(cosines) for _ in sentences])
        for passage, sentences in passages
    ]


def _quote(evidence: Evidence, length: int) -> Quote:
    """The best sentence with its better neighbours up to `length`, and what it leans on."""
    sentences, scores = evidence.sentences, evidence.scores
    first = last = scores.index(max(scores))
    while last - first + 1 < length:
        before = scores[first - 1] if sentences[first].follows else None
        after = scores[last + 1] if last + 1 < len(sentences) and sentences[last + 1].follows else None
        if before is None and after is None:
            break
        if after is None or (before is not None and before > after):
            first -= 1
        else:
            last += 1
    while sentences[first].leans and last - first + 1 < LONGEST:
        first -= 1
    return Quote(evidence.passage.id, evidence.passage.text[sentences[first].start : sentences[last].end])
