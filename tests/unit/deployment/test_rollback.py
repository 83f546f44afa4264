"""The way back to what was deployed before."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.deployment.account import Account
from infra.deployment.rollback import NoWayBackError, roll_back
from infra.local.aws_emulator.client import client
from infra.local.processes import running

STACK, BUCKET, REGION = "hercules-prod", "deployments", "eu-central-1"
PLACES = [f"serverless/hercules/prod/{number}-2026-11-2{number}T10:00:00.000Z/" for number in (1, 2, 3)]


def number_of(place: str) -> str:
    return place.rpartition("/prod/")[2][0]


def template(place: str) -> str:
    """Of a deployment: the function and its layer, whose code is there."""
    code = {"S3Bucket": BUCKET, "S3Key": f"{place}ask.zip"}
    function: dict[str, Any] = {"FunctionName": "ask", "Code": code, "Runtime": "python3.13", "Handler": "ask.handler"}
    function |= {"Role": "arn:aws:iam::1:role/any", "Layers": [{"Ref": "Packages"}]}
    layer = {"LayerName": "packages", "Content": {"S3Bucket": BUCKET, "S3Key": f"{place}layer.zip"}}
    return json.dumps(
        {
            "Resources": {
                "Packages": {"Type": "AWS::Lambda::LayerVersion", "Properties": layer},
                "Ask": {"Type": "AWS::Lambda::Function", "Properties": function},
            },
            "Outputs": {"ServerlessDeploymentBucketName": {"Value": BUCKET}},
        }
    )


def zipped(name: str, content: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr(name, content)
    return written.getvalue()


def upload(account: Account, place: str) -> None:
    """A deployment's template, the function's code and the layer, each of which knows its number."""
    number, s3 = number_of(place), account.client("s3")
    code = f"import packages\n\ndef handler(event, context):\n    return ['{number}', packages.NUMBER]\n"
    layer = zipped("python/packages.py", f"NUMBER = '{number}'\n")
    s3.put_object(Bucket=BUCKET, Key=f"{place}compiled-cloudformation-template.json", Body=template(place))
    s3.put_object(Bucket=BUCKET, Key=f"{place}ask.zip", Body=zipped("ask.py", code))
    s3.put_object(Bucket=BUCKET, Key=f"{place}layer.zip", Body=layer)


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """A stack that was deployed three times."""
    with running("infra.local.aws_emulator", ready="/_ministack/health", log=tmp_path / "log") as endpoint:
        account = Account(lambda service: client(service, endpoint))
        account.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        for place in PLACES:
            upload(account, place)
        cloudformation = account.client("cloudformation")
        cloudformation.create_stack(StackName=STACK, TemplateBody=template(PLACES[-1]))
        cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig={"Delay": 1})
        yield account


def deployed(account: Account) -> list[str]:
    """The deployments from which the function's code and its layer are, as it says itself."""
    answer = account.client("lambda").invoke(FunctionName="ask")
    said: list[str] = json.loads(answer["Payload"].read())
    return said


def test_code_and_layer_become_what_they_were_step_by_step_until_there_is_nothing_before(account: Account) -> None:
    assert deployed(account) == ["3", "3"]
    assert roll_back(account, STACK) == "2-2026-11-22T10:00:00.000Z"
    assert deployed(account) == ["2", "2"]
    roll_back(account, STACK)
    assert deployed(account) == ["1", "1"]
    with pytest.raises(NoWayBackError, match="has nothing from before"):
        roll_back(account, STACK)


def test_nothing_is_touched_where_a_part_of_the_deployment_before_is_gone(account: Account) -> None:
    account.client("s3").delete_object(Bucket=BUCKET, Key=f"{PLACES[1]}layer.zip")

    with pytest.raises(NoWayBackError, match=r"has no longer .*layer\.zip"):
        roll_back(account, STACK)
    assert deployed(account) == ["3", "3"]
