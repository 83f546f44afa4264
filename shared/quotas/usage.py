"""A user's usage of this week."""

from shared.quotas.queries import Usage
from shared.quotas.queries import current_usage as current

__all__ = ["Usage", "current"]
