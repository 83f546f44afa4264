"""Runs one function in this process, from the first import to its first answer. Prints {modules, ms}.

Of what may be read as often as one likes, also `warm_cpu_ms`: what one more request takes of the processor.

Arguments: the function's name, and `ours` or `naive`; the event comes in by standard input.
"""

import json
import sys
import time

EVENT = json.load(sys.stdin)
FUNCTION, FORM = sys.argv[1:]
MORE = 200  # requests
sys.path.insert(0, ".")

from tests.bench.harness.invoking import invoke  # noqa: E402
from tests.bench.harness.layer import hide_development_tools  # noqa: E402

hide_development_tools()
BEGAN = time.perf_counter()


def naively() -> None:
    """What a first version of such a function has at its top."""
    import os

    import boto3
    import fastapi
    import openai
    import supabase
    from aws_lambda_powertools import Logger, Metrics, Tracer  # noqa: F401
    from mangum import Mangum

    fastapi.FastAPI()
    supabase.create_client(os.environ["SUPABASE_URL"], os.environ["SUPABASE_ANON_KEY"])
    openai.OpenAI(api_key="none").chat.completions  # noqa: B018 - loads what the first call would
    boto3.client("s3")
    Mangum  # noqa: B018


if FORM == "naive":
    naively()
invoke(FUNCTION, EVENT)
milliseconds = (time.perf_counter() - BEGAN) * 1000
figures = {"modules": len(sys.modules), "ms": milliseconds}
if FORM == "ours" and FUNCTION.startswith(("get_", "list_", "health")):
    began = time.process_time()
    for _ in range(MORE):
        invoke(FUNCTION, EVENT)
    figures["warm_cpu_ms"] = (time.process_time() - began) * 1000 / MORE
sys.stdout.write("\n" + json.dumps(figures) + "\n")
