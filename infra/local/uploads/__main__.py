"""`make kb DIR=…`: put the files of a folder into the knowledge base, by way of the bucket as the cloud does."""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from infra.local.uploads import target
from infra.local.uploads.folder import Result, files, upload


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    console = Console(highlight=False)
    paths = files(folder)
    if not paths:
        console.print(f"There are no files in {escape(str(folder))}.")
        return 1
    try:
        with target.chosen() as chosen, Progress(console=console, transient=True) as progress:
            task = progress.add_task("  bucket -> queue -> ingest_kb", total=len(paths))
            results = [*progress.track(upload(chosen, paths), task_id=task)]
    except FileNotFoundError:
        console.print("No cloud is up: `make up`. Or set KNOWLEDGE_BUCKET, SUPABASE_URL and SUPABASE_SERVICE_KEY.")
        return 1
    console.print(_table(results))
    return 0 if all(result.status == "ready" for result in results) else 1


def _table(results: list[Result]) -> Table:
    table = Table("source", "status", "code", "chunks", "seconds")
    colours = {"ready": "green", "failed": "red"}
    for result in sorted(results, key=lambda result: result.source):
        status = f"[{colours.get(result.status, 'yellow')}]{result.status}[/]"
        table.add_row(
            escape(result.source), status, result.error_code or "", str(result.chunk_count), f"{result.seconds:.1f}"
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
