"""The environments that the emulator, and what talks to it, run in.

They are built from nothing: whoever starts the laptop cloud may have real AWS credentials, profiles or API
keys in the environment, and neither a function nor the deployment tool may see them.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from infra.local.processes import HOST

STAGE = "local"
REGION = "eu-central-1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

# What a process needs of the machine it runs on.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


def without_host_aws_config(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of `environment` that says where things are and nothing about who is using them."""
    return {name: environment[name] for name in _KEPT if name in environment}


def of_clients(endpoint: str) -> dict[str, str]:
    """What makes an AWS SDK talk to the emulator at `endpoint`, and to nothing else."""
    return {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def of_the_emulator(
    port: int, directory: Path, concurrency: int, host: str = HOST, objects: Path | None = None
) -> dict[str, str]:
    """What ministack is told; the workers that run the functions inherit it.

    `directory` takes all that it writes, but `objects` those of the buckets where they are kept. At most `concurrency`
    functions run at once.
    """
    return {
        **CREDENTIALS,
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",  # of functions; presigned URLs begin with it
        "MINISTACK_HOST": host,  # in the URLs it hands out
        "MINISTACK_REGION": REGION,
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{directory}/no-docker.sock",  # else it clears away containers when it starts
        "LAMBDA_ACCOUNT_CONCURRENCY": str(concurrency),
        "LAMBDA_WARM_TTL_SECONDS": "60",
        "SFN_WAIT_SCALE": "0.1",  # of the time between attempts: here nobody waits for a provider to recover
        "STATE_DIR": str(directory / "state"),
        "S3_DATA_DIR": str(objects or directory / "s3"),
        "S3_PERSIST": "1" if objects else "0",
        "TMPDIR": str(directory),
        "LOG_LEVEL": "WARNING",
    }
