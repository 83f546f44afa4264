"""The queue between the knowledge bucket and its function, in the template that goes to AWS."""

import pytest

from tests.unit.packaging.compiled_template import Template

pytestmark = pytest.mark.xdist_group("template")


def test_the_queue_takes_messages_from_the_bucket_of_this_account_only(template: Template) -> None:
    (policy,) = template.of_type("SQS::QueuePolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    bucket = template.resources["KnowledgeBucket"]["Properties"]["BucketName"]["Fn::Sub"]

    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": {"Fn::Sub": f"arn:${{AWS::Partition}}:s3:::{bucket}"}},
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
    }


def test_browsers_post_documents_from_the_configured_origins_only(template: Template) -> None:
    (rule,) = template.resources["KnowledgeBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]

    assert rule["AllowedOrigins"] == {"Fn::Split": [",", "http://localhost:8081"]}
    assert rule["AllowedMethods"] == ["POST"]


def test_queues_are_encrypted(template: Template) -> None:
    assert all(queue["SqsManagedSseEnabled"] for queue in template.of_type("SQS::Queue").values())


def test_a_message_is_hidden_for_six_times_as_long_as_its_function_may_run(template: Template) -> None:
    queue = template.resources["IngestQueue"]["Properties"]

    assert queue["VisibilityTimeout"] >= 6 * template.functions()["ingest_kb"]["Timeout"]


def test_a_document_that_fails_five_times_is_set_aside(template: Template) -> None:
    redrive = template.resources["IngestQueue"]["Properties"]["RedrivePolicy"]

    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["IngestDeadLetterQueue", "Arn"]}


def test_a_failed_document_does_not_take_its_batch_along(template: Template) -> None:
    (mapping,) = template.of_type("Lambda::EventSourceMapping").values()

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
