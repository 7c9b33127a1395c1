"""A PostgreSQL server of a test's own, which can be frozen, stopped, moved to another port and followed by a standby."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg

from heal_cli import embedded
from heal_cli.embedded.account import server_account

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
shared_buffers = 16MB
max_connections = 20
max_wal_senders = 4
"""


PORTS = range(15_000, 30_000)
"""Below those that systems give to outgoing connections, any of which may come first."""


def free_port() -> int:
    """A TCP port that nobody listens on now."""
    while True:
        with suppress(OSError), socket.create_server(("127.0.0.1", random.choice(PORTS))) as listener:
            return int(listener.getsockname()[1])


class Cluster:
    """One data folder and the server on it; anybody on this machine may log in, as any role."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = embedded.find_binaries()
        self._account = server_account()

    @property
    def conninfo(self) -> str:
        """As a superuser."""
        return f"host=127.0.0.1 port={self.port} user=postgres dbname=postgres"

    def make(self) -> Cluster:
        """A new data folder, and its server."""
        self._own(self.folder)
        self._run(
            "initdb",
            "-D",
            self.folder,
            "-A",
            "trust",
            "-U",
            "postgres",
            "--no-sync",
            "--locale=C",
            "-E",
            "UTF8",
        )
        with (self.folder / "postgresql.conf").open("a") as file:
            file.write(SETTINGS)
        self.start()
        return self

    def standby(self, folder: Path) -> Cluster:
        """A hot standby that follows this server."""
        other = Cluster(folder)
        self._own(folder)
        source = f"host=127.0.0.1 port={self.port} user=postgres"
        self._run("pg_basebackup", "-D", folder, "-d", source, "-R", "--checkpoint=fast", "--no-sync")
        other.start()
        return other

    def start(self) -> None:
        """Return once it takes connections."""
        log = self.folder / "log.txt"
        self._run("pg_ctl", "start", "-w", "-D", self.folder, "-l", log, "-o", f"-p {self.port}")

    def stop(self, mode: str = "immediate") -> None:
        """'smart', 'fast' or 'immediate'; nothing where it is stopped already."""
        if (self.folder / "postmaster.pid").exists():
            self._run("pg_ctl", "stop", "-w", "-D", self.folder, "-m", mode)

    def remove(self) -> None:
        """Stop it and delete its folder."""
        self.stop()
        shutil.rmtree(self.folder)

    def promote(self) -> None:
        """A standby becomes a server that takes rows."""
        self._run("pg_ctl", "promote", "-w", "-D", self.folder)

    def signal(self, number: signal.Signals) -> None:
        """Send it to the postmaster and all its children."""
        for pid in self._pids():
            with suppress(ProcessLookupError):  # a child that has just ended
                os.kill(pid, number)

    def execute(self, query: str) -> list[tuple[object, ...]]:
        """The rows of one statement of its own transaction."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def _pids(self) -> Iterator[int]:
        postmaster = int((self.folder / "postmaster.pid").read_text().split("\n")[0])
        yield postmaster
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(path.read_text().rpartition(")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == postmaster:
                yield int(path.parent.name)

    def _own(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        if self._account.is_dropped:
            os.chown(folder, self._account.uid, self._account.gid)

    def _run(self, program: str, *given: str | Path) -> None:
        with Path(os.devnull).open("w") as nowhere:  # a server that is left behind would hold a pipe open
            done = self._account.run([self._programs / program, *given], output=nowhere.fileno())
        assert done.returncode == 0, f"{program} ended with {done.returncode}"
