"""Put the very serverless.yml that goes to AWS onto the emulator."""

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.environment import STAGE, of_clients
from infra.local.processes import ROOT
from infra.packaging import osls

# Milliseconds between two looks at the stack; osls's 5,000 are for a distant AWS.
POLL_SETTINGS = {"SLS_AWS_MONITORING_FREQUENCY": "100"}


@dataclass(frozen=True)
class Outputs:
    api_url: str
    ws_url: str
    kb_bucket: str
    ingest_queue_url: str
    dead_letter_queue_url: str
    rooms_bucket: str
    room_workflow_arn: str


def put_secrets(endpoint: str, secrets: Mapping[str, str]) -> None:
    """Store `secrets` (such as "supabase-service-key") as the SSM SecureStrings that the functions read."""
    for name, value in secrets.items():
        client("ssm", endpoint).put_parameter(
            Name=f"/hercules/{STAGE}/{name}", Value=value, Type="SecureString", Overwrite=True
        )


def deploy(
    endpoint: str,
    settings: Mapping[str, str],
    *,
    root: Path = ROOT,
    progress: osls.Progress = osls.discard,
) -> Outputs:
    """Package the functions of the project at `root` and deploy them to the emulator at `endpoint`.

    `settings` are the environment variables that serverless.yml reads, SUPABASE_URL and SUPABASE_ANON_KEY
    at least; `progress` is given each line that the tool says. OslsError if the deployment fails.
    """
    with tempfile.TemporaryDirectory(prefix="hercules-deploy-") as directory:
        workspace = Path(directory)
        osls.lay_out(root, workspace)
        environment = {**settings, **of_clients(endpoint), **POLL_SETTINGS}
        osls.run(workspace, "deploy", "--verbose", stage=STAGE, environment=environment, progress=progress)
    return outputs(endpoint)


def outputs(endpoint: str) -> Outputs:
    """Where the stack is found that has been deployed to the emulator at `endpoint`."""
    stack = client("cloudformation", endpoint).describe_stacks(StackName=f"hercules-{STAGE}")["Stacks"][0]
    values = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    return Outputs(
        api_url=f"{endpoint}/_aws/execute-api/{values['HttpApiId']}",
        ws_url=f"{endpoint.replace('http', 'ws', 1)}/_aws/execute-api/{values['WebSocketApiId']}/{STAGE}",
        kb_bucket=values["KnowledgeBucketName"],
        ingest_queue_url=values["IngestQueueUrl"],
        dead_letter_queue_url=values["IngestDeadLetterQueueUrl"],
        rooms_bucket=values["RoomsBucketName"],
        room_workflow_arn=values["RoomWorkflowArn"],
    )
