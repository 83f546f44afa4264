"""The CloudFormation template that goes to AWS, compiled and linted without AWS."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from infra.local.aws_emulator.environment import of_clients
from infra.local.processes import free_port, running
from infra.packaging import osls
from infra.packaging.stages import Stage

# Whatever the deployment takes from the environment: the names of things, never a secret.
_EXAMPLE_SETTINGS = {
    "SUPABASE_URL": "https://example.supabase.co",
    "SUPABASE_ANON_KEY": "sb_publishable_example",
}


class LintError(Exception):
    """cfn-lint found something; the message is what it said."""


def compile_template(root: Path, target: Path, stage: Stage | None = None) -> Path:
    """Compile the serverless.yml of the project at `root` into the file `target`, for a stage or an example of one.

    osls asks CloudFormation which layer is deployed: an emulator answers that there is none. OslsError if it fails.
    """
    port = free_port()
    stage = stage or Stage(settings=_EXAMPLE_SETTINGS)
    environment = {**stage.settings, **of_clients(f"http://127.0.0.1:{port}")}
    with tempfile.TemporaryDirectory(prefix="hercules-template-") as directory:
        workspace, log = Path(directory) / "workspace", Path(directory) / "aws.log"
        workspace.mkdir()
        osls.lay_out(root, workspace, stage=stage)
        with running("infra.local.aws_emulator", port=port, ready="/_ministack/health", log=log):
            osls.run(workspace, "package", stage=stage.name, environment=environment)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(workspace / ".serverless" / "cloudformation-template-update-stack.json", target)
    return target


def lint(template: Path) -> None:
    """LintError if cfn-lint has anything to say about `template`."""
    # W3005, a DependsOn that a reference implies already: osls writes them.
    command = [str(Path(sys.prefix) / "bin" / "cfn-lint"), "--ignore-checks", "W3005", "--", str(template)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    if found.returncode:
        raise LintError(found.stdout + found.stderr)
