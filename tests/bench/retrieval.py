"""How often the right document is found first, or among the first five, for 40 questions on the shipped documents."""

import json
from pathlib import Path

import openai
import psycopg
from rich.console import Console

from infra.local.cloud.description import Cloud
from infra.local.cloud.running import running_cloud
from infra.local.cloud.services import OFFLINE_EMBEDDING_MODEL
from infra.local.demo import knowledge
from tests.bench.harness import report

QUESTIONS = Path(__file__).with_name("retrieval_questions.jsonl")
CANDIDATES = 20  # chunks, of which the first five documents are looked at
SEARCH = "select source from private.search_passages(%s::real[]::extensions.vector, %s, %s, -1)"


def ranks(cloud: Cloud, questions: list[dict[str, str]]) -> list[int]:
    """For each question the place of its document, from 0; beyond all when it is not found."""
    with openai.OpenAI(api_key="none", base_url=cloud.openai_base_url) as client:
        texts = [question["question"] for question in questions]
        embedded = client.embeddings.create(model=OFFLINE_EMBEDDING_MODEL, input=texts, dimensions=512).data
    places = []
    with psycopg.connect(cloud.database_url) as connection:
        for question, item in zip(questions, embedded, strict=True):
            rows = connection.execute(SEARCH, (item.embedding, OFFLINE_EMBEDDING_MODEL, CANDIDATES)).fetchall()
            sources = list(dict.fromkeys(row[0] for row in rows))
            wanted = question["source"]
            places.append(sources.index(wanted) if wanted in sources else CANDIDATES)
    return places


def main() -> None:
    questions = [json.loads(line) for line in QUESTIONS.read_text().splitlines()]
    with running_cloud() as cloud:
        chunks = knowledge.ingest(cloud, Console())
        places = ranks(cloud, questions)
    figures = {
        "questions": len(places),
        "chunks": chunks,
        "recall_at_1": sum(place == 0 for place in places) / len(places),
        "recall_at_5": sum(place < 5 for place in places) / len(places),
    }
    report.write("retrieval", figures)
    report.show("Retrieval on the shipped documents", tuple(figures), [tuple(figures.values())])
