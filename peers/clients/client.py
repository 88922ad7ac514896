"""The websockets library against the echo: texts, fragments, large and many messages, closes.

client.py ADDRESS REFUSAL [deflate]: REFUSAL is the status elsewhere than at /ws; with "deflate" the
echo compresses, and each way to agree on that is gone through.
"""

import asyncio
import random
import sys

import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

# What is asked for: the windows are the server's and this client's.
OFFERS = [
    {},
    {"client_max_window_bits": True},
    {"server_max_window_bits": 9, "client_max_window_bits": 12},
    {"server_max_window_bits": 12, "client_max_window_bits": 9},
    {"server_no_context_takeover": True, "client_no_context_takeover": True},
    {"client_no_context_takeover": True, "client_max_window_bits": 10},
]
CODES = [1000, 1001, 1003, 1007, 1009, 1011, 3000, 3999, 4999]

# Noise that repeats itself: within some windows, not within all.
FAR = [random.Random(length).randbytes(length) * 3 for length in (300, 3000, 30_000, 60_000)]


def connect(address: str, path: str, offer: dict | None):
    extensions = None if offer is None else [ClientPerMessageDeflateFactory(**offer)]
    return websockets.connect(
        f"ws://{address}{path}", compression=None, extensions=extensions, max_size=None
    )


async def talk(address: str, offer: dict | None, texts: int) -> None:
    async with connect(address, "/ws", offer) as socket:
        agreed = socket.protocol.extensions
        assert len(agreed) == (offer is not None), agreed
        sizes = (0, 1, 125, 126, 65535, 65536, 1 << 20)
        for data in [bytes(i % 251 for i in range(size)) for size in sizes] + FAR:
            await socket.send(data)
            assert await socket.recv() == data, f"{len(data)} bytes came back otherwise"

        await socket.send(["in ", "", "thrée ", "fragments"])
        assert await socket.recv() == "in thrée fragments"
        await asyncio.wait_for(await socket.ping(b"are you there"), 5)

        messages = [f"message {i}" * (i % 30) for i in range(texts)]
        sending = asyncio.create_task(send_all(socket, messages))
        for message in messages:
            assert await socket.recv() == message
        await sending
    assert socket.close_code == 1000, socket.close_code
    terms = "plain" if offer is None else offer
    print(f"Python's websockets {terms}: 0 B to 1 MiB, fragments, a pong, {texts} texts in order")


async def send_all(socket, messages) -> None:
    for message in messages:
        await socket.send(message)


async def close(address: str, code: int) -> None:
    async with connect(address, "/ws", None) as socket:
        await socket.close(code, "é" * 61)
    assert (socket.close_code, socket.protocol.close_rcvd_then_sent) == (code, False)


async def main(address: str, refusal: int, deflate: bool) -> None:
    await talk(address, None, 2000)
    for offer in OFFERS if deflate else []:
        await talk(address, offer, 100)
    for code in CODES:
        await close(address, code)
    print("Python's websockets sees each close answered with its code")
    try:
        async with connect(address, "/", None):
            raise AssertionError("the page is no WebSocket")
    except websockets.exceptions.InvalidStatus as refused:
        assert refused.response.status_code == refusal
    print("Python's websockets sees a refusal")


asyncio.run(main(sys.argv[1], int(sys.argv[2]), "deflate" in sys.argv[3:]))
