"""The one logger. User text never goes into it."""

import traceback

from aws_lambda_powertools import Logger

SERVICE = "hercules"

logger = Logger(service=SERVICE, utc=True)


def log_fault(message: str, fault: BaseException) -> None:
    """Log an unexpected exception by its type and the lines it passed.

    Its message is left out: validation errors, database errors and the like quote what the user wrote.
    """
    frames = traceback.extract_tb(fault.__traceback__)
    where = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-8:]]
    logger.error(message, fault=type(fault).__name__, where=where)
