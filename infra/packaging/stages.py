"""The stages that can be deployed: infra/stages/<stage>.yml, reviewed like code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_NAME = re.compile(r"[a-z][a-z0-9]{1,15}")  # a part of buckets' names
_SETTING = re.compile(r"\$\{env:(\w+)")
_TOP = {"account", "region", "alarm_email", "concurrency", "settings"}


class UnfitStageError(Exception):
    """A stage cannot be deployed as it is written; the message says what to change."""


@dataclass(frozen=True)
class Stage:
    """Where one deployment lives, and how it is set. No key is in here."""

    name: str = "dev"
    account: str = ""
    region: str = "eu-central-1"
    settings: Mapping[str, str] = field(default_factory=dict)  # what serverless.yml takes from the environment
    alarm_email: str = ""  # who is told of alarms; empty: nobody
    concurrency: Mapping[str, int] = field(default_factory=dict)  # so many of a function at once, always


def read(root: Path, name: str) -> Stage:
    """The stage of that name. UnfitStageError where its file is missing or names what there is not."""
    path = root / "infra" / "stages" / f"{name}.yml"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise UnfitStageError(f"There is no infra/stages/{name}.yml.")
    written: dict[str, Any] = yaml.safe_load(path.read_text()) or {}
    settings = {key: str(value) for key, value in (written.get("settings") or {}).items()}
    known = set(_SETTING.findall((root / "serverless.yml").read_text())) - {"AWS_REGION"}
    unknown = sorted({*written} - _TOP) + sorted({*settings} - known)
    if unknown:
        raise UnfitStageError(f"infra/stages/{name}.yml has {', '.join(unknown)}, which nothing reads.")
    return Stage(
        name,
        str(written.get("account") or ""),
        str(written.get("region") or ""),
        settings,
        str(written.get("alarm_email") or ""),
        written.get("concurrency") or {},
    )
