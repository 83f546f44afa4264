"""How often the right document is found by its chunks: cut by us, and by langchain-text-splitters.

The shipped documents are read as one book, in which only the cutting tells one from the next. A chunk stands for the
document that most of its lines are from. Same tokens a chunk, same overlap, same embedder, exact search.
"""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from langchain_text_splitters import MarkdownHeaderTextSplitter, RecursiveCharacterTextSplitter

from infra.local.demo.knowledge import documents, text_of
from infra.local.offline_models.embeddings import MODEL, MiniLM, Vector
from shared.knowledge.chunks import chunk_markdown, spoken
from shared.knowledge.units import Sizes
from shared.llm import tokens
from tests.bench.harness.run import Run

QUESTIONS = Path(__file__).with_name("retrieval_questions.jsonl")
HEADINGS = [("#" * level, f"h{level}") for level in range(1, 7)]
BATCH = 8
SIZES = Sizes.for_model(MODEL)


def recursively(text: str) -> list[str]:
    splitter = RecursiveCharacterTextSplitter(
        chunk_size=SIZES.most, chunk_overlap=SIZES.overlap, length_function=tokens.count
    )
    return splitter.split_text(text)


def by_headings(text: str) -> list[str]:
    """Sections with their headings, cut again where they are too long."""
    sections = MarkdownHeaderTextSplitter(HEADINGS, strip_headers=False).split_text(text)
    return [piece for section in sections for piece in recursively(section.page_content)]


def ours(text: str) -> list[str]:
    return [chunk.content for chunk in chunk_markdown(text, "", SIZES)[1]]


def origins(chunks: Sequence[str], texts: dict[str, str]) -> list[str]:
    """For each chunk the document that most of its words are from."""
    owners = {" ".join(words): name for name, text in texts.items() for words in _runs(text)}
    counted = [Counter(owners.get(" ".join(words), "") for words in _runs(chunk)) for chunk in chunks]
    return [max(count, key=lambda name: (name != "", count[name]), default="") for count in counted]


def _runs(text: str) -> list[list[str]]:
    words = text.replace("#", " ").replace(">", " ").split()
    return [words[start : start + 4] for start in range(len(words) - 3)]


def embedded(model: MiniLM, texts: Sequence[str]) -> Vector:
    pieces = [found if len(found) <= 256 else found[:255] + found[-1:] for found in model.read(texts)]
    return np.concatenate([model.vectors(pieces[start : start + BATCH]) for start in range(0, len(pieces), BATCH)])


def recalls(model: MiniLM, chunks: list[str], texts: dict[str, str], questions: list[dict[str, str]]) -> list[float]:
    """recall@1 and recall@5, over documents."""
    names = origins(chunks, texts)
    scores = (
        embedded(model, [question["question"] for question in questions]) @ embedded(model, [*map(spoken, chunks)]).T
    )
    places = []
    for row, question in zip(scores, questions, strict=True):
        ranked = list(dict.fromkeys(names[index] for index in np.argsort(-row)))
        places.append(ranked.index(question["source"]) if question["source"] in ranked else len(ranked))
    return [sum(place < most for place in places) / len(places) for most in (1, 5)]


def main(run: Run) -> None:
    texts = {path.name: text_of(path) for path in run.sized(documents(), documents()[:2])}
    asked = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    questions = run.sized(asked, asked[:2])
    book = "\n\n".join(texts.values())
    model = MiniLM()
    figures = {}
    for name, cut in (("ours", ours), ("langchain_recursive", recursively), ("langchain_headings", by_headings)):
        chunks = cut(book)
        first, five = recalls(model, chunks, texts, questions)
        size = sum(map(tokens.count, chunks)) / len(chunks)
        figures[name] = {
            "chunks": len(chunks),
            "mean_tokens": round(size),
            "recall_at_1": round(first, 3),
            "recall_at_5": round(five, 3),
        }
    run.write("chunking", figures)
    columns = ("splitter", "chunks", "mean tokens", "recall@1", "recall@5")
    run.show("The same book, cut in three ways", columns, [(name, *row.values()) for name, row in figures.items()])
