"""Serve AWS on this machine: `python -m infra.local.aws_emulator --port 4566`.

Ready when /_ministack/health answers; ends on SIGTERM.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import cast

import hypercorn.asyncio
from hypercorn.config import Config
from hypercorn.typing import Framework

from infra.local.aws_emulator import environment
from infra.local.processes import HOST


def main() -> None:
    arguments = _arguments()
    with tempfile.TemporaryDirectory(prefix="hercules-aws-", dir=arguments.directory) as directory:
        if arguments.objects:
            forget_deployments(arguments.objects)
        settings = environment.of_the_emulator(
            arguments.port, Path(directory), arguments.concurrency, arguments.host, arguments.objects
        )
        kept = environment.without_host_aws_config(os.environ)
        os.environ.clear()
        os.environ.update(kept | settings)
        tempfile.tempdir = None  # chosen anew, from the TMPDIR set meanwhile
        serve(arguments.port, arguments.host, tuple(filter(None, arguments.limits.split(","))))
    # Threads of executions that wait for their owner would keep the process for days.
    os._exit(0)


def forget_deployments(objects: Path) -> None:
    """Remove what earlier deployments have uploaded: each brings its own bucket."""
    for bucket in objects.rglob("*-serverlessdeploymentbucket-*"):
        shutil.rmtree(bucket, ignore_errors=True)


def serve(port: int, host: str, limits: tuple[str, ...] = ()) -> None:
    """ministack behind hypercorn, until SIGTERM or SIGINT; then the functions' workers are ended."""
    # Imported here: ministack reads its settings when it is imported.
    from ministack.app import app
    from ministack.core import lambda_runtime

    from infra.local.aws_emulator import limits as of_aws
    from infra.local.aws_emulator import patches
    from infra.local.aws_emulator.front_door import FrontDoor

    patches.apply(queueing="throttling" not in limits)
    of_aws.apply(limits)
    config = Config.from_mapping(bind=[f"{host}:{port}"], graceful_timeout=1, loglevel="WARNING")
    try:
        asyncio.run(hypercorn.asyncio.serve(cast("Framework", FrontDoor(app)), config))
    finally:
        lambda_runtime.reset()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.aws_emulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default=HOST, help="the address to listen on, also that of its URLs")
    parser.add_argument("--objects", type=Path, help="a folder that keeps what is in buckets (default: nothing does)")
    parser.add_argument("--directory", help="where to put its temporary files (default: the system's place)")
    parser.add_argument(
        "--concurrency",
        type=int,
        # A turn mostly waits for the model; so do the eight agents of a room, and their owner is to be heard meanwhile.
        default=max(12, 4 * (os.cpu_count() or 1)),
        help="functions running at once, at some 100 MB each (default: 4 per core, at least 12)",
    )
    parser.add_argument(
        "--limits", default="", help="of AWS, to be kept: throttling, cut-off, payloads, repetition, waits, states"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
