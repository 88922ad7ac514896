"""The websockets library against the echo: texts, fragments, large and many messages, a close."""

import asyncio
import sys

import websockets


async def main(address: str, refusal: int) -> None:
    async with websockets.connect(
        f"ws://{address}/ws", compression=None, max_size=None
    ) as socket:
        for size in (0, 1, 125, 126, 65535, 65536, 1 << 20):
            data = bytes(i % 251 for i in range(size))
            await socket.send(data)
            assert await socket.recv() == data, f"{size} bytes came back otherwise"
        print("Python's websockets gets messages of 0 B to 1 MiB back")

        await socket.send(["in ", "", "thrée ", "fragments"])
        assert await socket.recv() == "in thrée fragments"
        print("Python's websockets gets fragments back as a message")

        await asyncio.wait_for(await socket.ping(b"are you there"), 5)
        print("Python's websockets gets a pong")

        messages = [f"message {i}" for i in range(5000)]
        sending = asyncio.create_task(send_all(socket, messages))
        for message in messages:
            assert await socket.recv() == message
        await sending
        print("Python's websockets gets 5000 messages back in order")
    assert socket.close_code == 1000, socket.close_code
    print("Python's websockets sees the close answered")

    try:
        async with websockets.connect(f"ws://{address}/") as socket:
            raise AssertionError("the page is no WebSocket")
    except websockets.exceptions.InvalidStatus as refused:
        assert refused.response.status_code == refusal
    print("Python's websockets sees a refusal")


async def send_all(socket, messages) -> None:
    for message in messages:
        await socket.send(message)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
