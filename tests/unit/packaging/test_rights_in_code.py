"""A function may do what its code does, and nothing else: its rights against the calls that its handler can reach."""

import json
import re

import pytest

from infra.local.processes import ROOT
from tests.support.call_graph import reached
from tests.unit.packaging.compiled_template import Template, as_list

pytestmark = pytest.mark.xdist_group("template")

ROOMS, KNOWLEDGE = "RoomsBucket", "KnowledgeBucket"
Right = tuple[str, str]  # an action, and a part of the name of what it is for
# Every place that asks AWS for something, and what it needs for that. ListBucket: else what is not there is 403.
CALLS: dict[str, set[Right]] = {
    "shared.database.client:Database.as_service": {("ssm:GetParameters", "supabase-service-key")},
    "shared.auth.operators:require_operator": {("ssm:GetParameters", "supabase-service-key")},
    "shared.account.deletion:delete_user": {("ssm:GetParameters", "supabase-service-key")},
    "shared.auth.tokens:verifier": {("ssm:GetParameters", "supabase-jwt-secret")},
    "shared.llm.embeddings:_request": {("ssm:GetParameters", "openai-api-key")},
    "shared.llm.call:ModelCall": {("ssm:GetParameters", "openai-api-key"), ("ssm:GetParameters", "gemini-api-key")},
    "shared.llm.providers:user_hash": {("ssm:GetParameters", "openai-api-key")},
    "shared.platform.otlp:Collector.configured": {("ssm:GetParameters", "otlp-headers")},
    "shared.rooms.web_search:search": {("ssm:GetParameters", "brave-api-key")},
    "shared.actions.types.webhook:_headers": {("ssm:GetParameters", "webhook-secret")},
    "shared.platform.self_invocation:invoke_self": {("lambda:InvokeFunction", "function")},
    "shared.realtime.push:_post": {("execute-api:ManageConnections", "WebsocketsApi")},
    "shared.rooms.workflow:start": {("states:StartExecution", "RoomWorkflow")},
    "shared.rooms.workflow:stop": {("states:StopExecution", "rooms")},
    "shared.rooms.workflow:wake": {("states:SendTaskSuccess", "rooms")},
    "shared.rooms.storage:put": {("s3:PutObject", ROOMS)},
    "shared.rooms.storage:upload_url": {("s3:PutObject", ROOMS)},
    "shared.rooms.storage:copy": {("s3:GetObject", ROOMS), ("s3:PutObject", ROOMS)},
    "shared.rooms.storage:get": {("s3:GetObject", ROOMS), ("s3:ListBucket", ROOMS)},
    "shared.rooms.storage:size_of": {("s3:GetObject", ROOMS), ("s3:ListBucket", ROOMS)},
    "shared.rooms.storage:download_url": {("s3:GetObject", ROOMS)},
    "shared.rooms.storage:delete": {("s3:DeleteObject", ROOMS)},
    "shared.rooms.storage:delete_all": {("s3:DeleteObject", ROOMS), ("s3:ListBucket", ROOMS)},
    "shared.knowledge.objects:read_object": {("s3:GetObject", KNOWLEDGE), ("s3:ListBucket", KNOWLEDGE)},
    "shared.knowledge.objects:is_gone": {("s3:GetObject", KNOWLEDGE), ("s3:ListBucket", KNOWLEDGE)},
    "shared.knowledge.objects:put_text": {("s3:PutObject", KNOWLEDGE)},
    "shared.knowledge.documents:presign_upload": {("s3:PutObject", KNOWLEDGE)},
    "shared.knowledge.objects:delete_object": {("s3:DeleteObject", KNOWLEDGE)},
    "shared.knowledge.objects:announce": {("sqs:SendMessage", "IngestQueue")},
    "shared.knowledge.ocr.textract:read": {("textract:DetectDocumentText", "*")},
}
# What Lambda itself does in the function's name, and SSM with the key of a parameter.
OF_AWS = {
    *("logs:CreateLogStream", "logs:PutLogEvents", "kms:Decrypt"),
    *("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"),
}
# Calls that the source seems to reach and nobody makes.
NEVER_MADE = {
    # A type of action is asked whether it has something to carry out; only decisions have it carried out.
    "send_message": {("ssm:GetParameters", "webhook-secret")},
    # It leaves pages that are pictures to the queue, behind which they are read.
    "embed_doc": {("textract:DetectDocumentText", "*")},
}
ASKS_AWS = (
    r"service_url\(|signed_headers\(|presigned_(url|form)\(|read_secret\(|boto3\.client\(|"
    r"s3_client\(\)|textract_client\(\)"
)


@pytest.fixture(scope="module")
def code(template: Template) -> dict[str, set[str]]:
    """What each function can run."""
    return {name: reached(ROOT, f"functions.{name}.handler") for name in template.functions()}


def granted(template: Template, name: str) -> list[Right]:
    role = template.functions()[name]["Role"]["Fn::GetAtt"][0]
    statements = template.statements(role)
    rights = [(action, json.dumps(each["Resource"])) for each in statements for action in as_list(each["Action"])]
    return [right for right in rights if right[0] not in OF_AWS]


def needed(places: set[str]) -> set[Right]:
    return set().union(*(rights for place, rights in CALLS.items() if place in places))


def fits(asked: Right, right: Right) -> bool:
    return asked[0] == right[0] and asked[1] in right[1]


def test_a_function_may_do_nothing_that_its_code_does_not(template: Template, code: dict[str, set[str]]) -> None:
    unused = [
        (name, right)
        for name, places in code.items()
        for right in granted(template, name)
        if not any(fits(asked, right) for asked in needed(places))
    ]
    assert unused == []


def test_a_function_may_do_all_that_its_code_does(template: Template, code: dict[str, set[str]]) -> None:
    refused = {
        name: missing
        for name, places in code.items()
        if (
            missing := {one for one in needed(places) if not any(fits(one, right) for right in granted(template, name))}
        )
    }
    assert refused == NEVER_MADE


def test_every_call_of_aws_is_made_in_a_place_that_is_known(code: dict[str, set[str]]) -> None:
    assert CALLS.keys() <= set().union(*code.values())
    asking = {
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")
        for path in ROOT.glob("shared/**/*.py")
        if re.search(ASKS_AWS, path.read_text())
    }
    known = {place.partition(":")[0] for place in CALLS}
    # What these define is called by the others.
    assert asking - known == {
        *("shared.platform.aws_signature", "shared.platform.secrets", "shared.actions.webhooks.signature"),
    }
