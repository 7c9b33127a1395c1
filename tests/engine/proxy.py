"""A proxy before a PostgreSQL server that can be told to fail as networks and servers do."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from psycopg.conninfo import conninfo_to_dict, make_conninfo

_BLOCK = 65536


class Proxy:
    """Listens on a TCP port and passes on to the server of a conninfo.

    Modes: 'pass', 'refuse' (every connection is closed at once), 'swallow' (bytes go nowhere).
    `cut_after` ends each connection, and refuses all others, once so many bytes went either way;
    `how` says whether by an orderly end or by a reset.
    """

    def __init__(self, conninfo: str) -> None:
        self.point_to(conninfo)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.conninfo = make_conninfo(conninfo, host="127.0.0.1", port=self._listener.getsockname()[1])
        self.mode = "pass"
        self.how = "end"
        self.delay_s = 0.0
        self.bytes_left: int | None = None
        self._is_awaiting_copy = False
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._is_closed = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(5)

    def point_to(self, conninfo: str) -> None:
        """Pass new connections on to this server, as a name does after a failover."""
        given = conninfo_to_dict(conninfo)
        host = str(given["host"])
        port = int(given.get("port") or 5432)
        self._target = str(Path(host) / f".s.PGSQL.{port}") if host.startswith("/") else (host, port)

    def drop(self) -> None:
        """End every connection that stands."""
        with self._lock:
            for one in self._open:
                if self.how == "reset":
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def cut_after(self, count: int, *, how: str = "end") -> None:
        """Fail after so many more bytes, either way."""
        self.how = how
        self.bytes_left = count

    def cut_in_copy(self, count: int = 20_000) -> None:
        """Fail after so many bytes from the first COPY on, however much was said before it."""
        self._is_awaiting_copy = True
        self.cut_after(count)

    def heal(self) -> None:
        """As if nothing had been."""
        self._is_awaiting_copy = False
        self.bytes_left = None
        self.mode = "pass"

    def _start(self, target: object, *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self.mode == "refuse":
                client.close()
                continue
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        kind = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
        with client, socket.socket(kind) as server:
            try:
                server.connect(self._target)
            except OSError:
                return
            with self._lock:
                self._open |= {client, server}
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join()
            with self._lock:
                self._open -= {client, server}

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while block := source.recv(_BLOCK):
                time.sleep(self.delay_s)
                if self.mode == "swallow":
                    continue
                self._is_awaiting_copy &= b"FROM STDIN" not in block
                if self.bytes_left is not None and not self._is_awaiting_copy:
                    block, self.bytes_left = block[: self.bytes_left], max(0, self.bytes_left - len(block))
                sink.sendall(block)
                if self.bytes_left == 0:
                    self.mode = "refuse"
                    self.drop()
                    return
        for one in (source, sink):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
