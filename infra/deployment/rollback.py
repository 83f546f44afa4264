"""Back to what was deployed before: the deployment bucket keeps the last five."""

import json
import re
from typing import Any

from infra.deployment.account import Account

_TEMPLATE = "compiled-cloudformation-template.json"
_CODE = re.compile(r"serverless/.+?/\d+-[^/]+/")


class NoWayBackError(Exception):
    """There is no earlier deployment; the message says why."""


def roll_back(account: Account, stack: str) -> str:
    """Bring the stack to the deployment before the present one, and wait for it; returns when that was packaged.

    Nothing is changed where anything of that deployment is gone. Raises NoWayBackError.
    """
    bucket = account.outputs(stack)["ServerlessDeploymentBucketName"]
    present = place_of(account.template(stack) or {})
    kept = _kept(account, bucket)
    earlier = max((place for place in _places(kept) if place < present), default=None)
    if earlier is None:
        raise NoWayBackError(f"{bucket} has nothing from before {present}.")
    if gone := sorted(_uploads(_stored(account, bucket, earlier)) - kept):
        raise NoWayBackError(f"Of {earlier} {bucket} has no longer {', '.join(gone)}.")
    _update(account, stack, f"{account.client('s3').meta.endpoint_url}/{bucket}/{earlier}{_TEMPLATE}")
    return earlier.rstrip("/").rpartition("/")[2]


def _update(account: Account, stack: str, url: str) -> None:
    cloudformation = account.client("cloudformation")
    cloudformation.update_stack(StackName=stack, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 5})


def place_of(template: dict[str, Any]) -> str:
    """The folder of the deployment bucket whose code a template deploys: the newest that it names."""
    found = [match[0] for match in map(_CODE.match, _keys(template)) if match]
    if not found:
        raise NoWayBackError("What is deployed names no code in the deployment bucket.")
    return max(found)


def _keys(template: dict[str, Any]) -> list[str]:
    resources = template.get("Resources", {}).values()
    return [str(each["Properties"]["Code"]["S3Key"]) for each in resources if each["Type"] == "AWS::Lambda::Function"]


def _uploads(template: dict[str, Any]) -> set[str]:
    """Of the functions and their layers."""
    resources = template["Resources"].values()
    layers = [each for each in resources if each["Type"] == "AWS::Lambda::LayerVersion"]
    return {*_keys(template), *(str(layer["Properties"]["Content"]["S3Key"]) for layer in layers)}


def _stored(account: Account, bucket: str, place: str) -> dict[str, Any]:
    body = account.client("s3").get_object(Bucket=bucket, Key=f"{place}{_TEMPLATE}")["Body"].read()
    return dict(json.loads(body))


def _kept(account: Account, bucket: str) -> set[str]:
    """The keys of all that the deployment bucket has."""
    pages = account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="serverless/")
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def _places(keys: set[str]) -> list[str]:
    """The folders with a template."""
    return [key.removesuffix(_TEMPLATE) for key in keys if key.endswith(_TEMPLATE)]
