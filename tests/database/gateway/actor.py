"""Someone who uses the gateway."""

from collections.abc import Callable
from dataclasses import dataclass

import httpx
from supabase import Client


@dataclass(frozen=True)
class Actor:
    """A signed-in user: the real client for what it can do, plain HTTP for what that hides."""

    id: str
    token: str
    supabase: Client
    rest: httpx.Client


NewActor = Callable[[], Actor]
SignToken = Callable[..., str]
MakeClient = Callable[..., Client]
OpenRest = Callable[..., httpx.Client]
