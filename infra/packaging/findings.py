"""Insecure settings in the template: what checkov says against it is mended, or explained in findings.yml."""

import json
import re
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.local.locked_environment import interpreter

EXPLAINED = Path(__file__).with_name("findings.yml")
Finding = tuple[str, str, str]  # checkov's id, the logical id of the resource, what checkov says


class FindingError(Exception):
    """Something that nobody explained, or an explanation of what is no longer said."""


def check(template: Path) -> int:
    """How many checks a template passes. Raises FindingError."""
    checkov = interpreter("checkov").with_name("checkov")
    # Without --skip-download it asks its maker's server for texts.
    options = ["--framework", "cloudformation", "--compact", "--skip-download", "--output", "json"]
    # By its name alone: a path of forty letters and slashes looks like a secret key of AWS to it.
    options += ["--file", template.name]
    done = subprocess.run([checkov, *options], cwd=template.parent, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout)
        findings = list(_findings(told))
    except (ValueError, KeyError):
        raise FindingError(f"checkov did not look: {done.stdout}{done.stderr}") from None
    if faults := unexplained(findings, yaml.safe_load(EXPLAINED.read_text())):
        raise FindingError("\n".join(faults))
    return int(told["summary"]["passed"])


def unexplained(findings: Iterable[Finding], explained: Mapping[str, Mapping[str, str]]) -> list[str]:
    """What is said and not explained, and what is explained and not said."""
    said, faults = set(), []
    for name, resource, words in findings:
        known = explained.get(name)
        if known and re.fullmatch(known.get("of", ".*"), resource):
            said.add(name)
        else:
            faults.append(f"{name} {resource}: {words}")
    return faults + [f"{name} is explained in {EXPLAINED.name} and not said" for name in explained if name not in said]


def _findings(told: Mapping[str, Any]) -> Iterable[Finding]:
    for one in told["results"]["failed_checks"]:
        yield one["check_id"], one["resource"].rpartition(".")[2], one["check_name"]
