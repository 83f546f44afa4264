"""Lets each function answer its event, all in this process. {function: event} comes in by standard input."""

import json
import sys

sys.path.insert(0, ".")

from tests.bench.harness.invoking import invoke

for name, event in json.load(sys.stdin).items():
    invoke(name, event)
