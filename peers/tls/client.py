"""A client of the lines server: one connection that half-closes, and one that is resumed."""

import os
import socket
import ssl
import sys

port = int(sys.argv[1])
context = ssl.create_default_context(cafile=os.environ["WORK"] + "/root.pem")
context.set_alpn_protocols(["lines"])
context.maximum_version = ssl.TLSVersion.TLSv1_2

session = None
for turn in range(2):
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost", session=session) as tls:
            assert tls.selected_alpn_protocol() == "lines"
            assert tls.session_reused == (turn == 1), tls.session_reused
            lines = [b"x" * size + b"\n" for size in (0, 1, 8000, 100, 8191)] * 20
            tls.sendall(b"".join(lines))
            with tls.makefile("rb") as answers:
                for line in lines:
                    assert answers.readline() == line
            session = tls.session
            tls.unwrap()  # waits for the server's close_notify

# TLS 1.3, and an end of the client's that is not the server's.
context.maximum_version = ssl.TLSVersion.MAXIMUM_SUPPORTED
with socket.create_connection(("127.0.0.1", port), 10) as plain:
    with context.wrap_socket(plain, server_hostname="localhost") as tls:
        assert tls.version() == "TLSv1.3"
        tls.sendall(b"last\n")
        assert tls.recv(100) == b"last\n"
        tls.unwrap()
print("fine")
