"""The websockets library as an echo; to a text "close" it closes. Prints its address."""

import asyncio

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed


async def echo(socket) -> None:
    try:
        while (message := await socket.recv()) != "close":
            await socket.send(message)
        await socket.close(4001, "asked")
    except ConnectionClosed as closed:
        assert (closed.rcvd.code, closed.rcvd.reason) == (4000, "enough"), closed


async def main() -> None:
    async with serve(echo, "127.0.0.1", 0, compression=None, max_size=None) as server:
        host, port = server.sockets[0].getsockname()
        print(f"{host}:{port}", flush=True)
        await server.serve_forever()


asyncio.run(main())
