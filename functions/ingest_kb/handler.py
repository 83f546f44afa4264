"""Ingests what changes in the knowledge bucket; every 15 minutes, on schedule, maintains the vectors instead."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.database.client import Database
from shared.knowledge.ingestion import ingest_messages
from shared.knowledge.vectors import maintain_vectors
from shared.platform.deadline import Deadline
from shared.platform.observability import logger


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Messages of the bucket's queue are in `Records`; the schedule's event has none."""
    deadline = Deadline.of(context)
    return on_messages(event["Records"], deadline) if "Records" in event else on_schedule(deadline)


def on_messages(records: list[dict[str, Any]], deadline: Deadline) -> dict[str, Any]:
    """Each object becomes searchable chunks, or is forgotten.

    Messages that fail for now go back to the queue, alone; after five attempts to the dead-letter queue, which has the
    alarm.
    """
    failed = ingest_messages({record["messageId"]: record["body"] for record in records}, deadline)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def on_schedule(deadline: Deadline) -> Any:
    """A change of the embedding model goes on."""
    return maintain_vectors(Database.as_service(), deadline)
