"""The way back to what was deployed before."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.deployment.account import Account
from infra.deployment.rollback import NoWayBackError, roll_back
from infra.local.aws_emulator.client import client
from infra.local.processes import running

STACK, BUCKET, REGION = "hercules-prod", "deployments", "eu-central-1"
PLACES = [f"serverless/hercules/prod/{number}-2026-11-2{number}T10:00:00.000Z/" for number in (1, 2, 3)]


def template(place: str) -> str:
    """Of a deployment: a topic that is named for it, and the function whose code is there."""
    code = {"S3Bucket": BUCKET, "S3Key": f"{place}ask.zip"}
    function = {"Code": code, "Runtime": "python3.13", "Handler": "ask.handler", "Role": "arn:aws:iam::1:role/any"}
    topic = {"DisplayName": place.rpartition("/prod/")[2][0]}
    return json.dumps(
        {
            "Resources": {
                "Ask": {"Type": "AWS::Lambda::Function", "Properties": function},
                "Topic": {"Type": "AWS::SNS::Topic", "Properties": topic},
            },
            "Outputs": {"ServerlessDeploymentBucketName": {"Value": BUCKET}},
        }
    )


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A stack that was deployed three times."""
    with running("infra.local.aws_emulator", ready="/_ministack/health", log=tmp_path / "log") as endpoint:
        account = Account(lambda service: client(service, endpoint))
        s3, code = account.client("s3"), io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("ask.py", "def handler(event, context): ...")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for place in PLACES:
            s3.put_object(Bucket=BUCKET, Key=f"{place}compiled-cloudformation-template.json", Body=template(place))
            s3.put_object(Bucket=BUCKET, Key=f"{place}ask.zip", Body=code.getvalue())
        cloudformation = account.client("cloudformation")
        cloudformation.create_stack(StackName=STACK, TemplateBody=template(PLACES[-1]))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        yield account


def deployed(account: Account) -> str:
    found = account.template(STACK)
    assert found is not None
    return str(found["Resources"]["Topic"]["Properties"]["DisplayName"])


def test_the_stack_becomes_what_it_was_step_by_step_until_there_is_nothing_before_it(account: Account) -> None:
    assert deployed(account) == "3"
    assert roll_back(account, STACK) == "2-2026-11-22T10:00:00.000Z"
    assert deployed(account) == "2"
    roll_back(account, STACK)
    assert deployed(account) == "1"
    with pytest.raises(NoWayBackError, match="has nothing from before"):
        roll_back(account, STACK)
