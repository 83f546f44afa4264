"""Who is asking."""

from dataclasses import dataclass, field
from uuid import UUID


@dataclass(frozen=True)
class Principal:
    """A signed-in user. `token` goes on to Supabase, where row level security decides by it."""

    user_id: UUID
    token: str = field(repr=False)
    app_role: str = ""  # from app_metadata, which only the service key can write
