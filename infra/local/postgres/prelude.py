"""Makes a bare database look like a hosted Supabase project's."""

from pathlib import Path

import psycopg
from psycopg import sql

PRELUDE = Path(__file__).with_name("prelude.sql")
LOGIN_ROLES = ("authenticator", "supabase_auth_admin")


def apply(superuser_url: str) -> None:
    """Run prelude.sql in the database of `superuser_url`; the login roles get that URL's password."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute(PRELUDE.read_bytes())
        password = sql.Literal(connection.info.password)
        for role in LOGIN_ROLES:
            connection.execute(sql.SQL("alter role {} password {}").format(sql.Identifier(role), password))
