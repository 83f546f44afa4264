"""The one logger. User text never goes into it."""

import json
import sys
import time
import traceback
from collections.abc import Mapping

from aws_lambda_powertools import Logger

from shared.platform import settings

SERVICE = "hercules"
NAMESPACE = "Hercules"

logger = Logger(service=SERVICE, utc=True)


# A value, and one of the units of CloudWatch.
Value = tuple[float, str]


def count(metric: str, **dimensions: str) -> None:
    """Count one event of this stage in CloudWatch: an alarm looks at it."""
    measure(metric, 1, "Count", **dimensions)


def measure(metric: str, value: float, unit: str, **dimensions: str) -> None:
    """Give CloudWatch a value of this stage. `unit` is one of CloudWatch's."""
    measure_together({metric: (value, unit)}, **dimensions)


def measure_together(values: Mapping[str, Value], **dimensions: str) -> None:
    """Give CloudWatch values of one thing, by a line of the log: for the stage, and for the dimensions in it.

    Written here: Powertools' metrics take a tenth of a second to import.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    named = {"stage": settings.load(settings.PlatformSettings).stage, **dimensions}
    wholes = [["stage"], list(named)] if dimensions else [["stage"]]
    metrics = [{"Name": name, "Unit": unit} for name, (_, unit) in values.items()]
    directive = {"Namespace": NAMESPACE, "Dimensions": wholes, "Metrics": metrics}
    embedded = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    line = {"_aws": embedded, **named, **{name: value for name, (value, _) in values.items()}}
    sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")


def log_unhandled(fault: BaseException) -> None:
    """Log and count what nobody expected: a bug, of which an alarm tells."""
    log_fault("unhandled", fault)
    count("Faults")


def log_fault(message: str, fault: BaseException) -> None:
    """Log an unexpected exception by its type and the lines it passed.

    Its message is left out: validation errors, database errors and the like quote what the user wrote.
    """
    frames = traceback.extract_tb(fault.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    logger.error(message, fault=type(fault).__name__, where=where)
