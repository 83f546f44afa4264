"""ministack behind hypercorn, on 127.0.0.1 only. Import it after its environment has been set."""

import asyncio
import tempfile

from hypercorn.asyncio import serve as hypercorn_serve
from hypercorn.config import Config
from ministack.app import app
from ministack.core import lambda_runtime

from infra.local.aws_emulator import patches


def serve(port: int) -> None:
    """Serve until SIGTERM or SIGINT, then end the functions' workers."""
    tempfile.tempdir = None  # chosen anew, from the TMPDIR set meanwhile
    patches.apply()
    config = Config()
    config.bind = [f"127.0.0.1:{port}"]
    config.graceful_timeout = 1
    config.loglevel = "WARNING"
    try:
        asyncio.run(hypercorn_serve(app, config))
    finally:
        lambda_runtime.reset()
