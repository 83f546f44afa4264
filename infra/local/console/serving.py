"""Serves the console beside a cloud."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.cloud.description import Cloud
from infra.local.processes import HOST, ROOT, running

FOLDER = ROOT / "clients" / "console"
DIST = FOLDER / "dist"


def is_built() -> bool:
    return (DIST / "index.html").exists()


@contextlib.contextmanager
def serving(cloud: Cloud, log: Path, dist: Path = DIST) -> Iterator[str]:
    """The console of a cloud at the address that the cloud lets in (`console_url`), which is what is yielded."""
    address = urlsplit(cloud.console_url)
    host = address.hostname or HOST
    config = {"apiUrl": cloud.api_url, "supabaseUrl": cloud.supabase_url, "supabaseAnonKey": cloud.anon_key}
    reached = {
        f"{url.scheme}://{url.netloc}"
        for url in map(urlsplit, (cloud.api_url, cloud.ws_url, cloud.supabase_url, cloud.aws_endpoint_url))
    }
    options = [
        *("--host", host, "--dist", str(dist), "--config", json.dumps(config)),
        *(word for origin in sorted(reached) for word in ("--reach", origin)),
    ]
    ready = "/config.json"
    with running("infra.local.console", *options, ready=ready, log=log, port=address.port, host=host) as url:
        yield url
