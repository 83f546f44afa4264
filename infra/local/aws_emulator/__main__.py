"""Serve AWS on this machine: `python -m infra.local.aws_emulator --port 4566`.

Ready when /_ministack/health answers; ends on SIGTERM.
"""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

import hypercorn.asyncio
from hypercorn.config import Config

from infra.local.aws_emulator import environment


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="hercules-aws-", dir=arguments.directory) as directory:
        settings = environment.of_the_emulator(arguments.port, Path(directory), arguments.concurrency)
        kept = environment.without_host_aws_config(os.environ)
        os.environ.clear()
        os.environ.update(kept | settings)
        tempfile.tempdir = None  # chosen anew, from the TMPDIR set meanwhile
        serve(arguments.port)
    # Threads of executions that wait for their owner would keep the process for days.
    os._exit(0)


def serve(port: int) -> None:
    """ministack behind hypercorn, until SIGTERM or SIGINT; then the functions' workers are ended."""
    # Imported here: ministack reads its settings when it is imported.
    from ministack.app import app
    from ministack.core import lambda_runtime

    from infra.local.aws_emulator import patches

    patches.apply()
    config = Config.from_mapping(bind=[f"127.0.0.1:{port}"], graceful_timeout=1, loglevel="WARNING")
    try:
        asyncio.run(hypercorn.asyncio.serve(app, config))
    finally:
        lambda_runtime.reset()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.aws_emulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--directory", help="where to put its temporary files (default: the system's place)")
    parser.add_argument(
        "--concurrency",
        type=int,
        # A turn mostly waits for the model; so do the eight agents of a room, and their owner is to be heard meanwhile.
        default=max(12, 4 * (os.cpu_count() or 1)),
        help="functions running at once, at some 100 MB each (default: 4 per core, at least 12)",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
