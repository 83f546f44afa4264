"""What the functions' logs say of a model's refusals: the user is told less than the operator."""

import json
from collections.abc import Iterator
from typing import Any

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud

FUNCTIONS = ("send_message", "plan_room", "run_agent", "review_room")
REFUSED = "a model provider refused a request"  # shared.llm.call
FIELDS = ("status", "code", "parameter", "provider_request_id")


def refusals(cloud: Cloud, since: float) -> list[str]:
    """Those logged since then (epoch seconds), each once: status, code, parameter and the provider's request id."""
    lines = (line for line in _logged(cloud, since) if line.get("message") == REFUSED)
    return list(dict.fromkeys(" ".join(str(line[each]) for each in FIELDS if line.get(each)) for line in lines))


def _logged(cloud: Cloud, since: float) -> Iterator[dict[str, Any]]:
    logs = client("logs", cloud.aws_endpoint_url)
    groups = {group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]}
    for group in groups & {f"/aws/lambda/hercules-local-{name}" for name in FUNCTIONS}:
        for event in logs.filter_log_events(logGroupName=group, startTime=int(since * 1000))["events"]:
            if event["message"].startswith("{"):
                yield json.loads(event["message"])
