"""Where a folder is uploaded to: the laptop cloud that is up, or the bucket and project that the environment names."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from supabase import Client, ClientOptions, create_client

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud

TIMEOUT = 60.0  # seconds


@dataclass(frozen=True)
class Target:
    s3: Any
    bucket: str
    database: Client


@contextlib.contextmanager
def of_cloud(cloud: Cloud) -> Iterator[Target]:
    with _database(cloud.supabase_url, cloud.service_key) as database:
        yield Target(client("s3", cloud.aws_endpoint_url), cloud.kb_bucket, database)


@contextlib.contextmanager
def chosen(environment: Mapping[str, str] = os.environ) -> Iterator[Target]:
    """KNOWLEDGE_BUCKET with SUPABASE_URL, SUPABASE_SERVICE_KEY and AWS credentials; else the laptop cloud.

    Raises FileNotFoundError when no cloud is up, KeyError for a missing variable.
    """
    if bucket := environment.get("KNOWLEDGE_BUCKET"):
        with _database(environment["SUPABASE_URL"], environment["SUPABASE_SERVICE_KEY"]) as database:
            yield Target(boto3.client("s3"), bucket, database)
    else:
        with of_cloud(Cloud.load()) as target:
            yield target


@contextlib.contextmanager
def _database(url: str, key: str) -> Iterator[Client]:
    with httpx.Client(timeout=TIMEOUT, trust_env=False) as http:
        yield create_client(url, key, ClientOptions(httpx_client=http))
