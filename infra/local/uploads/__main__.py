"""`make kb DIR=…`: put the files of a folder into the knowledge base, by way of the bucket as the cloud does."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from infra.local.uploads.folder import Result, chosen_target, files, upload

COLOURS = {"ready": "green", "failed": "red"}


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
        with chosen_target() as target, Progress(console=console, transient=True) as progress:
            task = progress.add_task("  bucket -> queue -> ingest_kb", total=len(paths))
            results = [*progress.track(upload(target, paths), task_id=task)]
    except FileNotFoundError:
        console.print("No cloud is up: `make up`. Or set KNOWLEDGE_BUCKET, SUPABASE_URL and SUPABASE_SERVICE_KEY.")
        return 1
    console.print(_table(results))
    _report_stale(console, results)
    return 0 if all(result.status == "ready" for result in results) else 1


def _report_stale(console: Console, results: list[Result]) -> None:
    found = [(each.source, each.staleness(datetime.now(UTC).date())) for each in results if each.status == "ready"]
    stale = sorted(f"{source} ({why})" for source, why in found if why)
    if stale:
        console.print(f"[yellow]To be reviewed:[/] {escape(', '.join(stale))}")


def _table(results: list[Result]) -> Table:
    table = Table("source", "status", "code", "chunks", "questions", "seconds")
    for each in sorted(results, key=lambda result: result.source):
        status = f"[{COLOURS.get(each.status, 'yellow')}]{each.status}[/]"
        counts = str(each.chunk_count), str(len(each.questions))
        table.add_row(escape(each.source), status, each.error_code or "", *counts, f"{each.seconds:.1f}")
    return table


if __name__ == "__main__":
    sys.exit(main())
