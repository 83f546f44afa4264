"""What proposals show besides what would change: of a room, what it will take."""

from shared.actions.action import Change
from shared.actions.proposals import Outlooks
from shared.actions.types import open_room
from shared.database.client import Database


def _of_room(database: Database) -> list[Change]:
    """Its plan is not made yet, so that this is a wide range; its budget bounds it in any case."""
    from shared.rooms.estimate import Estimator  # for those who propose a room

    estimate = Estimator.of(database, None).unplanned(())
    lines = {"dollars": (estimate.dollars, "US dollars"), "minutes": (estimate.minutes, "min")}
    return [
        Change(path=f"estimate.{name}", before=None, after=f"{range_.low:g} \u2013 {range_.high:g}", unit=unit)
        for name, (range_, unit) in lines.items()
    ]


OUTLOOKS: Outlooks = {open_room.TYPE.name: _of_room}
