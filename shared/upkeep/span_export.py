"""Tells a collector of OpenTelemetry what has ended, where there is one: in the sweep, for which nobody waits."""

from shared.database.client import Database
from shared.platform.errors import UnavailableError
from shared.platform.observability import count, logger
from shared.platform.otlp import Collector, CollectorUnavailableError
from shared.upkeep import span_queries
from shared.upkeep.queries import Counts
from shared.upkeep.spans import spans


def export_spans(database: Database) -> Counts:
    """One bite: what a collector cannot take now, the next run sends again, for a day. Raises UnavailableError.

    Only the database's fault is one of the sweep: a collector that is down is nobody's emergency, and counted.
    """
    nothing = {"spans_exported": 0}
    try:
        collector = Collector.configured()
    except UnavailableError:
        return nothing  # the secret could not be read, which is in the log
    if collector is None:
        return nothing
    work = span_queries.ended_work(database)
    if not work.through:
        return nothing
    try:
        taken = collector.send(spans(work))
    except CollectorUnavailableError as fault:
        logger.warning("a collector did not answer", fault=str(fault))
        count("SpansDelayed")
        return nothing
    span_queries.note_told(database, work)
    return {"spans_exported": taken}
