"""`python -m infra.local.cloud up | down | reset | url | serve`: keep a cloud running, or be its process."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from infra.local.cloud.description import APP_ENV, BUILD, PATH, Cloud
from infra.local.cloud.place import Place, SettingsError, web_origins
from infra.local.cloud.reloading import reloading
from infra.local.cloud.running import running_cloud
from infra.local.console import serving as console
from infra.local.processes import HOST, ROOT, eventually

PID = BUILD / "cloud.pid"
LOG = BUILD / "cloud.log"
UP_WITHIN = 180.0  # seconds; 20 are usual on two cores
DOWN_WITHIN = 30.0


def serve() -> int:
    """Run the cloud until SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        place = Place.of_this_checkout(os.environ, _say)
        with running_cloud(lambda done, seconds: _say(f"{seconds:6.1f} s  {done}"), place=place) as cloud:
            _say(f"          Pages of {web_origins(place, os.environ).replace(',', ', ')} may call the API")
            with _console(cloud), reloading(cloud.aws_endpoint_url, _say):
                cloud.save()
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except SettingsError as fault:
        _say(str(fault))
        return 1
    finally:
        for path in (PATH, APP_ENV, PID):
            path.unlink(missing_ok=True)
    return 0


def _console(cloud: Cloud) -> contextlib.AbstractContextManager[object]:
    if console.is_built():
        return console.serving(cloud, BUILD / "console.log")
    _say("The console is not built, so it is not served: `make up` builds it.")
    return contextlib.nullcontext()


def up() -> int:
    """Start `serve` in the background and wait until it is ready."""
    if _running_pid():
        print("The cloud is up already.", _addresses(Cloud.load()), sep="\n")
        return 0
    BUILD.mkdir(exist_ok=True)
    PATH.unlink(missing_ok=True)
    with LOG.open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.local.cloud", "serve"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    PID.write_text(str(process.pid))
    if not eventually(PATH.exists, UP_WITHIN, process):
        process.terminate()
        print(LOG.read_text(), f"The cloud did not come up; its log is {_shown(LOG)}.", sep="\n", file=sys.stderr)
        return 1
    print(LOG.read_text(), _addresses(Cloud.load()), sep="\n")
    return 0


def _addresses(cloud: Cloud) -> str:
    host = urlsplit(cloud.api_url).hostname
    lines = [
        f"  console     {cloud.console_url}" if console.is_built() else "",
        f"  API         {cloud.api_url}      curl -s {cloud.api_url}/health",
        f"  WebSocket   {cloud.ws_url}",
        f"  Supabase    {cloud.supabase_url}",
        f"  buckets     {cloud.aws_endpoint_url}/{cloud.kb_bucket}, …/{cloud.rooms_bucket}",
        f"  for an app  {_shown(APP_ENV)}; all keys, and the database: {_shown(PATH)}",
        "  next        make user EMAIL=… · make operator EMAIL=… · make kb · make logs · make down (keeps the data)",
    ]
    if host != HOST:
        warning = (
            f"Whoever is in the network of {host} reaches it, and can read and write files: only where you trust it."
        )
        lines.append(f"\n{warning}")
    return "\n".join(filter(None, lines))


def reset() -> int:
    """Empty the cloud of this checkout, which must be down."""
    if _running_pid():
        print("The cloud is up: `make down` first.", file=sys.stderr)
        return 1
    Place.of_this_checkout({}, lambda _: None).reset()
    print("The cloud of this checkout is empty.")
    return 0


def down() -> int:
    """End the cloud of this checkout, and return when every process of it is gone."""
    pid = _running_pid()
    if not pid:
        print("No cloud is up.")
        return 0
    os.kill(pid, signal.SIGTERM)
    if not eventually(lambda: _running_pid() is None, DOWN_WITHIN):
        print(f"Process {pid} does not end; see {_shown(LOG)}.", file=sys.stderr)
        return 1
    print("The cloud is down; its data are kept for the next `make up`.")
    return 0


def url() -> int:
    """Print the address of the API, for shell scripts."""
    if not _running_pid():
        print("No cloud is up: `make up`.", file=sys.stderr)
        return 1
    print(Cloud.load().api_url)
    return 0


def _running_pid() -> int | None:
    """The process that serves this checkout's cloud, if it is alive."""
    with contextlib.suppress(FileNotFoundError, ValueError, ProcessLookupError):
        pid = int(PID.read_text())
        os.kill(pid, 0)
        return pid
    return None


def _say(line: str) -> None:
    print(line, flush=True)


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


COMMANDS = {"up": up, "down": down, "reset": reset, "url": url, "serve": serve}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=sorted(COMMANDS))
    sys.exit(COMMANDS[parser.parse_args().command]())
