"""The one logger. User text never goes into it."""

import traceback

from aws_lambda_powertools import Logger

from shared.platform import settings

SERVICE = "hercules"
NAMESPACE = "Hercules"

logger = Logger(service=SERVICE, utc=True)


def count(metric: str) -> None:
    """Count one event of this stage in CloudWatch: an alarm looks at it."""
    measure(metric, 1, "Count")


def measure(metric: str, value: float, unit: str, **dimensions: str) -> None:
    """Give CloudWatch a value of this stage, by a line of the log (EMF). `unit` is one of CloudWatch's."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # a tenth of a second, not paid by every start

    with single_metric(name=metric, unit=MetricUnit(unit), value=value, namespace=NAMESPACE) as measured:
        for name, said in {"stage": settings.load(settings.PlatformSettings).stage, **dimensions}.items():
            measured.add_dimension(name=name, value=said)


def log_fault(message: str, fault: BaseException) -> None:
    """Log an unexpected exception by its type and the lines it passed.

    Its message is left out: validation errors, database errors and the like quote what the user wrote.
    """
    frames = traceback.extract_tb(fault.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    logger.error(message, fault=type(fault).__name__, where=where)
