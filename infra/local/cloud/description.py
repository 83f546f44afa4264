"""What other programs need to know of a running cloud: `build/cloud.json`, and of that an app `build/app.env`."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from infra.local.aws_emulator.deploy import Outputs
from infra.local.processes import ROOT

BUILD = ROOT / "build"
PATH = BUILD / "cloud.json"
APP_ENV = BUILD / "app.env"
PREFIXES = ("EXPO_PUBLIC_", "VITE_")  # of the variables that Expo and Vite build into an app


@dataclass(frozen=True)
class Cloud(Outputs):
    """Addresses and keys. The service key opens everything: the file is for its owner only."""

    supabase_url: str
    anon_key: str
    service_key: str
    database_url: str  # empty when SUPABASE_URL points to a project whose database we do not reach
    openai_base_url: str
    gemini_base_url: str  # empty without Gemini
    aws_endpoint_url: str
    webhook_secret: str
    console_url: str  # whether it is served or not

    @classmethod
    def load(cls, path: Path = PATH) -> Self:
        """Raises FileNotFoundError when no cloud is up."""
        return cls(**json.loads(path.read_text()))

    @classmethod
    def running(cls) -> Self:
        """The one that is up; a command that needs it ends without it."""
        try:
            return cls.load()
        except FileNotFoundError:
            sys.exit("No cloud is up: `make up`.")

    @property
    def app_env(self) -> str:
        """What an app may know, as variables of its build; no secret is among them."""
        known = {
            "HERCULES_URL": self.api_url,
            "HERCULES_WS_URL": self.ws_url,
            "SUPABASE_URL": self.supabase_url,
            "SUPABASE_ANON_KEY": self.anon_key,
        }
        return "".join(f"{prefix}{name}={value}\n" for prefix in PREFIXES for name, value in known.items())

    def save(self, path: Path = PATH, app_env: Path = APP_ENV) -> None:
        path.parent.mkdir(exist_ok=True)
        app_env.write_text(self.app_env)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
