"""`python -m infra.local.cloud up | down | url | serve`: keep a cloud running, or be the process that runs it."""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from infra.local.cloud.description import BUILD, PATH, Cloud
from infra.local.cloud.running import running_cloud
from infra.local.cloud.services import SettingsError
from infra.local.processes import ROOT, eventually

PID = BUILD / "cloud.pid"
LOG = BUILD / "cloud.log"
UP_WITHIN = 180.0  # seconds; 20 are usual on two cores
DOWN_WITHIN = 30.0


def serve() -> int:
    """Run the cloud until SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running_cloud(lambda done, seconds: print(f"{seconds:6.1f} s  {done}", flush=True)) as cloud:
            cloud.save()
            signal.pause()
    except KeyboardInterrupt:
        return 0
    except SettingsError as fault:
        print(fault, file=sys.stderr)
        return 1
    finally:
        PATH.unlink(missing_ok=True)
        PID.unlink(missing_ok=True)
    return 0


def up() -> int:
    """Start `serve` in the background and wait until it is ready."""
    if _running_pid():
        print(f"The cloud is up already; {_shown(PATH)} says where. `make down` ends it.")
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
    cloud = Cloud.load()
    print(LOG.read_text(), f"{_shown(PATH)} has the addresses and keys. `make down` ends it.", sep="\n")
    print(f"  curl -s {cloud.api_url}/health")
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
    print("The cloud is down.")
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


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


COMMANDS = {"up": up, "down": down, "url": url, "serve": serve}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=sorted(COMMANDS))
    sys.exit(COMMANDS[parser.parse_args().command]())
