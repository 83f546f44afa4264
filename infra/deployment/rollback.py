"""Back to what was deployed before: the deployment bucket keeps the last five."""

import re
from typing import Any

from infra.deployment.account import Account

_TEMPLATE = "compiled-cloudformation-template.json"
_CODE = re.compile(r"serverless/.+?/\d+-[^/]+/")


class NoWayBackError(Exception):
    """There is no earlier deployment; the message says why."""


def roll_back(account: Account, stack: str) -> str:
    """Bring the stack to the deployment before the present one, and wait for it; returns when that was packaged."""
    outputs = account.outputs(stack)
    bucket = outputs["ServerlessDeploymentBucketName"]
    present = place_of(account.template(stack) or {})
    earlier = [place for place in _places(account, bucket) if place < present]
    if not earlier:
        raise NoWayBackError(f"{bucket} has nothing from before {present}.")
    cloudformation = account.client("cloudformation")
    url = f"{account.client('s3').meta.endpoint_url}/{bucket}/{max(earlier)}{_TEMPLATE}"
    cloudformation.update_stack(StackName=stack, TemplateURL=url, Capabilities=["CAPABILITY_NAMED_IAM"])
    cloudformation.get_waiter("stack_update_complete").wait(StackName=stack, WaiterConfig={"Delay": 5})
    return max(earlier).rstrip("/").rpartition("/")[2]


def place_of(template: dict[str, Any]) -> str:
    """The folder of the deployment bucket whose code a template deploys: the newest that it names."""
    found = [match[0] for match in map(_CODE.match, _keys(template)) if match]
    if not found:
        raise NoWayBackError("What is deployed names no code in the deployment bucket.")
    return max(found)


def _keys(template: dict[str, Any]) -> list[str]:
    resources = template.get("Resources", {}).values()
    return [str(each["Properties"]["Code"]["S3Key"]) for each in resources if each["Type"] == "AWS::Lambda::Function"]


def _places(account: Account, bucket: str) -> list[str]:
    """The folders with a template, oldest first."""
    pages = account.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="serverless/")
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    return sorted(key.removesuffix(_TEMPLATE) for key in keys if key.endswith(_TEMPLATE))
