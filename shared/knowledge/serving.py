"""Which model questions must be embedded with: the one that the chunks were, whatever the settings say by now."""

import time

from shared.database.client import Database
from shared.platform import settings

TIME_TO_LIVE = 60.0  # seconds, for which a question may still be embedded with the model before

_known: dict[str, tuple[float, str]] = {}


def serving_model(database: Database) -> str:
    """The model of the chunks, or that of the settings before there are any; asked for once a minute."""
    wanted = settings.load(settings.ModelSettings).embedding_model
    known = _known.get(wanted)
    if known is None or time.monotonic() - known[0] > TIME_TO_LIVE:
        known = (time.monotonic(), database.rpc("serving_model") or wanted)
        _known[wanted] = known
    return known[1]
