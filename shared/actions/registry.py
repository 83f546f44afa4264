"""Every type of action there is."""

from typing import Any

from shared.actions.action_type import ActionType
from shared.actions.types import (
    change_workout_plan,
    create_workout_plan,
    log_workout,
    open_room,
    remember,
    update_profile,
    webhook,
)

TYPES: dict[str, ActionType[Any]] = {
    module.TYPE.name: module.TYPE
    for module in (update_profile, create_workout_plan, change_workout_plan, log_workout, remember, open_room, webhook)
}
