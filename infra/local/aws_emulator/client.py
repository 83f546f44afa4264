"""boto3 clients of the emulator, whatever profile or credentials the caller has."""

import functools
import os
from typing import Any

import boto3
import botocore.session

from infra.local.aws_emulator.environment import CREDENTIALS, REGION

# Where botocore looks for these: (name in the configuration file, environment variable, value if neither, conversion).
NO_PROFILE = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}


def client(service: str, endpoint: str) -> Any:
    """The boto3 client of an AWS service, such as "s3", on the emulator at `endpoint`."""
    return _session().client(service, endpoint_url=endpoint)  # type: ignore[call-overload]


@functools.cache
def _session() -> boto3.Session:
    return boto3.Session(
        CREDENTIALS["AWS_ACCESS_KEY_ID"],
        CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
        botocore_session=botocore.session.Session(NO_PROFILE),
    )
