"""What other programs need to know of a running cloud: `build/cloud.json`."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from infra.local.aws_emulator.deploy import Outputs
from infra.local.processes import ROOT

BUILD = ROOT / "build"
PATH = BUILD / "cloud.json"


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

    @classmethod
    def load(cls, path: Path = PATH) -> Self:
        """Raises FileNotFoundError when no cloud is up."""
        return cls(**json.loads(path.read_text()))

    def save(self, path: Path = PATH) -> None:
        path.parent.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
