"""Ways to read a compiled CloudFormation template."""

import json
from typing import Any


class Template:
    """A compiled template by the resources in it."""

    def __init__(self, resources: dict[str, dict[str, Any]]) -> None:
        self.resources = resources

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """The properties of every resource of a type (such as "S3::Bucket") by its logical id."""
        return {
            name: resource["Properties"]
            for name, resource in self.resources.items()
            if resource["Type"] == f"AWS::{kind}"
        }

    def functions(self) -> dict[str, dict[str, Any]]:
        """The properties of every function by the name that it has in infra/functions/."""
        lambdas = self.of_type("Lambda::Function").values()
        return {function["FunctionName"].removeprefix("hercules-dev-"): function for function in lambdas}

    def function_id(self, name: str) -> str:
        """The logical id of a function."""
        return next(
            logical_id
            for logical_id, function in self.of_type("Lambda::Function").items()
            if function["FunctionName"] == f"hercules-dev-{name}"
        )

    def statements(self, role: str) -> list[dict[str, Any]]:
        """All that a role may do, by its own policies and by those attached to it."""
        properties = self.resources[role]["Properties"]
        documents = [policy["PolicyDocument"] for policy in properties["Policies"]]
        documents += [
            self.resources[attached["Ref"]]["Properties"]["PolicyDocument"]
            for attached in properties.get("ManagedPolicyArns", [])
        ]
        return [statement for document in documents for statement in document["Statement"]]

    def may(self, action: str, resource: str) -> set[str]:
        """The functions whose role allows `action` on something with `resource` in its name."""
        return {
            name
            for name, function in self.functions().items()
            for statement in self.statements(function["Role"]["Fn::GetAtt"][0])
            if action in as_list(statement["Action"]) and resource in json.dumps(statement["Resource"])
        }


def as_list(value: Any) -> list[Any]:
    """What a policy may write as one or several."""
    return value if isinstance(value, list) else [value]
