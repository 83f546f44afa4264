"""What follows from the table of functions: the functions as osls takes them, their roles and their alarms."""

import json
import re
from pathlib import Path
from typing import Any

from infra.packaging.stages import Stage
from infra.packaging.table import Entry, functions, needs, needs_of

# Of an entry, what is said in our own words; the rest is osls's.
_OWN_WORDS = {"class", "needs", "throttle"}
# By what functions are started whose errors no client and no other alarm sees. Steps of rooms are tried again by the
# workflow, whose own failure has an alarm; a task that failed by a fault of ours is counted among Faults. The socket's
# errors have an alarm as well.
_UNSEEN = ("schedule", "sqs")


def write(root: Path, target: Path, stage: Stage | None = None) -> None:
    """Write what serverless.yml includes to `target`: functions.json, access.json and schema.json.

    UnfitTableError if an entry of the table needs something that there is not.
    """
    table, known, stage = functions(root), needs(), stage or Stage()
    target.mkdir(parents=True, exist_ok=True)
    deployed = {name: _function(name, entry, known) for name, entry in table.items()}
    for name, most in stage.concurrency.items():
        deployed[name]["reservedConcurrency"] = most
    made = resources(table, known) | _subscription(stage.alarm_email)
    (target / "functions.json").write_text(json.dumps(deployed))
    (target / "access.json").write_text(json.dumps({"Resources": made, "extensions": _throttles(table)}))
    (target / "schema.json").write_text(json.dumps({"version": schema_version(root)}))


def schema_version(root: Path) -> str:
    """The version of the newest migration; empty where there is none."""
    files = (root / "supabase" / "migrations").glob("*.sql")
    return max((path.name.partition("_")[0] for path in files), default="")


def resources(table: dict[str, Entry], known: dict[str, Entry]) -> dict[str, Any]:
    """The CloudFormation resources of all functions by their logical ids."""
    made = {_reader_id(need): _reader(entry["secret"]) for need, entry in known.items() if "secret" in entry}
    for name, entry in table.items():
        made[_role_id(name)] = _role(name, needs_of(name, entry, known))
        if any(kind in event for event in entry.get("events", []) for kind in _UNSEEN):
            made[f"{_camel(name)}Errors"] = _alarm(name)
        if any("schedule" in event for event in entry.get("events", [])):
            made[_schedule_role_id(name)] = _schedule_role(name)
    return made


def _function(name: str, entry: Entry, known: dict[str, Entry]) -> dict[str, Any]:
    environment: dict[str, Any] = {}
    needed = needs_of(name, entry, known)
    for need in needed.values():
        environment |= need.get("environment", {})
    if secrets := [need["secret"]["parameter"] for need in needed.values() if "secret" in need]:
        environment["SECRET_PARAMETERS"] = ",".join(secrets)  # which are read together: shared/platform/secrets.py
    return {
        "handler": f"functions/{name}/handler.handler",
        "role": _role_id(name),
        "package": {"artifact": f"build/functions/{name}.zip"},
        "environment": environment,
        **{key: value for key, value in entry.items() if key not in _OWN_WORDS},
        "events": [_event(name, event) for event in entry.get("events", [])],
    }


def _event(function: str, event: dict[str, Any]) -> dict[str, Any]:
    """The event as it is; a schedule is one of EventBridge Scheduler, with a role of its own."""
    if "schedule" not in event:
        return event
    role = {"Fn::GetAtt": [_schedule_role_id(function), "Arn"]}
    return {"schedule": event["schedule"] | {"method": "scheduler", "roleArn": role}}


def _role(function: str, needed: dict[str, Entry]) -> dict[str, Any]:
    log_group = {"Fn::GetAtt": [f"{_osls_id(function)}LogGroup", "Arn"]}
    own_log = [{"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": log_group}]
    allowed = {need: entry["allow"] for need, entry in needed.items() if "allow" in entry}
    policies = {"write_own_log": own_log, **_named(allowed, function)}
    return _resource(
        "IAM::Role",
        AssumeRolePolicyDocument=_assumed_by("lambda.amazonaws.com"),
        ManagedPolicyArns=[{"Ref": _reader_id(need)} for need, entry in needed.items() if "secret" in entry],
        Policies=[_policy(name, allow) for name, allow in policies.items()],
    )


def _named(allowed: dict[str, Any], function: str) -> dict[str, Any]:
    """What is allowed, with the function's own name put in."""
    named: dict[str, Any] = json.loads(json.dumps(allowed).replace("<function>", function))
    return named


def _schedule_role(function: str) -> dict[str, Any]:
    invoke = {
        "Action": "lambda:InvokeFunction",
        "Resource": {"Fn::GetAtt": [f"{_osls_id(function)}LambdaFunction", "Arn"]},
    }
    return _resource(
        "IAM::Role",
        AssumeRolePolicyDocument=_assumed_by(
            "scheduler.amazonaws.com", Condition={"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
        ),
        Policies=[_policy("start", [invoke])],
    )


def _reader(secret: dict[str, str]) -> dict[str, Any]:
    arn = {
        "Fn::Sub": f"arn:${{AWS::Partition}}:ssm:${{AWS::Region}}:${{AWS::AccountId}}:parameter{secret['parameter']}"
    }
    # Whatever key the parameter is encrypted with, it may be used for this parameter and through SSM only.
    condition = {
        "kms:ViaService": {"Fn::Sub": "ssm.${AWS::Region}.${AWS::URLSuffix}"},
        "kms:EncryptionContext:PARAMETER_ARN": arn,
    }
    decrypt = {"Action": "kms:Decrypt", "Resource": _arn("kms", "key/*"), "Condition": {"StringEquals": condition}}
    return _resource(
        "IAM::ManagedPolicy",
        Description=f"Reads {secret['holds']}",
        PolicyDocument=_document([{"Action": "ssm:GetParameters", "Resource": arn}, decrypt]),
    )


def _alarm(function: str) -> dict[str, Any]:
    """Whoever subscribed to the topic is told of the first failure within five minutes, and when it is over."""
    return _resource(
        "CloudWatch::Alarm",
        AlarmDescription="A function raised, ran out of time or out of memory.",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": {"Ref": f"{_osls_id(function)}LambdaFunction"}}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="notBreaching",
        AlarmActions=[{"Ref": "AlarmTopic"}],
        OKActions=[{"Ref": "AlarmTopic"}],
    )


def _subscription(email: str) -> dict[str, Any]:
    """By an e-mail, AWS asks whoever it is sent to for a yes."""
    told = {"TopicArn": {"Ref": "AlarmTopic"}, "Protocol": "email", "Endpoint": email}
    return {"AlarmSubscription": _resource("SNS::Subscription", **told)} if email else {}


def _throttles(table: dict[str, Entry]) -> dict[str, Any]:
    """How often all clients together may call a route, where the table has its own `throttle`: rate and burst.

    API Gateway takes them once there are the routes.
    """
    limits, routes = {}, []
    for entry in table.values():
        rate, burst = entry.get("throttle", (None, None))
        for event in entry.get("events", []):
            if rate and "httpApi" in event:
                limits[event["httpApi"]] = {"ThrottlingRateLimit": rate, "ThrottlingBurstLimit": burst}
                routes.append(_route_id(event["httpApi"]))
    return {"HttpApiStage": {"DependsOn": routes, "Properties": {"RouteSettings": limits}}} if limits else {}


def _route_id(route: str) -> str:
    """The logical id that osls gives a route such as `GET /v1/rooms/{room_id}`."""
    method, _, path = route.partition(" ")
    spelt = path.replace("-", "Dash").replace("{", "").replace("}", "Var")
    parts = (re.sub(r"[\W_]", "", part) for part in spelt.split("/") if part)
    named = "".join(part[:1].upper() + part[1:] for part in parts)
    return f"HttpApiRoute{method.capitalize()}{named}"


def _arn(service: str, name: str) -> dict[str, str]:
    """Of something in this account and region."""
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{name}"}


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _policy(name: str, allow: list[dict[str, Any]]) -> dict[str, Any]:
    return {"PolicyName": name.replace("_", "-"), "PolicyDocument": _document(allow)}


def _document(allow: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement} for statement in allow]}


def _assumed_by(service: str, **condition: Any) -> dict[str, Any]:
    return _document([{"Action": "sts:AssumeRole", "Principal": {"Service": service}, **condition}])


def _camel(name: str) -> str:
    return name.title().replace("_", "")


def _osls_id(function: str) -> str:
    """The beginning of the logical ids of what osls makes for a function."""
    return (function[0].upper() + function[1:]).replace("_", "Underscore")


def _role_id(function: str) -> str:
    return f"{_camel(function)}Role"


def _schedule_role_id(function: str) -> str:
    return f"{_camel(function)}ScheduleRole"


def _reader_id(need: str) -> str:
    return f"{_camel(need)}Reader"
