"""What the parts of a running gateway share."""

from dataclasses import dataclass

from starlette.requests import Request

from infra.local.supabase_gateway.catalogue import Catalogue
from infra.local.supabase_gateway.database import Database
from infra.local.supabase_gateway.keys import Keys


@dataclass(frozen=True)
class Gateway:
    """A gateway in front of one database. `public_url` is where clients reach it, and so the tokens' issuer."""

    keys: Keys
    database: Database
    catalogue: Catalogue
    public_url: str


def gateway_of(request: Request) -> Gateway:
    gateway: Gateway = request.app.state.gateway
    return gateway
