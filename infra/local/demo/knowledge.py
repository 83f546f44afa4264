"""Puts the knowledge documents into the bucket, as an operator would, and waits for the queue to do the rest."""

from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from infra.local.cloud.description import Cloud
from infra.local.processes import ROOT
from infra.local.uploads.folder import upload
from infra.local.uploads.target import of_cloud

DOCUMENTS = ROOT / "infra" / "knowledge"


class NotIngestedError(RuntimeError):
    """A shipped document did not come through."""


def documents() -> list[Path]:
    return sorted(DOCUMENTS.glob("*.md"))


def ingest(cloud: Cloud, console: Console) -> int:
    """Upload every document and return the number of chunks, once all are searchable. Raises NotIngestedError."""
    paths = {path.name: path for path in documents()}
    with of_cloud(cloud) as target, Progress(console=console, transient=True) as progress:
        task = progress.add_task("  bucket -> queue -> ingest_kb", total=len(paths))
        results = [*progress.track(upload(target, paths), task_id=task)]
    if lost := [result.source for result in results if result.status != "ready"]:
        raise NotIngestedError(", ".join(lost))
    return sum(result.chunk_count for result in results)
