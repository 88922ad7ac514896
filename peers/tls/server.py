"""A server that sends each line back, one connection after the other."""

import os
import socket
import ssl
import sys

work = os.environ["WORK"]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(work + "/server.pem", work + "/server.key")
context.set_alpn_protocols(["lines"])
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
    while True:
        plain, _ = listener.accept()
        try:
            with context.wrap_socket(plain, server_side=True) as tls:
                for line in tls.makefile("rb"):
                    tls.sendall(line)
                tls.unwrap()
        except OSError:
            pass  # somebody who only looked whether we listen
