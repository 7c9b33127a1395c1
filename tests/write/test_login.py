"""A login that is refused, by servers of whatever language."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from heal_cli.errors import ConnectionRefused, DatabaseUnavailable
from heal_cli.write.connection import connect

_CLEARTEXT = b"R" + struct.pack("!II", 8, 3)
_TLS_OR_GSS = (80877103, 80877104)


def _read(client: socket.socket) -> bytes:
    length = struct.unpack("!I", client.recv(4))[0]
    return client.recv(length - 4)


def _refuse(client: socket.socket, fields: dict[str, str]) -> None:
    """Ask for a password, and say no, as PostgreSQL does (its manual: Message Formats)."""
    with client:
        while struct.unpack("!I", _read(client)[:4])[0] in _TLS_OR_GSS:
            client.sendall(b"N")
        client.sendall(_CLEARTEXT)
        client.recv(1)
        _read(client)
        body = b"".join(f"{key}{value}\0".encode() for key, value in fields.items()) + b"\0"
        client.sendall(b"E" + struct.pack("!I", len(body) + 4) + body)


@contextmanager
def _server(fields: dict[str, str]) -> Iterator[str]:
    """The connection string of a server that refuses every login with these fields."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            _refuse(client, fields)

    Thread(target=serve, daemon=True).start()
    try:
        port = listener.getsockname()[1]
        yield f"host=127.0.0.1 port={port} user=u password=hunter2 dbname=d gssencmode=disable"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        ("28P01", "Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen", ConnectionRefused),
        ("3D000", 'база данных "d" не существует', ConnectionRefused),
        ("42501", "permission refusée pour la base", ConnectionRefused),
        ("57P03", "das Datenbanksystem startet", DatabaseUnavailable),
        ("53300", "desculpe, muitos clientes conectados", DatabaseUnavailable),
    ],
)
def test_a_refusal_is_known_in_any_language(code: str, message: str, kind: type[Exception]) -> None:
    """What the SQLSTATE says counts, whatever `lc_messages` is. Previously such a login passed for an outage."""
    with (
        _server({"S": "FATAL", "V": "FATAL", "C": code, "M": message}) as conninfo,
        pytest.raises(kind) as caught,
    ):
        connect(conninfo)
    assert message in str(caught.value)
    assert "hunter2" not in str(caught.value)
