"""`python -m infra.local.supabase_gateway --port 54321 --keys build/keys.json`, in front of DATABASE_URL.

That is no argument: other users of the machine could read it in the list of processes.
"""

import argparse
import os
from pathlib import Path

from infra.local.processes import HOST
from infra.local.supabase_gateway.app import create_server
from infra.local.supabase_gateway.keys import Keys

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="infra.local.supabase_gateway")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--keys", type=Path, required=True, help="made if it does not exist")
    parser.add_argument("--host", default=HOST, help="the address to listen on, also that of its URLs")
    arguments = parser.parse_args()
    create_server(os.environ["DATABASE_URL"], Keys.load(arguments.keys), arguments.port, arguments.host).run()
