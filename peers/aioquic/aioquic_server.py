"""A server of aioquic's that sends streams back; prints the port that it listens on."""

import asyncio
import datetime
import ipaddress
import sys
import tempfile

from aioquic.asyncio import serve
from aioquic.quic.configuration import QuicConfiguration
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder):
    """A certificate of its own, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    with open(f"{folder}/cert.pem", "wb") as file:
        file.write(signed.public_bytes(serialization.Encoding.PEM))
    with open(f"{folder}/key.pem", "wb") as file:
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return f"{folder}/cert.pem", f"{folder}/key.pem"


async def echo(reader, writer):
    everything = await reader.read()
    # A stream that goes one way, or is given up, is not answered.
    if not writer.get_extra_info("stream_id") & 2:
        writer.write(everything)
        writer.write_eof()


def streams(reader, writer):
    asyncio.get_running_loop().create_task(echo(reader, writer))


class Tickets(dict):
    """Session tickets, for those who come back."""

    def add(self, ticket):
        self[ticket.ticket] = ticket


async def main():
    configuration = QuicConfiguration(
        is_client=False, alpn_protocols=["echo"], max_datagram_frame_size=65536
    )
    with tempfile.TemporaryDirectory() as folder:
        configuration.load_cert_chain(*certificate(folder))
    tickets = Tickets()
    server = await serve(
        "127.0.0.1",
        0,
        configuration=configuration,
        stream_handler=streams,
        retry="--retry" in sys.argv,
        session_ticket_fetcher=lambda ticket: tickets.pop(ticket, None),
        session_ticket_handler=tickets.add,
    )
    print(server._transport.get_extra_info("sockname")[1], flush=True)
    await asyncio.Future()


asyncio.run(main())
