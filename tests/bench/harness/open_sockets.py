"""Opens many sockets in this process and says when each heard each event.

Arguments: how many, and the WebSocket API's URL; a user's token comes in by standard input. Prints `open` once all are,
then a line {seq, at} for each frame: a list would come too late for who waits for it. Times are seconds of the clock
that all processes of this machine share.
"""

import asyncio
import json
import sys
import time

from websockets.asyncio.client import ClientConnection, connect

AT_ONCE = 8  # being opened: each takes a function
WITHIN = 120.0


async def listen(socket: ClientConnection) -> None:
    async for frame in socket:
        at = time.perf_counter()
        sys.stdout.write(json.dumps({"seq": json.loads(frame)["seq"], "at": at}) + "\n")
        sys.stdout.flush()


async def main(number: int, url: str, token: str) -> None:
    turn = asyncio.Semaphore(AT_ONCE)

    async def opened() -> ClientConnection:
        async with turn:
            return await connect(
                url, additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=WITHIN, ping_interval=None
            )

    sockets = await asyncio.gather(*(opened() for _ in range(number)))
    sys.stdout.write("open\n")
    sys.stdout.flush()
    await asyncio.gather(*map(listen, sockets))


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.stdin.readline().strip()))
