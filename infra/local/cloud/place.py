"""Where a cloud has its data and where it listens: anywhere and for once, or at the same place each time."""

import contextlib
import hashlib
import ipaddress
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from infra.local.postgres.processes import Account, can_run
from infra.local.processes import HOST, ROOT, free_port, is_free

DATA = ROOT / "build" / "data"
PORTS = "ports.json"
Say = Callable[[str], None]


class SettingsError(Exception):
    """What is set cannot work; the message says why."""


@dataclass(frozen=True)
class Ports:
    """Of what a client may speak to; first those that the Supabase CLI and emulators of AWS have."""

    supabase: int = 54321
    aws: int = 4566
    database: int = 54322
    console: int = 54323

    @classmethod
    def free(cls) -> Self:
        """Such as nobody listens on now."""
        return cls(**{field.name: free_port() for field in fields(cls)})


@dataclass(frozen=True)
class Place:
    """`host` is also that of every address handed out. What is not `kept` is for this one time."""

    data: Path
    ports: Ports
    host: str = HOST
    kept: bool = False

    @classmethod
    def for_once(cls, directory: Path) -> Self:
        """Empty, and on ports that nobody else has: two can be side by side."""
        return cls(directory, Ports.free())

    @classmethod
    def of_this_checkout(cls, environment: Mapping[str, str], say: Say, data: Path = DATA) -> Self:
        """The data of the last time, and its ports as far as they are free; `say` is told of one that is not.

        Raises SettingsError for a HERCULES_HOST that is no address of this machine.
        """
        host = _host(environment)
        data.mkdir(mode=0o755, parents=True, exist_ok=True)
        remembered = data / PORTS
        known = json.loads(remembered.read_text()) if remembered.exists() else {}
        wanted = Ports(**known)
        found = {name: _free(port, host) for name, port in asdict(wanted).items()}
        for name, port in asdict(wanted).items():
            if found[name] != port:
                say(f"Port {port} ({name}) is taken by another program: this time it is {found[name]}.")
        remembered.write_text(json.dumps(found | known))
        return cls(data, Ports(**found), host, kept=True)

    @property
    def console_url(self) -> str:
        """Where the console of the cloud is, if it is served; its pages may call the cloud."""
        return f"http://{self.host}:{self.ports.console}"

    def secret(self, name: str, make: Callable[[], str] = lambda: secrets.token_urlsafe(24)) -> str:
        """A secret of this place, made when it is first asked for; only the owner can read its file."""
        path = self.data / name
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(make())
        return path.read_text()

    @property
    def objects(self) -> Path | None:
        """The folder of what is in buckets."""
        return self.data / "objects" if self.kept else None

    @property
    def database(self) -> Path | None:
        """The folder of PostgreSQL's data.

        PostgreSQL does not run as root, and as somebody else it finds no way into a checkout below /root: then they are
        in /var/tmp, which outlives a restart.
        """
        if not self.kept:
            return None
        if can_run(Account.unprivileged(), ["/bin/sh", "-c", 'cd "$1"', "sh", str(self.data)], Path("/")):
            return self.data / "postgres"
        self._aside.mkdir(mode=0o711, exist_ok=True)
        if self._aside.is_symlink() or self._aside.stat().st_uid != os.geteuid():
            raise SettingsError(f"{self._aside} belongs to somebody else")
        return self._aside / "postgres"

    @property
    def _aside(self) -> Path:
        return Path("/var/tmp") / f"hercules-{hashlib.sha256(str(self.data).encode()).hexdigest()[:12]}"  # noqa: S108

    def reset(self) -> None:
        """Forget everything but the ports."""
        shutil.rmtree(self._aside, ignore_errors=True)
        for path in self.data.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != PORTS:
                path.unlink()


def web_origins(place: Place, environment: Mapping[str, str]) -> str:
    """Whose pages may call the cloud: those that are set, or apps under development, and the cloud's own console.

    Under development are apps on Expo's and Vite's servers, on this machine and at the place's host.
    """
    names = dict.fromkeys(("localhost", place.host))
    of_apps = ",".join(f"http://{name}:{port}" for name in names for port in (8081, 5173))
    of_console = (f"http://{name}:{place.ports.console}" for name in names)
    return ",".join((environment.get("CORS_ALLOWED_ORIGINS") or of_apps, *of_console))


def _host(environment: Mapping[str, str]) -> str:
    host = environment.get("HERCULES_HOST") or HOST
    with contextlib.suppress(ValueError, OSError):
        if not ipaddress.IPv4Address(host).is_unspecified and is_free(0, host):
            return host
    raise SettingsError(f"HERCULES_HOST={host} is no IPv4 address of this machine, such as 192.168.1.5")


def _free(port: int, host: str) -> int:
    return port if is_free(port, host) and is_free(port) else free_port()
