"""A knowledge base that grows from nothing to 100,000 chunks: how fast and how well it is searched on the way.

The first 2,000 chunks are windows of the shipped documents with their real vectors, and up to there the questions are
real too; the others are synthetic. Each source names as many questions as it may, near chunks of its own. Beside the
search by the vector index stands the exact one, beside the search by words one that scores every chunk. After each
step comes the upkeep of three sweeps. Each figure is the median of RUNS passes over the same questions.
"""

import json
import re
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from rich.console import Console

from infra.local.demo.knowledge import documents, text_of
from infra.local.offline_models.embeddings import MiniLM
from shared.knowledge.front_matter import MAX_QUESTIONS
from tests.bench.harness.knowledge_base import MODEL, STORED_AT_ONCE, Vector, embed, literal, store
from tests.bench.harness.run import Run
from tests.bench.harness.synthetic import Chunk, SyntheticText
from tests.bench.quota import migrated_database
from tests.support.database.actors import Connection

SIZES = (1_000, 2_000, 10_000, 30_000, 100_000)
REAL = 2_000  # chunks
QUESTIONS = 100
RUNS = 3
NEAREST = 8
VECTOR = "select chunk_id from private.nearest_chunks(%s::extensions.vector, %s) order by distance limit 8"
EXACT = """
    select id from ai_kb_docs where embedding_model = %s
    order by (embedding operator(extensions.<=>) %s::extensions.vector) + 0 limit 8
"""
HYBRID = "select chunk_id from private.search_hybrid(%s, %s::extensions.vector, %s, 6, 0.25)"
WORDS = "select chunk_id from private.matching_chunks(%s) order by score desc, chunk_id limit 10"
EVERY_MATCH = """
    with k as materialized (
      select * from private.count_keys(tsvector_to_array(private.searchable_words(%s, 'english'))) where level < 2
    ), a as (
      select chunks, length::double precision / chunks as average from k where level = 0
    ), w as (
      select k.word, private.any_of(array[k.word]) as query,
        ln(1 + (a.chunks - k.chunks + 0.5) / (k.chunks + 0.5)) as rarity
      from k, a where k.level = 1 and k.chunks > 0
    )
    select c.chunk_id
    from private.chunk_words as c, a, w, lateral (select coalesce((c.repeated -> w.word)::int, 1) as f) as t
    where c.keys @@ w.query
    group by c.chunk_id
    order by sum(w.rarity * 2.2 * f / (f + 1.2 * (0.25 + 0.75 * c.length / a.average))) desc, c.chunk_id limit 10
"""
Question = tuple[str, Vector]


def windows(model: MiniLM, number: int) -> list[Chunk]:
    """One to four sentences that follow each other in the shipped documents, with real vectors, in any order."""
    texts = []
    for path in documents():
        sentences = re.split(r"(?<=[.!?])\s+", text_of(path).strip())
        texts += [
            " ".join(sentences[at : at + size]) for size in range(1, 5) for at in range(len(sentences) - size + 1)
        ]
    chosen = np.random.default_rng(0).permutation(list(dict.fromkeys(texts)))[:number].tolist()
    return list(map(Chunk, chosen, embed(model, chosen)))


def real_questions(model: MiniLM, number: int) -> list[Question]:
    lines = Path(__file__).with_name("retrieval_questions.jsonl").read_text().splitlines()
    texts = [json.loads(line)["question"] for line in lines][:number]
    return list(zip(texts, embed(model, texts), strict=True))


def p(share: float, values: Sequence[float]) -> float:
    return float(np.quantile(values, share))


def passes(connection: Connection, query: str, arguments: Sequence[tuple[Any, ...]], runs: int = RUNS) -> Any:
    """What each question finds, and the times in ms of each pass over all of them."""
    times: list[list[float]] = []
    for _ in range(runs):
        times.append([])
        found = []
        for values in arguments:
            began = time.perf_counter()
            rows = connection.execute(query, values).fetchall()
            times[-1].append((time.perf_counter() - began) * 1000)
            found.append({row[0] for row in rows})
    return found, times


def median(measure: Callable[[Sequence[float]], float], times: Sequence[Sequence[float]]) -> float:
    return statistics.median(map(measure, times))


def recall(found: Sequence[set[Any]], wanted: Sequence[set[Any]]) -> float:
    return sum(len(one & all_) for one, all_ in zip(found, wanted, strict=True)) / sum(map(len, wanted))


def measure(url: str, chunks: int, questions: Sequence[Question]) -> dict[str, Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        vectors = [literal(vector) for _, vector in questions]
        texts = [text for text, _ in questions]
        near, vector_ms = passes(connection, VECTOR, [(vector, MODEL) for vector in vectors])
        nearest, exact_ms = passes(connection, EXACT, [(MODEL, vector) for vector in vectors], runs=1)
        hybrid = [(text, vector, MODEL) for text, vector in zip(texts, vectors, strict=True)]
        _, hybrid_ms = passes(connection, HYBRID, hybrid)
        some = [(text,) for text in texts[:25]]
        matching, _ = passes(connection, WORDS, some, runs=1)
        best, every_ms = passes(connection, EVERY_MATCH, some, runs=1)
    vector_p95, exact_p95 = median(lambda x: p(0.95, x), vector_ms), median(lambda x: p(0.95, x), exact_ms)
    return {
        "chunks": chunks,
        "recall_at_8": recall(near, nearest),
        "vector_p95_ms": vector_p95,
        "hybrid_p50_ms": median(lambda x: p(0.5, x), hybrid_ms),
        "hybrid_p95_ms": median(lambda x: p(0.95, x), hybrid_ms),
        "exact_p95_ms": exact_p95,
        "exact_to_vector": exact_p95 / vector_p95,
        "bm25_recall_at_10": recall(matching, best),
        "bm25_every_match_p95_ms": median(lambda x: p(0.95, x), every_ms),
    }


def grow(connection: Connection, chunks: Iterator[Chunk], number: int) -> float:
    """Store that many more, by the 500, and do the upkeep. Returns seconds of upkeep."""
    while number > 0:
        part = list(islice(chunks, min(number, STORED_AT_ONCE)))
        asked = part[:: max(1, len(part) // MAX_QUESTIONS)][:MAX_QUESTIONS]
        store(connection, part, [Chunk(f"Question {at}?", each.vector) for at, each in enumerate(asked)])
        number -= STORED_AT_ONCE
    began = time.perf_counter()
    for _ in range(3):  # builds the index, drops the one before, tunes
        connection.execute("select maintain_index()")
    took = time.perf_counter() - began
    connection.execute("vacuum analyze private.chunk_words, private.word_counts, private.word_count_changes")
    return took


def main(run: Run) -> None:
    model, synthetic = MiniLM(), SyntheticText()
    wanted, real, questions = run.sized((SIZES, REAL, QUESTIONS), ((20, 40), 20, 2))
    chunks = chain(windows(model, real), synthetic.endless_chunks())
    sizes: list[dict[str, Any]] = []
    with migrated_database() as (url, _), psycopg.connect(url, autocommit=True) as connection:
        for size in wanted:
            began, before = time.perf_counter(), sizes[-1]["chunks"] if sizes else 0
            upkeep = grow(connection, chunks, size - before)
            stored = (size - before) / (time.perf_counter() - began - upkeep)
            asked = real_questions(model, questions) if size <= real else synthetic.questions(questions)
            sizes.append(measure(url, size, asked) | {"upkeep_s": upkeep, "stored_per_s": stored})
            if not run.brief:
                Console().print(sizes[-1])
    run.write("search", {"sizes": sizes})
    rows = [(name, *(size[name] for size in sizes)) for name in sizes[0] if name != "chunks"]
    run.show("Search of a growing knowledge base", ("chunks", *(f"{size:,}" for size in wanted)), rows)
