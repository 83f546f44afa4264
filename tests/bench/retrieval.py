"""How often the right document is found first, or among the first five: by vectors, by words, and by both.

The questions on the shipped documents are asked directly, obliquely, in keywords, misspelt, or on what several
documents are nearly about. For questions about something else nothing is the right answer. All are asked with and
without title and headings in the chunks; and the weight of the words' ranks is swept, the shipped one among others.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from infra.local.demo.knowledge import documents
from infra.local.offline_models.embeddings import MiniLM
from shared.knowledge.chunks import chunk_markdown
from shared.knowledge.search import MIN_SCORE
from tests.bench.harness.knowledge_base import MODEL, embed, literal, store
from tests.bench.harness.run import Run
from tests.bench.harness.synthetic import Chunk
from tests.bench.quota import migrated_database
from tests.support.database.actors import Connection

FOLDER = Path(__file__).parent
SHIPPED = 0.5  # the default of search_hybrid
WEIGHTS = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 4.0)  # of the words' ranks, where that of the vectors' is 1
VECTOR = """
    select d.source from private.nearest_chunks(%s::extensions.vector, %s) as n
    join ai_kb_docs as d on d.id = n.chunk_id order by n.distance
"""
TEXT = """
    select d.source from private.matching_chunks(%s) as m
    join ai_kb_docs as d on d.id = m.chunk_id order by m.score desc, m.chunk_id
"""
HYBRID = """
    select source from private.search_hybrid(%s, %s::extensions.vector, %s, 40, %s, %s)
    order by rank_score desc, score desc, chunk_id
"""
Find = Callable[[Connection, str, str], list[str]]  # the sources found for a question and its vector, best first


def by_vector(connection: Connection, _: str, vector: str) -> list[str]:
    return [row[0] for row in connection.execute(VECTOR, (vector, MODEL))]


def by_text(connection: Connection, question: str, _: str) -> list[str]:
    return [row[0] for row in connection.execute(TEXT, (question,))]


def by_both(connection: Connection, question: str, vector: str, *, weight: float = SHIPPED) -> list[str]:
    return [row[0] for row in connection.execute(HYBRID, (question, vector, MODEL, MIN_SCORE, weight))]


def chunks(path: Path, model: MiniLM, *, headings: bool) -> list[Chunk]:
    texts = [chunk.content for chunk in chunk_markdown(path.read_text(), path.name)[1]]
    if not headings:
        texts = [re.sub(r"^#.*\n*", "", text, flags=re.MULTILINE) for text in texts]
    return list(map(Chunk, texts, embed(model, texts)))


def ingest(connection: Connection, model: MiniLM, paths: Sequence[Path], *, headings: bool) -> None:
    connection.execute("delete from ai_kb_sources")
    for path in paths:
        title = chunk_markdown(path.read_text(), path.name)[0] if headings else "-"
        store(connection, chunks(path, model, headings=headings), title=title, name=path.name)


def recall(connection: Connection, find: Find, asked: Sequence[tuple[dict[str, str], str]]) -> dict[str, float]:
    """The share of questions whose document is the first, or one of the first five; and the mean of 1 / its place."""
    found = [list(dict.fromkeys(find(connection, question["question"], vector))) for question, vector in asked]
    wanted = [question["source"] for question, _ in asked]
    places = [names.index(name) if name in names else 1000 for names, name in zip(found, wanted, strict=True)]
    return {
        "recall_at_1": sum(place == 0 for place in places) / len(places),
        "recall_at_5": sum(place < 5 for place in places) / len(places),
        "reciprocal_rank": sum(1 / (place + 1) for place in places if place < 1000) / len(places),
    }


def by_kind(connection: Connection, asked: Sequence[tuple[dict[str, str], str]]) -> dict[str, dict[str, float]]:
    kinds = sorted({question["kind"] for question, _ in asked})
    return {kind: recall(connection, by_both, [one for one in asked if one[0]["kind"] == kind]) for kind in kinds}


def measure(connection: Connection, asked: Sequence[tuple[dict[str, str], str]]) -> dict[str, dict[str, float]]:
    ways: dict[str, Find] = {"vector": by_vector, "text": by_text, "hybrid": by_both}
    return {name: recall(connection, find, asked) for name, find in ways.items()}


def main(run: Run) -> None:
    model, paths = MiniLM(), run.sized(documents(), documents()[:2])
    lines = (FOLDER / "retrieval_questions.jsonl").read_text().splitlines()
    questions = [json.loads(line) for line in run.sized(lines, lines[:2])]
    vectors = map(literal, embed(model, [question["question"] for question in questions]))
    asked = list(zip(questions, vectors, strict=True))
    others = (FOLDER / "retrieval_unrelated.txt").read_text().splitlines()[: run.sized(None, 2)]
    unrelated = list(zip(others, map(literal, embed(model, others)), strict=True))
    with migrated_database() as (url, _), psycopg.connect(url, autocommit=True) as connection:
        ingest(connection, model, paths, headings=False)
        bare = measure(connection, asked)
        ingest(connection, model, paths, headings=True)
        figures: dict[str, Any] = measure(connection, asked)
        kinds = by_kind(connection, asked)
        sweep = {str(weight): recall(connection, partial(by_both, weight=weight), asked) for weight in WEIGHTS}
        answered = [text for text, vector in unrelated if by_both(connection, text, vector)]
        unanswered = sum(not by_both(connection, question["question"], vector) for question, vector in asked)
    rows = figures | {f"{name}, no headings": row for name, row in bare.items()}
    rows |= {f"hybrid, {kind}": row for kind, row in kinds.items()} | {
        f"weight {name}": row for name, row in sweep.items()
    }
    run.write(
        "retrieval",
        figures
        | {"questions": len(asked), "without_headings": bare, "kinds": kinds, "text_weights": sweep}
        | {"unrelated": len(unrelated), "unrelated_answered": len(answered), "unanswered": unanswered},
    )
    columns = ("questions", "recall_at_1", "recall_at_5", "reciprocal_rank")
    run.show("Retrieval on the shipped documents", columns, [(name, *row.values()) for name, row in rows.items()])
    floor = [(len(unrelated), ", ".join(answered) or "none", f"{unanswered} of {len(asked)}")]
    run.show("The floor", ("unrelated questions", "given passages", "questions without passages"), floor)
