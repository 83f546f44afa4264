"""Chunks a second from the bucket to the database, beside the bare embedder on the same number of like chunks.

Both use the deployed cloud's embedder in turns, on text that it has not read before: sections as long as a chunk, of
sentences of the shipped documents in ever new order.
"""

import itertools
import random
import re
import statistics
import time
from collections.abc import Iterator

import openai
import psycopg

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.cloud.services import OFFLINE_EMBEDDING_MODEL
from infra.local.demo.knowledge import documents, text_of
from shared.knowledge.chunks import chunk_markdown
from shared.knowledge.units import Sizes
from shared.llm import tokens
from shared.llm.embeddings import KEPT_INPUTS
from tests.bench.harness.run import Run

ROUNDS = 3
DOCUMENTS = 8  # of a round
FEWEST, MOST = 24, 200  # sections of a document
ROUND_SECONDS = 20.0  # of the embedder alone; long enough for the queue's pauses not to count
WITHIN = 300.0
SIZES = Sizes.for_model(OFFLINE_EMBEDDING_MODEL)
SECTION_TOKENS = 130  # with its heading and a last sentence no more than a chunk
READY = "select count(*) from ai_kb_sources where status = 'ready' and source like %s"


def sections() -> Iterator[str]:
    """Sections of natural text, each with a heading of its own."""
    text = " ".join(text_of(path) for path in documents())
    sentences = [" ".join(found.split()) for found in re.findall(r"[A-Z][^.!?#|]{30,300}[.!?]", text)]
    generator = random.Random(0)  # noqa: S311 - no secret
    for number in itertools.count():
        parts = [f"# Section {number}\n\n"]
        size = 0
        while size < SECTION_TOKENS:
            sentence = generator.choice(sentences)
            parts.append(f"{sentence} ")
            size += tokens.count(sentence)
        yield "".join(parts)


def books(endless: Iterator[str], count: int) -> list[str]:
    """Documents of `count` sections each."""
    return ["\n\n".join(itertools.islice(endless, count)) for _ in range(DOCUMENTS)]


def bare(cloud: Cloud, texts: list[str]) -> float:
    """Chunks a second of the embedder alone, which is given the chunks as they are."""
    contents = [chunk.content for text in texts for chunk in chunk_markdown(text, "", SIZES)[1]]
    with openai.OpenAI(api_key="none", base_url=cloud.openai_base_url) as embedder:
        began = time.perf_counter()
        for start in range(0, len(contents), KEPT_INPUTS):
            batch = contents[start : start + KEPT_INPUTS]
            embedder.embeddings.create(model=OFFLINE_EMBEDDING_MODEL, input=batch, dimensions=512)
        return len(contents) / (time.perf_counter() - began)


def ingested(cloud: Cloud, name: str, texts: list[str]) -> float:
    """Chunks a second from the first object put to the last document ready."""
    s3 = client("s3", cloud.aws_endpoint_url)
    with psycopg.connect(cloud.database_url, autocommit=True) as connection:
        began = time.perf_counter()
        for number, text in enumerate(texts):
            s3.put_object(Bucket=cloud.kb_bucket, Key=f"{name}/{number}.md", Body=text.encode())
        while connection.execute(READY, (f"{name}/%",)).fetchone() != (len(texts),):
            if time.perf_counter() - began > WITHIN:
                raise TimeoutError(f"the documents of {name} did not come in")
            time.sleep(0.1)  # asking costs time that the embedder could use
        seconds = time.perf_counter() - began
        chunks = connection.execute("select count(*) from ai_kb_docs where source like %s", (f"{name}/%",)).fetchone()
        return float((chunks or (0,))[0]) / seconds


def long_enough(cloud: Cloud, endless: Iterator[str]) -> int:
    """Sections of a document with which a round takes its time."""
    ingested(cloud, "warm", books(endless, FEWEST)[:1])
    return max(FEWEST, min(MOST, int(bare(cloud, books(endless, FEWEST)) * ROUND_SECONDS / DOCUMENTS)))


def main(run: Run) -> None:
    cloud, endless = run.cloud, sections()
    count = 1 if run.brief else long_enough(cloud, endless)
    rounds = [
        (ingested(cloud, f"round-{number}", books(endless, count)), bare(cloud, books(endless, count)))
        for number in range(run.sized(ROUNDS, 1))
    ]
    figures = {
        "chunks": DOCUMENTS * count,
        "chunks_per_s": round(statistics.median(ours for ours, _ in rounds), 1),
        "embedder_chunks_per_s": round(statistics.median(alone for _, alone in rounds), 1),
        "share": round(statistics.median(ours / alone for ours, alone in rounds), 3),
    }
    run.write("ingest", figures)
    run.show("Ingestion beside the bare embedder", tuple(figures), [tuple(figures.values())])
