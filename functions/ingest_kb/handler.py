"""New objects in the knowledge bucket, by way of SQS: each becomes searchable chunks."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.database.client import Database
from shared.knowledge.ingest import ingest_text
from shared.knowledge.objects import NewObject, new_objects, read_text
from shared.platform.deadline import Deadline
from shared.platform.errors import InvalidRequestError
from shared.platform.observability import logger

processor = BatchProcessor(event_type=EventType.SQS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Records that fail for now go back to the queue, alone; after five attempts to the dead-letter queue."""
    deadline = Deadline.of(context)

    def on_record(record: SQSRecord) -> None:
        for item in new_objects(json.loads(record.body)):
            _ingest(item, deadline)

    return process_partial_response(event=event, record_handler=on_record, processor=processor, context=context)


def _ingest(item: NewObject, deadline: Deadline) -> None:
    """A document that can never be read is logged and done with: trying again would not mend it."""
    try:
        stored = ingest_text(Database.as_service(), item.key, read_text(item), deadline, sequencer=item.sequencer)
        logger.info("ingested", source=item.key, version=stored.version, chunks=stored.chunk_count)
    except InvalidRequestError as error:
        logger.error("not ingested", source=item.key, code=error.reason)
