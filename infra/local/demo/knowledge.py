"""The knowledge documents: put into the bucket, as an operator would, and held against what is cited of them."""

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from infra.local.cloud.description import Cloud
from infra.local.demo.checks import check
from infra.local.processes import ROOT
from infra.local.uploads.folder import of_cloud, upload
from shared.knowledge import front_matter

DOCUMENTS = ROOT / "infra" / "knowledge"


def documents() -> list[Path]:
    return sorted(DOCUMENTS.glob("*.md"))


def text_of(path: Path) -> str:
    """A document without what it says of itself."""
    return front_matter.split(path.read_bytes())[1].decode()


def questions_of(path: Path) -> list[str]:
    """Those that a document says it answers."""
    return list(front_matter.split(path.read_bytes())[0].questions)


def ingest(cloud: Cloud, console: Console) -> int:
    """Upload every document and return the number of chunks, once all are searchable. Raises StepError."""
    paths = {path.name: path for path in documents()}
    with of_cloud(cloud) as target, Progress(console=console, transient=True) as progress:
        task = progress.add_task("  bucket -> queue -> ingest_kb", total=len(paths))
        results = [*progress.track(upload(target, paths), task_id=task)]
    lost = [result.source for result in results if result.status != "ready"]
    check(not lost, f"every document comes through: {lost}")
    return sum(result.chunk_count for result in results)


def checked_citations(message: dict[str, Any]) -> list[dict[str, Any]]:
    """An answer's citations. Raises StepError unless each quote stands, word for word, in the document it names."""
    citations: list[dict[str, Any]] = message["metadata"]["citations"]
    for citation in citations:
        _check_quote(citation["quote"], DOCUMENTS / citation["source"])
    return citations


def check_quotes(document: str) -> None:
    """Raises StepError unless it quotes, and each quoted line stands, word for word, in the knowledge base."""
    quoted = [line.removeprefix("> ") for line in document.splitlines() if line.startswith("> ")]
    check(bool(quoted), "the document quotes its sources")
    for line in quoted:
        _check_quote(line, *documents())


def _check_quote(quote: str, *paths: Path) -> None:
    known = " ".join(" ".join(map(text_of, paths)).split())
    check(" ".join(quote.split()) in known, f"this is in the knowledge base: {quote}")
