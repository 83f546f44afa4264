"""`python -m tests.unit.aws_emulator.upstream --port N`: ministack as it comes, in the environment of ours."""

import argparse
import asyncio
import os
import tempfile
from pathlib import Path

from infra.local.aws_emulator import environment


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--concurrency", type=int, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        told = environment.of_the_emulator(arguments.port, Path(directory), arguments.concurrency)
        os.environ.update(told)
        # Imported here: ministack reads its settings when it is imported.
        from hypercorn.asyncio import serve
        from hypercorn.config import Config
        from ministack.app import app

        config = Config()
        config.bind = [f"127.0.0.1:{arguments.port}"]
        asyncio.run(serve(app, config))


if __name__ == "__main__":
    main()
