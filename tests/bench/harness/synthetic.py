"""A knowledge base of any size that behaves like a real one: text of natural word frequencies, clustered vectors.

Words follow Zipf and Mandelbrot's law, so that the vocabulary keeps growing with the text (Heaps); every topic has
words of its own, and every chunk some that it repeats, as names are. Vectors lie around the topics in few of the 512
dimensions, as those of real models do. All is random from a fixed seed.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 512
TOPICS = 400
# Zipf and Mandelbrot's law for the common words; beyond some 8,000 a steeper one (Gerlach and Altmann 2013, from all of
# Google's n-grams). Mandelbrot's shift is the usual one for English.
SHIFT, KERNEL, STEEP = 2.7, 7_873, 1.77
VOCABULARY = 1_000_000
TOPIC_WORDS = 120
FUNCTION_WORDS = [
    "the",
    "of",
    "and",
    "to",
    "a",
    "in",
    "is",
    "you",
    "that",
    "it",
    "he",
    "was",
    "for",
    "on",
    "are",
    "as",
    "with",
    "his",
    "they",
    "i",
    "at",
    "be",
    "this",
    "have",
    "from",
    "or",
    "had",
    "by",
    "not",
    "but",
    "what",
    "all",
    "were",
    "we",
    "when",
    "your",
    "can",
    "there",
    "an",
    "which",
    "their",
    "if",
    "will",
    "each",
    "about",
    "how",
    "up",
    "out",
    "them",
    "then",
    "she",
    "many",
    "some",
    "so",
    "these",
    "would",
    "her",
    "him",
    "has",
    "more",
    "two",
    "no",
    "than",
    "been",
    "who",
    "its",
    "now",
    "my",
    "over",
    "did",
    "down",
    "only",
    "way",
    "may",
    "after",
    "most",
    "before",
    "through",
    "same",
    "any",
    "our",
    "such",
    "very",
    "just",
    "because",
    "where",
    "between",
    "under",
    "while",
    "during",
    "against",
    "both",
    "few",
    "those",
    "being",
    "having",
    "other",
    "further",
    "own",
    "until",
    "again",
]
OPENINGS = ("how do i", "what is the best", "why does my", "is it ok to", "how often should i", "can i still")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Chunk:
    content: str
    vector: NDArray[np.float32]  # (512,), of unit length


class SyntheticText:
    """Makes chunks, and questions that some of them answer."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        ranks = np.arange(VOCABULARY) + SHIFT
        weights = np.where(ranks < KERNEL, 1 / ranks, KERNEL ** (STEEP - 1) * ranks**-STEEP)
        self._rank_sums = np.cumsum(weights / weights.sum())
        self._topic_sums = np.cumsum(weights[:TOPIC_WORDS] / weights[:TOPIC_WORDS].sum())
        middle = (len(FUNCTION_WORDS), 20_000)
        self._topic_words = self._random.integers(*middle, size=(TOPICS, TOPIC_WORDS))
        self._words = np.array(
            FUNCTION_WORDS + [_word(rank) for rank in range(len(FUNCTION_WORDS), VOCABULARY)], object
        )
        self._spread = np.arange(1, 65) ** -0.5  # of the 64 dimensions that the vectors vary in
        self._centres = self._random.normal(size=(TOPICS, 64)) * self._spread
        self._axes = np.linalg.qr(self._random.normal(size=(DIMENSIONS, 64)))[0].T

    def chunks(self, number: int) -> Iterator[Chunk]:
        topics = self._random.integers(TOPICS, size=number)
        for topic, vector in zip(topics, self._vectors(topics), strict=True):
            ranks = self._ranks(int(topic))
            yield Chunk(" ".join(self._words[ranks]), vector)

    def endless_chunks(self) -> Iterator[Chunk]:
        while True:
            yield from self.chunks(500)

    def questions(self, number: int) -> list[tuple[str, NDArray[np.float32]]]:
        """Questions with their vectors: an opening, two to four words of one topic, two of any."""
        topics = self._random.integers(TOPICS, size=number)
        return [
            (self._question(int(topic)), vector) for topic, vector in zip(topics, self._vectors(topics), strict=True)
        ]

    def _question(self, topic: int) -> str:
        own = self._topic_words[topic][self._zipf(self._topic_sums, int(self._random.integers(2, 5)))]
        words = np.concatenate([own, self._zipf(self._rank_sums, 2)])
        return f"{self._random.choice(OPENINGS)} {' '.join(self._words[words])}?"

    def _ranks(self, topic: int) -> Ints:
        """250 to 450 words, which are 400 to 700 tokens: a fifth the topic's, some repeated, the rest of any kind."""
        length = int(self._random.integers(250, 450))
        ranks = self._zipf(self._rank_sums, length)
        kind = self._random.random(length)
        own = kind < 0.2
        ranks[own] = self._topic_words[topic][self._zipf(self._topic_sums, int(own.sum()))]
        repeated = kind > 0.95
        ranks[repeated] = self._random.choice(self._zipf(self._rank_sums, 4), int(repeated.sum()))
        return ranks

    def _zipf(self, sums: Floats, number: int) -> Ints:
        return np.searchsorted(sums, self._random.random(number))

    def _vectors(self, topics: Ints) -> NDArray[np.float32]:
        inner = self._centres[topics] + 0.7 * self._random.normal(size=(len(topics), 64)) * self._spread
        vectors = inner @ self._axes + 0.02 * self._random.normal(size=(len(topics), DIMENSIONS))
        unit: NDArray[np.float32] = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _word(rank: int) -> str:
    """A word that can be spoken and that the stemmer leaves whole: no two ranks share one."""
    syllables = []
    while rank:
        rank, rest = divmod(rank, 60)
        syllables.append("bdfgklmnprtv"[rest // 5] + "aeiou"[rest % 5])
    return "".join(syllables) + "k"
