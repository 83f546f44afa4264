"""How properties are checked here: enough examples to matter, no clock that a busy machine could miss."""

from hypothesis import HealthCheck, settings

unhurried = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(unhurried, max_examples=20)  # where one example takes tens of milliseconds
