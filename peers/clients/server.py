"""The websockets library as echoes, one for each way to compress; to a text "close" they close.

At /greet they speak first, and close. Prints the address of each, and of what kind it is.
"""

import asyncio
from contextlib import AsyncExitStack

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

PLAIN = None
# What is agreed to: the windows are this server's and the client's.
TERMS = [
    PLAIN,
    {},
    {"server_max_window_bits": 9, "client_max_window_bits": 12},
    {"server_max_window_bits": 12, "client_max_window_bits": 9},
    {"server_no_context_takeover": True, "client_no_context_takeover": True},
]


async def echo(socket) -> None:
    try:
        if socket.request.path == "/greet":
            await socket.send("welcome")
            await socket.close(4002, "goodbye")
            return
        while (message := await socket.recv()) != "close":
            await socket.send(message)
        await socket.close(4001, "asked")
    except ConnectionClosed as closed:
        assert closed.rcvd.code == closed.sent.code, closed
        assert closed.rcvd.reason in ("enough", "é" * 61), closed


async def main() -> None:
    async with AsyncExitStack() as stack:
        for terms in TERMS:
            extensions = None if terms is PLAIN else [ServerPerMessageDeflateFactory(**terms)]
            server = await stack.enter_async_context(
                serve(
                    echo, "127.0.0.1", 0, compression=None, extensions=extensions, max_size=None
                )
            )
            host, port = server.sockets[0].getsockname()
            kind = "plain" if terms is PLAIN else "deflate" if terms else "any"
            print(f"{host}:{port}", kind, flush=True)
        await asyncio.Future()


asyncio.run(main())
