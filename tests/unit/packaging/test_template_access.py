"""Who may do what: roles, secrets and buckets of the template that goes to AWS."""

from pathlib import Path
from typing import Any

import pytest

from infra.packaging import table
from tests.unit.packaging.compiled_template import Template

pytestmark = pytest.mark.xdist_group("template")

ROOT = Path(__file__).parents[3]
ANYTHING = "*"
# The steps of the workflow that runs rooms.
STEPS = {"ask_owner", "finish_room", "plan_room", "review_room", "run_agent"}
# Who writes what no user's token may write: usage, messages, knowledge, connections, rooms; or reads a shared room.
WITH_SERVICE_KEY = {
    *STEPS,
    "answer_room",
    "approve_action",
    "cancel_room",
    "cancel_turn",
    "change_plan",
    "change_workout",
    "continue_room",
    "create_room",
    "create_room_upload",
    "create_session",
    "create_ticket",
    "create_upload",
    "delete_account",
    "delete_doc",
    "delete_room",
    "delete_session",
    "embed_doc",
    "export_account",
    "export_room_file",
    "export_session",
    "get_room",
    "get_room_file",
    "get_session",
    "hold_room",
    "ingest_kb",
    "inspect_deployment",
    "list_docs",
    "list_events",
    "list_room_files",
    "log_workout",
    "operations",
    "reject_action",
    "reset_usage",
    "retry_room",
    "search_knowledge",
    "search_messages",
    "send_message",
    "share_room",
    "sweep",
    "undo_action",
    "ws_connect",
    "ws_disconnect",
    "ws_message",
}
WITH_GEMINI_KEY = {"plan_room", "review_room", "run_agent", "send_message"}
WITH_OPENAI_KEY = {"embed_doc", "ingest_kb", "search_knowledge"} | WITH_GEMINI_KEY
WHO_PUSHES = {
    "answer_room",
    "approve_action",
    "cancel_room",
    "change_plan",
    "continue_room",
    "create_room",
    "finish_room",
    "hold_room",
    "plan_room",
    "reject_action",
    "retry_room",
    "review_room",
    "run_agent",
    "send_message",
    "share_room",
    "undo_action",
}
WITHOUT_TOKENS = {"health", "ingest_kb", "reset_usage", "sweep", "ws_disconnect", "ws_message"} | STEPS


def test_each_function_has_a_role_of_its_own(template: Template) -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in template.functions().values()]

    assert len(set(roles)) == len(roles)


def test_a_function_writes_to_its_own_log_and_no_other(template: Template) -> None:
    for name, function in template.functions().items():
        (resource,) = [
            statement["Resource"]
            for statement in template.statements(function["Role"]["Fn::GetAtt"][0])
            if "logs:PutLogEvents" in statement["Action"]
        ]
        group, attribute = resource["Fn::GetAtt"]
        assert attribute == "Arn"
        assert template.resources[group]["Properties"]["LogGroupName"] == f"/aws/lambda/hercules-dev-{name}"


def test_no_policy_allows_everything(template: Template) -> None:
    for role in template.of_type("IAM::Role"):
        for statement in allowing(template.statements(role)):
            assert ANYTHING not in str(statement["Action"])
            assert ends_in_anything(statement["Resource"]) <= WILDCARDS


def test_a_key_of_kms_opens_one_parameter_and_through_ssm_only(template: Template) -> None:
    decrypting = [
        statement
        for policy in template.of_type("IAM::ManagedPolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Action"] == "kms:Decrypt"
    ]

    assert len(decrypting) == 7
    for statement in decrypting:
        conditions = statement["Condition"]["StringEquals"]
        assert conditions["kms:ViaService"] == {"Fn::Sub": "ssm.${AWS::Region}.${AWS::URLSuffix}"}
        assert not ends_in_anything(conditions["kms:EncryptionContext:PARAMETER_ARN"])


def test_the_service_key_is_for_those_who_write_what_no_user_may(template: Template) -> None:
    assert template.may("ssm:GetParameters", "/hercules/dev/supabase-service-key") == WITH_SERVICE_KEY


def test_the_openai_key_is_for_those_who_embed_or_chat(template: Template) -> None:
    assert template.may("ssm:GetParameters", "/hercules/dev/openai-api-key") == WITH_OPENAI_KEY


def test_the_gemini_key_is_for_the_coach_and_the_agents_of_rooms(template: Template) -> None:
    assert template.may("ssm:GetParameters", "/hercules/dev/gemini-api-key") == WITH_GEMINI_KEY


def test_the_key_of_the_search_of_the_web_is_for_the_agents_of_rooms(template: Template) -> None:
    assert template.may("ssm:GetParameters", "/hercules/dev/brave-api-key") == {"run_agent"}


def test_the_webhook_secret_is_for_the_one_that_sends_them(template: Template) -> None:
    assert template.may("ssm:GetParameters", "/hercules/dev/webhook-secret") == {"approve_action"}


def test_who_proposes_and_who_sends_webhooks_knows_the_same_endpoints(template: Template) -> None:
    told = [
        name
        for name, function in template.functions().items()
        if "WEBHOOK_ENDPOINTS" in function["Environment"]["Variables"]
    ]

    assert sorted(told) == ["approve_action", "send_message"]


def test_the_legacy_jwt_secret_is_for_those_who_verify_tokens(template: Template) -> None:
    verifying = template.functions().keys() - WITHOUT_TOKENS

    assert template.may("ssm:GetParameters", "/hercules/dev/supabase-jwt-secret") == verifying


def test_a_function_is_told_where_a_secret_is_exactly_if_it_may_read_it(template: Template) -> None:
    told = {name: set(function["Environment"]["Variables"]) for name, function in template.functions().items()}

    assert {name for name in told if "SUPABASE_SERVICE_KEY_PARAMETER" in told[name]} == WITH_SERVICE_KEY
    # Whoever opens a room, or says what it costs, has to know which providers there are, and reads no key.
    pricing = {"create_room", "change_plan"}
    assert {name for name in told if "OPENAI_API_KEY_PARAMETER" in told[name]} == WITH_OPENAI_KEY | pricing
    assert {name for name in told if "GEMINI_API_KEY_PARAMETER" in told[name]} == WITH_GEMINI_KEY | pricing
    assert {name for name in told if "WEBHOOK_SECRET_PARAMETER" in told[name]} == {"approve_action"}


def test_a_function_asks_for_all_that_it_may_read_and_for_nothing_else(template: Template) -> None:
    for name, function in template.functions().items():
        readable = [
            each
            for statement in template.statements(function["Role"]["Fn::GetAtt"][0])
            if statement["Action"] == "ssm:GetParameters"
            for each in [statement["Resource"]["Fn::Sub"].partition(":parameter")[2]]
        ]
        told = function["Environment"]["Variables"].get("SECRET_PARAMETERS", "")
        assert sorted(filter(None, told.split(","))) == sorted(readable), name


def test_nobody_reads_other_parameters(template: Template) -> None:
    readers = WITH_SERVICE_KEY | WITH_OPENAI_KEY | (template.functions().keys() - WITHOUT_TOKENS)

    assert template.may("ssm:GetParameters", "") == readers


def test_the_bucket_is_read_written_and_emptied_by_those_who_tend_it(template: Template) -> None:
    assert template.may("s3:GetObject", "KnowledgeBucket") == {"embed_doc", "ingest_kb"}
    assert template.may("s3:PutObject", "KnowledgeBucket") == {"create_upload", "embed_doc"}
    assert template.may("s3:DeleteObject", "KnowledgeBucket") == {"delete_doc"}


def test_what_costs_by_the_page_is_asked_only_where_it_was_chosen(template: Template) -> None:
    (asking,) = [each for each in template.statements("IngestKbRole") if "textract" in str(each["Action"])]
    by_engine = table.read(ROOT / "serverless.yml")["custom"]["textractIs"]

    assert asking == {"Effect": "Deny", "Action": "textract:DetectDocumentText", "Resource": "*"}
    assert by_engine == {"off": "Deny", "tesseract": "Deny", "textract": "Allow"}
    others = [role for role in template.of_type("IAM::Role") if role != "IngestKbRole"]
    assert "textract" not in str([template.statements(role) for role in others])


def test_only_embed_doc_writes_to_the_queue(template: Template) -> None:
    assert template.may("sqs:SendMessage", "") == {"embed_doc"}
    assert template.may("sqs:SendMessage", "IngestQueue") == {"embed_doc"}


def test_only_turns_decisions_and_rooms_push_to_sockets(template: Template) -> None:
    assert template.may("execute-api:ManageConnections", "") == WHO_PUSHES
    assert template.may("execute-api:ManageConnections", SOCKETS) == WHO_PUSHES


def test_who_speaks_of_sockets_is_told_where_they_are(template: Template) -> None:
    told = [
        name
        for name, function in template.functions().items()
        if function["Environment"]["Variables"].get("WEBSOCKET_API_ID") == {"Ref": "WebsocketsApi"}
    ]

    assert set(told) == WHO_PUSHES | {"create_ticket"}


def test_a_function_starts_itself_alone(template: Template) -> None:
    assert template.may("lambda:InvokeFunction", "") == {"send_message", "delete_account"}
    for name in ("send_message", "delete_account"):
        assert template.may("lambda:InvokeFunction", f":function:hercules-dev-{name}") == {name}


def test_roles_are_for_the_service_that_uses_them(template: Template) -> None:
    trusted = {
        role: properties["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        for role, properties in template.of_type("IAM::Role").items()
    }

    assert trusted.pop("RoomWorkflowRole") == "states.amazonaws.com"
    schedules = {trusted.pop(f"{name}ScheduleRole") for name in ("IngestKb", "ResetUsage", "Sweep")}
    assert schedules == {"scheduler.amazonaws.com"}
    assert set(trusted.values()) == {"lambda.amazonaws.com"}


def test_buckets_are_private_and_encrypted(template: Template) -> None:
    for bucket in template.of_type("S3::Bucket").values():
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert len(bucket["PublicAccessBlockConfiguration"]) == 4
        assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]


def test_buckets_answer_over_tls_only(template: Template) -> None:
    policies = template.of_type("S3::BucketPolicy").values()
    for policy in policies:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert str(statement["Condition"]["Bool"]["aws:SecureTransport"]).lower() == "false"
        assert len(statement["Resource"]) == 2

    assert {policy["Bucket"]["Ref"] for policy in policies} == set(template.of_type("S3::Bucket"))


def test_what_users_put_into_buckets_outlives_the_stack_but_no_first_deployment_that_failed(template: Template) -> None:
    for name in ("KnowledgeBucket", "RoomsBucket"):
        bucket = template.resources[name]
        assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


ANY_KEY = "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"
SOCKETS = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${WebsocketsApi}/dev/POST/@connections/*"


STOPPED = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:hercules-dev-rooms:*"
WILDCARDS = {
    "${KnowledgeBucket.Arn}/*",
    "${RoomsBucket.Arn}/rooms/*",
    "${RoomsBucket.Arn}/rooms/uploads/*",
    "${RoomsBucket.Arn}/rooms/given/*",
    "${RoomsBucket.Arn}/rooms/exports/*",
    ANY_KEY,
    SOCKETS,
    STOPPED,
}


def allowing(statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [statement for statement in statements if statement["Effect"] == "Allow"]


def ends_in_anything(resource: Any) -> set[str]:
    """The names in a policy's `Resource` that hold a wildcard."""
    if isinstance(resource, str):
        return {resource} if ANYTHING in resource else set()
    items = resource.values() if isinstance(resource, dict) else resource
    return set().union(*(ends_in_anything(item) for item in items))
