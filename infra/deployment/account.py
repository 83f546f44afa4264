"""The AWS account that is deployed to, as far as a deployment asks it."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

Clients = Callable[[str], Any]  # the boto3 client of a service, such as "ssm"


@dataclass(frozen=True)
class Account:
    """One account, in one region."""

    client: Clients

    def number(self) -> str:
        return str(self.client("sts").get_caller_identity()["Account"])

    def concurrency(self) -> int:
        """How many functions may run at once."""
        return int(self.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"])

    def missing_parameters(self, names: Sequence[str]) -> list[str]:
        """Which of these SSM parameters are not there; no value is read."""
        return list(self.client("ssm").get_parameters(Names=list(names))["InvalidParameters"])

    def parameter(self, name: str) -> str | None:
        """The value of a SecureString, if it is there."""
        found = self.client("ssm").get_parameters(Names=[name], WithDecryption=True)["Parameters"]
        return str(found[0]["Value"]) if found else None

    def template(self, stack: str) -> dict[str, Any] | None:
        """What is deployed, or None where nothing is."""
        cloudformation = self.client("cloudformation")
        try:
            body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
        except cloudformation.exceptions.ClientError:
            return None
        return dict(json.loads(body)) if isinstance(body, str) else dict(body)

    def outputs(self, stack: str) -> dict[str, str]:
        (found,) = self.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
