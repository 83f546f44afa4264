"""`python -m infra.local.offline_models --port N` serves the offline models on 127.0.0.1 until SIGTERM."""

import argparse

import uvicorn

from infra.local.offline_models.app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(description="OpenAI-compatible models that need no network.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--port", type=int, help="port on 127.0.0.1")
    where.add_argument("--fd", type=int, help="a listening socket inherited from the parent process")
    arguments = parser.parse_args()
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=arguments.port or 0,
        fd=arguments.fd,
        http="h11",
        ws="none",
        log_level="warning",
        access_log=False,
        # a request that hangs by order must not keep the server from ending
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
