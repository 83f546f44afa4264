"""Deploy a stage, look at it, or go back: `python -m infra.deployment deploy|smoke|rollback --stage prod`."""

import argparse
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3

from infra.deployment import preflight
from infra.deployment.account import Account
from infra.deployment.difference import difference
from infra.deployment.rollback import NoWayBackError, roll_back
from infra.deployment.smoke import smoke
from infra.local.processes import ROOT
from infra.packaging import osls
from infra.packaging.layer import UnfitLayerError, build_layers
from infra.packaging.stages import Stage, UnfitStageError, read
from infra.packaging.table import UnfitTableError
from infra.packaging.template import LintError, compile_template, lint

LAYERS = ROOT / "build"
TEMPLATE = ROOT / "build" / "cloudformation" / "template.json"
# Settings come from the stage's file alone, whatever else the environment holds; an emulator's address is for nobody.
_ITS_OWN = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION")
_MACHINE = ("HOME", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")


class StoppedError(Exception):
    """Nothing more is done; the message says why."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m infra.deployment", description=__doc__)
    parser.add_argument("command", choices=sorted(_COMMANDS))
    parser.add_argument("--stage", required=True)
    parser.add_argument("--yes", action="store_true", help="ask nothing: for a pipeline in which somebody has approved")
    arguments = parser.parse_args()
    stage = read(ROOT, arguments.stage)
    session: Any = boto3.Session(region_name=stage.region or None)
    _COMMANDS[arguments.command](stage, Account(lambda service: session.client(service)), asks=not arguments.yes)


def deploy(stage: Stage, account: Account, *, asks: bool) -> None:
    """Look, build, show what would change, ask, upload, and look again."""
    _stop_at(preflight.faults(ROOT, stage, account), "Nothing is deployed:")
    environment = environment_of(stage, dict(os.environ))
    lint(compile_template(ROOT, TEMPLATE, stage))
    template = _compiled()
    _stop_at(preflight.too_large(template), "Nothing is deployed:")
    changes = difference(account.template(_stack(stage)), template)
    _say(*(changes or ["Only code changes."]))
    if asks and input(f"Deploy this to {stage.name} in {stage.account}, {stage.region}? [yes] ") != "yes":
        raise StoppedError("Nothing is deployed.")
    if not all(layer.compiled for layer in build_layers(ROOT, LAYERS)):
        raise StoppedError("There is no Python 3.13 to compile the layer with: uv python install 3.13")
    with tempfile.TemporaryDirectory(prefix="hercules-deploy-") as directory:
        osls.lay_out(ROOT, Path(directory), LAYERS, stage)
        now = {"DEPLOYED_AT": datetime.now(UTC).isoformat(timespec="seconds")}
        osls.run(Path(directory), "deploy", stage=stage.name, environment=environment | now, progress=_say)
    look(stage, account, asks=asks)


def look(stage: Stage, account: Account, *, asks: bool) -> None:  # noqa: ARG001 - asks nothing
    """Ask the deployment from outside whether it is well."""
    url = f"https://{account.outputs(_stack(stage))['HttpApiId']}.execute-api.{stage.region}.amazonaws.com"
    key = account.parameter(f"/hercules/{stage.name}/supabase-service-key") or ""
    version = json.loads((ROOT / "package.json").read_text())["version"]
    _stop_at(smoke(url, key, version), f"{url} is not well. `make rollback STAGE={stage.name}` goes back:")
    _say(f"{url} is well.")


def go_back(stage: Stage, account: Account, *, asks: bool) -> None:
    """Deploy what was there before."""
    if asks and input(f"Take {stage.name} back to its deployment before? [yes] ") != "yes":
        raise StoppedError("Nothing is changed.")
    _say(f"{stage.name} is as it was packaged at {roll_back(account, _stack(stage))}.")


def environment_of(stage: Stage, own: dict[str, str]) -> dict[str, str]:
    """What the deployment tool sees: the stage's settings, and of the environment the credentials."""
    credentials = {name: value for name, value in own.items() if name.startswith("AWS_")}
    kept = {name: value for name, value in own.items() if name in _MACHINE} | credentials
    kept = {name: value for name, value in kept.items() if not name.startswith(_ITS_OWN)}
    return kept | dict(stage.settings) | {"AWS_REGION": stage.region}


def _compiled() -> dict[str, Any]:
    template: dict[str, Any] = json.loads(TEMPLATE.read_text())
    return template


def _stack(stage: Stage) -> str:
    return f"hercules-{stage.name}"


def _stop_at(faults: list[str], said: str) -> None:
    if faults:
        raise StoppedError("\n".join([said, *faults]))


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


_COMMANDS = {"deploy": deploy, "smoke": look, "rollback": go_back}
_EXPECTED = (
    StoppedError, UnfitStageError, NoWayBackError, LintError, UnfitLayerError, UnfitTableError, osls.OslsError,
)  # fmt: skip

if __name__ == "__main__":
    try:
        main()
    except _EXPECTED as error:
        sys.exit(str(error))
