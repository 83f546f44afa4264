"""What a person reads before saying yes."""

from typing import Any

from infra.deployment.difference import difference


def function(model: str = "gpt-6-luna", key: str = "one.zip", version: str = "1") -> dict[str, Any]:
    variables = {"CHAT_MODEL": model, "SERVICE_VERSION": version}
    properties = {"Code": {"S3Key": key}, "Environment": {"Variables": variables}}
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def test_a_first_deployment_is_all_new() -> None:
    assert difference(None, {"Resources": {"Ask": function()}}) == ["+ AWS::Lambda::Function Ask"]


def test_what_comes_what_goes_and_which_setting_changes_is_said() -> None:
    before = {"Resources": {"Ask": function(), "Old": {"Type": "AWS::SQS::Queue"}}}
    after = {"Resources": {"Ask": function("gpt-6-sol"), "New": {"Type": "AWS::SNS::Topic"}}}

    assert difference(before, after) == [
        "+ AWS::SNS::Topic New",
        "- AWS::SQS::Queue Old",
        "~ Ask: Environment.Variables.CHAT_MODEL: gpt-6-luna -> gpt-6-sol",
    ]


def test_code_alone_is_no_difference() -> None:
    before, after = ({"Resources": {"Ask": function(key=key, version=key)}} for key in ("one.zip", "two.zip"))

    assert difference(before, after) == []


def test_what_is_left_out_changes_to_nothing_and_a_long_value_is_cut() -> None:
    before = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Delay": 5, "Tags": ["x" * 200]}}}}
    after = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Tags": ["y"]}}}}

    delay, tag = difference(before, after)
    assert delay == "~ Queue: Delay: 5 -> nothing"
    assert len(tag) < 120
