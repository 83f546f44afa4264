"""A change of the embedding model: the new one's vectors are collected while the old one's are served."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from shared.database.client import Database
from shared.knowledge.vectors import KEEP_FOR_STORING, embed_and_keep
from shared.platform import settings
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

STEP = 256  # chunks looked up at a time
KEPT_FOR = timedelta(days=7)  # what an ingestion left behind that never came to its end


def tend(database: Database, deadline: Deadline) -> dict[str, Any]:
    """Go on with a change of the model as far as the time allows, and switch once every chunk has its new vector.

    Safe to run twice, late or never. Raises UnavailableError; what was paid for until then is kept.
    """
    wanted = settings.load(settings.ModelSettings).embedding_model
    pruned = database.rpc("prune_embeddings", p_before=(datetime.now(UTC) - KEPT_FOR).isoformat())
    serving = database.rpc("serving_model")
    embedded = 0
    while serving not in (None, wanted) and deadline.remaining() > 2 * KEEP_FOR_STORING:
        contents = database.rpc("contents_without_embedding", p_embedding_model=wanted, p_limit=STEP)
        hashed = [(hashlib.sha256(content.encode()).hexdigest(), content) for content in contents]
        embed_and_keep(database, hashed, wanted, deadline)
        embedded += len(contents)
        if not contents and database.rpc("serve_model", p_embedding_model=wanted):
            serving = wanted
    result = {"serving_model": serving, "wanted_model": wanted, "embedded": embedded, "pruned": pruned}
    logger.info("tended", **result)
    return result
