"""`python -m infra.local.supabase_gateway --port 54321 --database-url postgresql://… --keys build/keys.json`."""

import argparse
import os
from pathlib import Path

from infra.local.supabase_gateway.app import create_server
from infra.local.supabase_gateway.keys import Keys


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="infra.local.supabase_gateway")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument(
        "--database-url",
        default=os.environ.get("DATABASE_URL"),
        help="default: DATABASE_URL, which other users of the machine cannot read from the list of processes",
    )
    parser.add_argument("--keys", type=Path, required=True, help="made if it does not exist")
    parser.add_argument("--public-url", help="where clients reach the gateway, if not at 127.0.0.1")
    arguments = parser.parse_args()
    if not arguments.database_url:
        parser.error("--database-url or DATABASE_URL is needed")
    keys = Keys.load(arguments.keys)
    create_server(arguments.database_url, keys, arguments.port, arguments.public_url).run()


if __name__ == "__main__":
    main()
