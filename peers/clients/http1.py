"""Python's http.client and h11 as clients of the echo server in segue-http1's examples."""

import http.client
import socket
import sys

import h11

host, port = sys.argv[1].split(":")
address = (host, int(port))


def http_client():
    connection = http.client.HTTPConnection(*address, timeout=5)
    for body, headers, chunked, expected in [
        (None, {}, False, b"hello\n"),
        (b"known", {}, False, b"known"),
        (iter([b"in ", b"chunks"]), {}, True, b"in chunks"),
        (b"x" * 200_000, {}, False, b"x" * 200_000),
    ]:
        if chunked:
            headers = {"Transfer-Encoding": "chunked"}
        method = "GET" if body is None else "POST"
        connection.request(method, "/", body, headers, encode_chunked=chunked)
        response = connection.getresponse()
        assert response.status == 200, response.status
        assert response.read() == expected
    connection.request("HEAD", "/")
    response = connection.getresponse()
    assert (response.status, response.read()) == (200, b"")
    assert response.getheader("Content-Length") == "6"
    connection.close()


class Client:
    """A connection that h11 reads and writes."""

    def __init__(self):
        self.socket = socket.create_connection(address, timeout=5)
        self.state = h11.Connection(h11.CLIENT)

    def send(self, *events):
        self.socket.sendall(b"".join(self.state.send(event) for event in events))

    def next(self):
        while True:
            event = self.state.next_event()
            if event is not h11.NEED_DATA:
                return event
            self.state.receive_data(self.socket.recv(65536))

    def answer(self):
        """The final response, its body and its trailers."""
        head, body = self.next(), b""
        assert isinstance(head, h11.Response), head
        while isinstance(event := self.next(), h11.Data):
            body += bytes(event.data)
        assert isinstance(event, h11.EndOfMessage), event
        return head, body, event.headers


def request(method, *headers):
    return h11.Request(method=method, target="/", headers=[("Host", "a"), *headers])


def h11_keeps():
    client = Client()
    for pieces in [[b"one"], [b"two", b" and ", b"three"]]:
        data = [h11.Data(data=piece) for piece in pieces]
        end = h11.EndOfMessage(headers=[("Sum", str(len(pieces)))])
        client.send(request("POST", ("Transfer-Encoding", "chunked")), *data, end)
        head, body, trailers = client.answer()
        assert body == b"".join(pieces), body
        assert list(trailers) == [(b"sum", b"%d" % len(pieces))], trailers
        client.state.start_next_cycle()
    client.send(request("GET", ("Connection", "close")), h11.EndOfMessage())
    head, body, _ = client.answer()
    assert (b"connection", b"close") in list(head.headers)
    assert isinstance(client.next(), h11.ConnectionClosed)


def h11_expects():
    client = Client()
    headers = ("Content-Length", "4"), ("Expect", "100-continue")
    client.send(request("POST", *headers))
    event = client.next()
    assert isinstance(event, h11.InformationalResponse) and event.status_code == 100, event
    client.send(h11.Data(data=b"body"), h11.EndOfMessage())
    assert client.answer()[1] == b"body"


def h11_upgrades():
    client = Client()
    client.send(request("GET", ("Connection", "Upgrade"), ("Upgrade", "echo")), h11.EndOfMessage())
    client.socket.sendall(b"glued")
    event = client.next()
    assert isinstance(event, h11.InformationalResponse) and event.status_code == 101, event
    data = client.state.trailing_data[0]
    while len(data) < 5:
        data += client.socket.recv(100)
    assert data == b"glued", data
    client.socket.shutdown(socket.SHUT_WR)
    assert client.socket.recv(100) == b""


def pipelined():
    """Two hundred requests in one write; the answers come in their order."""
    count = 200
    batch = b"".join(
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n%03d" % at
        if at % 2
        else b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n%03d\r\n0\r\n\r\n" % at
        for at in range(count)
    )
    line = socket.create_connection(address, timeout=5)
    line.sendall(batch)
    line.shutdown(socket.SHUT_WR)
    received, reads = b"", 0
    while data := line.recv(1 << 20):
        received += data
        reads += 1
    bodies = []
    reader = h11.Connection(h11.CLIENT)
    for at in range(count):
        reader.send(request("GET"))
        reader.send(h11.EndOfMessage())
        reader.receive_data(received)
        received = b""
        while not isinstance(event := reader.next_event(), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                bodies.append(bytes(event.data))
        reader.start_next_cycle()
    assert bodies == [b"%03d" % at for at in range(count)], bodies
    assert reads < count, f"{reads} reads: the answers did not leave in batches"


def early():
    """413 while the body is still coming: the answer is not lost to a reset."""
    line = socket.create_connection(address, timeout=5)
    line.sendall(b"POST /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n")
    line.sendall(b"x" * 200_000)
    received = b""
    while data := line.recv(65536):
        received += data
    assert received.startswith(b"HTTP/1.1 413 "), received[:100]


def truncated():
    line = socket.create_connection(address, timeout=5)
    line.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell")
    line.shutdown(socket.SHUT_WR)
    received = b""
    while data := line.recv(65536):
        received += data
    # The echo had begun: it is cut short, and nothing says that it was whole.
    assert received.endswith(b"\r\n\r\nhell"), received


for test in [http_client, h11_keeps, h11_expects, h11_upgrades, pipelined, early, truncated]:
    test()
    print(f"Python: {test.__name__.replace('_', ' ')}")
