"""h11 as a server that sends bodies back in chunks, with their length in a trailer."""

import socket
import threading

import h11


def serve(line):
    state = h11.Connection(h11.SERVER)
    body = b""
    while True:
        if state.they_are_waiting_for_100_continue:
            line.sendall(state.send(h11.InformationalResponse(status_code=100, headers=[])))
        event = state.next_event()
        if event is h11.NEED_DATA:
            state.receive_data(line.recv(65536))
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            headers = [("Transfer-Encoding", "chunked"), ("X-Trailers", str(len(event.headers)))]
            line.sendall(
                state.send(h11.Response(status_code=200, headers=headers))
                + state.send(h11.Data(data=body))
                + state.send(h11.EndOfMessage(headers=[("Sum", str(len(body)))]))
            )
            body = b""
            if state.our_state is h11.MUST_CLOSE:
                break
            state.start_next_cycle()
        elif isinstance(event, h11.ConnectionClosed):
            break
    line.close()


listener = socket.create_server(("127.0.0.1", 0))
print("http://%s:%d/" % listener.getsockname(), flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
