"""What the README's first command shows, from its first line to its last."""

import subprocess
import sys

from infra.local.processes import ROOT


def test_the_demo_plays_all_its_steps_on_a_cloud_of_its_own() -> None:
    demo = subprocess.run(
        [sys.executable, "-m", "infra.local.demo"], cwd=ROOT, text=True, capture_output=True, check=False
    )
    assert demo.returncode == 0, (demo.stdout + demo.stderr)[-3000:]
    assert "That cloud is gone again." in demo.stdout
