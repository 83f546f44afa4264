"""Puts the files of a folder into the bucket and watches the queue do the rest.

The bucket is that of the laptop cloud that is up, or the one that the environment names.
"""

import contextlib
import itertools
import mimetypes
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import boto3
import httpx
from supabase import Client, ClientOptions, create_client

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud

TIMEOUT = 60.0  # seconds
PATIENCE = 120.0  # seconds without any document coming to its end
INTERVAL = 0.1
COLUMNS = "source, status, error_code, chunk_count, reviewed_on, questions"
STALE_AFTER = timedelta(days=730)  # of a review; what is advised for health changes about as fast
PAGE = 1000  # rows, of what PostgREST answers with at most


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
def chosen_target(environment: Mapping[str, str] = os.environ) -> Iterator[Target]:
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


@dataclass(frozen=True)
class Result:
    """What became of a file. `status` is pending when it was not waited for any longer."""

    source: str
    seconds: float
    status: str = "pending"
    error_code: str | None = None
    chunk_count: int = 0
    reviewed_on: str | None = None
    questions: Sequence[str] = ()

    def staleness(self, today: date) -> str:
        """Why somebody should hold it against its sources again; empty where nobody need."""
        if self.reviewed_on is None:
            return "names no review"
        return f"reviewed {self.reviewed_on}" if today - date.fromisoformat(self.reviewed_on) > STALE_AFTER else ""


def files(folder: Path) -> dict[str, Path]:
    """The files of a folder and its folders by their keys; hidden ones are left out."""
    found = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    keys = {path: path.relative_to(folder) for path in found}
    return {key.as_posix(): path for path, key in keys.items() if not any(part[0] == "." for part in key.parts)}


def upload(target: Target, paths: Mapping[str, Path]) -> Iterator[Result]:
    """Upload every file, then yield what became of each, in the order in which they end."""
    since = _last_change(target)
    began = {}
    for key, path in paths.items():
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        began[key] = time.monotonic()
        target.s3.put_object(Bucket=target.bucket, Key=key, Body=path.read_bytes(), ContentType=kind)
    yield from _ends(target, began, since)


def _ends(target: Target, began: dict[str, float], since: str) -> Iterator[Result]:
    waiting = set(began)
    last_end = time.monotonic()
    while waiting and time.monotonic() - last_end < PATIENCE:
        for row in _changed(target, since):
            if row["source"] in waiting and row["status"] != "pending":
                last_end = time.monotonic()
                waiting.remove(row["source"])
                yield Result(**row, seconds=last_end - began[row["source"]])
        time.sleep(INTERVAL)
    for key in sorted(waiting):
        yield Result(key, time.monotonic() - began[key])


def _last_change(target: Target) -> str:
    """So that what was there before is not taken for what has come since."""
    query = target.database.table("ai_kb_sources").select("updated_at").order("updated_at", desc=True).limit(1)
    rows: Any = query.execute().data
    return str(rows[0]["updated_at"]) if rows else "1970-01-01T00:00:00+00:00"


def _changed(target: Target, since: str) -> Iterator[dict[str, Any]]:
    """All sources that were touched after `since`: a transaction that began earlier may end later than another."""
    for start in itertools.count(0, PAGE):
        query = target.database.table("ai_kb_sources").select(COLUMNS).gt("updated_at", since).order("id")
        rows: Any = query.range(start, start + PAGE - 1).execute().data
        yield from rows
        if len(rows) < PAGE:
            return
