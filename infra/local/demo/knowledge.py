"""Puts the knowledge documents into the bucket, as an operator would, and waits for the queue to do the rest."""

import time
from pathlib import Path

from postgrest import CountMethod
from rich.console import Console
from rich.progress import Progress
from supabase import Client

from infra.local.aws_emulator.client import client
from infra.local.cloud.description import Cloud
from infra.local.demo.phone import supabase_client
from infra.local.processes import ROOT

DOCUMENTS = ROOT / "infra" / "knowledge"
WITHIN = 120.0  # seconds; 10 are usual


def documents() -> list[Path]:
    return sorted(DOCUMENTS.glob("*.md"))


def ingest(cloud: Cloud, console: Console) -> int:
    """Upload every document and return the number of chunks, once all are searchable. Raises TimeoutError."""
    s3 = client("s3", cloud.aws_endpoint_url)
    paths = documents()
    for path in paths:
        s3.put_object(Bucket=cloud.kb_bucket, Key=path.name, Body=path.read_bytes(), ContentType="text/markdown")
    deadline = time.monotonic() + WITHIN
    with supabase_client(cloud, cloud.service_key) as database, Progress(console=console, transient=True) as progress:
        task = progress.add_task("  bucket -> queue -> ingest_kb", total=len(paths))
        while (stored := _stored(database, paths)) < len(paths):
            if time.monotonic() > deadline:
                raise TimeoutError(f"only {stored} of {len(paths)} documents were ingested in {WITHIN:.0f} s")
            progress.update(task, completed=stored)
            time.sleep(0.1)
        return _chunks(database)


def _stored(database: Client, paths: list[Path]) -> int:
    names = [path.name for path in paths]
    answer = database.table("ai_kb_sources").select("source", count=CountMethod.exact).in_("source", names).execute()
    return answer.count or 0


def _chunks(database: Client) -> int:
    return database.table("ai_kb_docs").select("id", count=CountMethod.exact, head=True).execute().count or 0
