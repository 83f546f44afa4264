"""`make fuzz`: ask a laptop cloud of its own everything that schemathesis can think of; some ten minutes."""

import sys
import tempfile
from pathlib import Path

from infra.local.cloud.running import running_cloud
from tests.support.fuzzing.runs import runs


def main() -> int:
    failures = 0
    with tempfile.TemporaryDirectory() as folder, running_cloud() as cloud:
        for who, run in runs(cloud, Path(folder), *sys.argv[1:]):
            sys.stdout.write(f"{run.said}\nAs {who}: {run.requests} requests, {run.failures} failures\n\n")
            failures += run.failures
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
