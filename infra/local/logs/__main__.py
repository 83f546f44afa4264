"""`make logs`: what the functions of the cloud that is up log, as lines for people, until Ctrl-C."""

import argparse
import contextlib
import json
import operator
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.environment import STAGE
from infra.local.cloud.description import Cloud

PREFIX = f"/aws/lambda/hercules-{STAGE}-"
INTERVAL = 1.0  # seconds between two looks
# What Lambda says of each invocation, and members of a line that say the same of each one.
OF_LAMBDA = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
LEFT_OUT = ("level", "location", "message", "timestamp", "service", "cold_start", "xray_trace_id", "_aws")


@dataclass
class Logs:
    """The log groups of the functions; each event is given out once."""

    logs: Any
    function: str = ""  # empty: all of them
    _since: dict[str, int] = field(default_factory=dict)
    _seen: set[tuple[str, ...]] = field(default_factory=set)

    def new(self) -> list[tuple[int, str, str]]:
        """Time in milliseconds, function and message of what has come since the last call, in order of time."""
        groups = self.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=PREFIX + self.function)
        names = [group["logGroupName"] for page in groups for group in page["logGroups"]]
        return sorted((event for name in names for event in self._new_of(name)), key=operator.itemgetter(0))

    def _new_of(self, group: str) -> Iterator[tuple[int, str, str]]:
        found = self.logs.get_paginator("filter_log_events")
        for page in found.paginate(logGroupName=group, startTime=self._since.get(group, 0)):
            for event in page["events"]:
                moment, message = event["timestamp"], event["message"].rstrip()
                known = (event["logStreamName"], str(moment), message)
                if known not in self._seen:
                    self._seen.add(known)
                    self._since[group] = max(moment, self._since.get(group, 0))
                    yield moment, group.removeprefix(PREFIX), message


def as_line(moment: int, function: str, message: str) -> str | None:
    """One event for people, with what is special about it; None for what Lambda says of every invocation."""
    if message.startswith(OF_LAMBDA) or not message:
        return None
    at = datetime.fromtimestamp(moment / 1000, UTC).astimezone().strftime("%H:%M:%S")
    try:
        told = json.loads(message)
        level, text = told.get("level", "INFO"), told.get("message", "")
        more = [f"{name}={value}" for name, value in told.items() if name not in LEFT_OUT]
    except (ValueError, AttributeError):
        level, text, more = "", message, []
    return " ".join([at, f"{function:<20}", f"{level:<7}", str(text), *more])


def main() -> int:
    arguments = _arguments()
    cloud = Cloud.running()
    logs = Logs(client("logs", cloud.aws_endpoint_url), arguments.function)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            for line in filter(None, (as_line(*event) for event in logs.new())):
                print(line, flush=True)
            if arguments.once:
                break
            time.sleep(INTERVAL)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.local.logs", description=__doc__)
    parser.add_argument("--function", default="", help="such as send_message (default: all)")
    parser.add_argument("--once", action="store_true", help="show what there is, and do not wait for more")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
