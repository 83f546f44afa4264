"""Searches the knowledge base for whoever is no chat turn: operators, and the agents of a room."""

import time

from shared.database.client import Database
from shared.knowledge import queries
from shared.knowledge.queries import Passage
from shared.llm import embeddings
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.process import keep

# Cosine similarity below which a passage is about something else. Unrelated questions reach .15 to .2 with MiniLM and
# text-embedding-3-small alike, questions that a passage answers .4 and more.
MIN_SCORE = 0.25
TIME_TO_LIVE = 60.0  # seconds, for which a question may still be embedded with the model before


def search(database: Database, query: str, deadline: Deadline, limit: int) -> list[Passage]:
    """At most `limit` passages that are evidence for a query, the best first. Raises UnavailableError."""
    embedded = embeddings.embed([query], deadline, model=serving_model(database))
    return queries.search_knowledge(database, query, embedded.vectors[0], embedded.model, limit, MIN_SCORE)


def serving_model(database: Database) -> str:
    """What questions must be embedded with: the model of the chunks, whatever the settings say by now.

    That of the settings before there are any; asked for once a minute.
    """
    wanted = settings.load(settings.ModelSettings).embedding_model
    models = _known_models()
    known = models.get(wanted)
    if known is None or time.monotonic() - known[0] > TIME_TO_LIVE:
        known = (time.monotonic(), queries.serving_model(database) or wanted)
        models[wanted] = known
    return known[1]


@keep
def _known_models() -> dict[str, tuple[float, str]]:
    """When the serving model was asked for, on the monotonic clock, and which it was; by what the settings say."""
    return {}
