"""`python -m infra.local.console --port 54323 --dist clients/console/dist --config '{…}' --reach http://…`."""

import argparse
import json
from pathlib import Path

from infra.local.console.app import create_server
from infra.local.processes import HOST

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="infra.local.console")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default=HOST, help="the address to listen on")
    parser.add_argument("--dist", type=Path, required=True, help="the folder of the built files")
    parser.add_argument("--config", type=json.loads, required=True, help="the content of /config.json")
    parser.add_argument("--reach", action="append", default=[], help="an origin that pages may speak to")
    arguments = parser.parse_args()
    create_server(arguments.dist, arguments.config, arguments.reach, arguments.host, arguments.port).run()
