"""Events of the knowledge bucket, by way of SQS: each object becomes searchable chunks, or is forgotten.

Every 15 minutes, without records, it goes on with a change of the embedding model.
"""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.database.client import Database
from shared.knowledge.messages import ingesting
from shared.knowledge.reembed import tend
from shared.platform.deadline import Deadline
from shared.platform.observability import logger

# A batch that fails whole is no fault of this function: the alarm is on the dead-letter queue.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    """Records that fail for now go back to the queue, alone; after five attempts to the dead-letter queue."""
    deadline = Deadline.of(context)
    if "Records" not in event:
        return tend(Database.as_service(), deadline)
    with ingesting({record["messageId"]: record["body"] for record in event["Records"]}, deadline) as end_of:

        def on_record(record: SQSRecord) -> None:
            end_of(record.message_id)

        return process_partial_response(event=event, record_handler=on_record, processor=processor, context=context)
