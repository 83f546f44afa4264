"""New objects in the knowledge bucket, by way of SQS: each becomes searchable chunks."""

import json
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.database.client import Database
from shared.knowledge.ingest import ingest_object
from shared.knowledge.objects import new_objects
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

processor = BatchProcessor(event_type=EventType.SQS)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Records that fail for now go back to the queue, alone; after five attempts to the dead-letter queue."""
    deadline = Deadline.of(context)

    def on_record(record: SQSRecord) -> None:
        for item in new_objects(json.loads(record.body)):
            ingest_object(Database.as_service(), item, deadline)

    return process_partial_response(event=event, record_handler=on_record, processor=processor, context=context)
