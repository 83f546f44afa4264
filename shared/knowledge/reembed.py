"""A change of the embedding model: the new one's vectors are collected while the old one's are served."""

from datetime import UTC, datetime, timedelta
from typing import TypedDict

from shared.database.client import Database
from shared.knowledge import queries
from shared.knowledge.vectors import KEEP_FOR_STORING, embed_and_keep
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

STEP = 256  # chunks looked up at a time
KEPT_FOR = timedelta(days=7)  # what an ingestion left behind that never came to its end


class Tended(TypedDict):
    """What was done, as the function answers. `serving_model` is None before the first chunk is stored."""

    serving_model: str | None
    wanted_model: str
    embedded: int
    pruned: int


def tend(database: Database, deadline: Deadline) -> Tended:
    """Go on with a change of the model as far as the time allows, and switch once every chunk has its new vector.

    Safe to run twice, late or never. Raises UnavailableError; what was paid for until then is kept.
    """
    wanted = settings.load(settings.ModelSettings).embedding_model
    pruned = queries.prune_embeddings(database, datetime.now(UTC) - KEPT_FOR)
    serving = queries.serving_model(database)
    embedded = 0
    while serving not in (None, wanted) and deadline.remaining() > 2 * KEEP_FOR_STORING:
        contents = queries.contents_without_embedding(database, wanted, STEP)
        embed_and_keep(database, contents, wanted, deadline)
        embedded += len(contents)
        if not contents and queries.serve_model(database, wanted):
            serving = wanted
    result = Tended(serving_model=serving, wanted_model=wanted, embedded=embedded, pruned=pruned)
    logger.info("tended", **result)
    return result
