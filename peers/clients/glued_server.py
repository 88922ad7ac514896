"""A raw server that glues frames to its answer, cut at every place. Prints its address."""

import base64
import hashlib
import socket

# "Hello" in two fragments around a ping, and a close frame with code 1000.
FRAMES = b"\x01\x03Hel" + b"\x89\x01!" + b"\x80\x02lo" + b"\x88\x02\x03\xe8"


def head(peer: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += peer.recv(4096)
    return head


def unmasked(frame: bytes) -> bytes:
    key = frame[2:6]
    return frame[:1] + bytes(byte ^ key[i % 4] for i, byte in enumerate(frame[6:]))


def answer(request: bytes) -> bytes:
    key = request.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
    guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    accept = base64.b64encode(hashlib.sha1(key + guid).digest())
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


with socket.create_server(("127.0.0.1", 0)) as listener:
    print("127.0.0.1:%d" % listener.getsockname()[1], flush=True)
    # From the end, so that the first answer comes whole.
    back = 0
    while True:
        peer, _ = listener.accept()
        with peer:
            peer.settimeout(10)
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            whole = answer(head(peer)) + FRAMES
            cut = len(whole) - back % (len(FRAMES) + 6)
            back += 1
            peer.sendall(whole[:cut])
            peer.sendall(whole[cut:])
            said = b""
            while part := peer.recv(4096):
                said += part
            # A pong of one byte and a close frame of two, masked.
            assert unmasked(said[:7]) == b"\x8a!", said
            assert unmasked(said[7:]) == b"\x88\x03\xe8", said
