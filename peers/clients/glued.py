"""A raw socket that glues frames to its request, cut at every place."""

import socket
import sys

REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
# The example of RFC 6455 §5.7, a ping, and a close frame with code 1000.
FRAMES = (
    b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"
    b"\x89\x81\0\0\0\0!"
    b"\x88\x82\0\0\0\0\x03\xe8"
)
ANSWERS = b"\x81\x05Hello" + b"\x8a\x01!" + b"\x88\x02\x03\xe8"


def talk(address: tuple[str, int], pieces: list[bytes]) -> bytes:
    with socket.create_connection(address, timeout=10) as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            peer.sendall(piece)
        answer = b""
        while part := peer.recv(4096):
            answer += part
    return answer


host, port = sys.argv[1].rsplit(":", 1)
whole = REQUEST + FRAMES
for cut in range(len(REQUEST) - 6, len(whole) + 1):
    answer = talk((host, int(port)), [whole[:cut], whole[cut:]])
    head, _, frames = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 101 "), head
    assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head, head
    assert frames == ANSWERS, (cut, frames)
print("frames glued to the request arrive, whole or cut at any byte")

pipelined = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3 + whole
answer = talk((host, int(port)), [pipelined])
assert answer.count(b"HTTP/1.1 200 ") == 3, answer
assert answer.endswith(ANSWERS), answer[-80:]
print("three pages and an upgrade with frames behind it, all in one write, are answered in order")
