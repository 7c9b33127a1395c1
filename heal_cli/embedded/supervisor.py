"""One server per data folder, shared by everybody who asks, running until it is told to stop."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import disk_usage
from typing import Final
from urllib.parse import quote

import psycopg
from psycopg import pq, sql
from psycopg.conninfo import make_conninfo

from heal_cli.embedded.account import Account, server_account
from heal_cli.embedded.binaries import find_binaries, reachable_binaries
from heal_cli.embedded.cluster import USER, ensure_cluster
from heal_cli.embedded.folders import Layout, prepare_base, read_text, tree_size, was_started
from heal_cli.embedded.locks import claim, is_alive, one_at_a_time
from heal_cli.embedded.postmaster import is_ready, launch, log_tail, postmaster_pid, signal_stop
from heal_cli.embedded.sockets import PORT, find_socket_folder, remove_socket_folder
from heal_cli.errors import DatabaseUnavailable, UsageError

DATABASE: Final = "heal"
WAIT_S: Final = 120.0
"""Crash recovery of a large load takes that long on a slow disk; a start that is only slow is no failure."""
_LAUNCHES: Final = 2
"""A server that somebody kills while it comes up gets a second chance; one that cannot start fails twice, at once."""
_POLL_S: Final = 0.02
_LOCAL: Final = {
    "hostaddr": "",
    "sslmode": "disable",
    "gssencmode": "disable",
    "channel_binding": "disable",
    "requirepeer": "",
    "target_session_attrs": "any",
}
"""Named so that PGHOSTADDR, PGGSSENCMODE and the like, set for other servers, do not keep libpq from this one."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running embedded server."""

    data_dir: Path  # the folder the user named
    socket_dir: Path
    pid: int | None  # of the postmaster
    port: int = PORT
    user: str = USER
    database: str = DATABASE
    is_new: bool = False  # this call started it

    @property
    def conninfo(self) -> str:
        """Key and value pairs for libpq."""
        return make_conninfo(
            host=str(self.socket_dir), port=self.port, dbname=self.database, user=self.user, **_LOCAL
        )

    @property
    def url(self) -> str:
        """The same as a URI for psql, psycopg and others."""
        return f"postgresql://{self.user}@/{self.database}?host={quote(str(self.socket_dir), safe='')}&port={self.port}"


@dataclass(frozen=True, slots=True)
class Status:
    """What is known about the server of a data folder; nothing is started or made to find out."""

    data_dir: Path
    server: Server | None  # None: not running, or not answering
    is_alive: bool  # processes of it exist, answering or not
    version: str | None  # '18.6' of a running server, '18' of one that is not, None without data
    size_bytes: int

    @property
    def state(self) -> str:
        """In a word or three, for people and for `--json`."""
        if self.server is not None:
            return "running"
        return "not answering" if self.is_alive else "stopped"


def start(data_dir: Path, *, bin_dir: Path | None = None) -> Server:
    """The server of that folder, started if it does not run yet, made if there is none yet.

    A running one costs one connection and no lock. The server is in its own session and stays up
    after us, whatever becomes of us.

    Args:
        bin_dir: PostgreSQL's programs; the wheel's unless given.

    Raises:
        UsageError: No programs, or a folder that cannot be used.
        DatabaseUnavailable: It does not start, or not within `WAIT_S`; the end of its log is in the message.
    """
    layout, account = Layout(data_dir.expanduser().resolve()), server_account()
    server = _answering(layout, account)
    if server is not None:
        return server
    programs = find_binaries(bin_dir)
    prepare_base(layout.base)
    with one_at_a_time(layout.start_lock):
        return _bring_up(layout, account, reachable_binaries(programs, account))


def stop(data_dir: Path) -> bool:
    """Stop the server in fast mode and wait for its last process; False if none ran.

    Raises:
        DatabaseUnavailable: It is still there after `WAIT_S`.
    """
    layout, account = Layout(data_dir.expanduser().resolve()), server_account()
    if not was_started(layout):
        return False
    with one_at_a_time(layout.start_lock):
        was_alive = is_alive(layout.alive_lock)
        deadline, told = time.monotonic() + WAIT_S, False
        while is_alive(layout.alive_lock):
            told = told or signal_stop(layout, account)
            if time.monotonic() > deadline:
                raise DatabaseUnavailable(
                    f"The server of {str(layout.base)!r} has not stopped within {WAIT_S:.0f} s"
                )
            time.sleep(_POLL_S)
        remove_socket_folder(layout)
    return was_alive


def status(data_dir: Path) -> Status:
    """What runs and lies there.

    Raises:
        UsageError: The folder is another user's.
    """
    layout, account = Layout(data_dir.expanduser().resolve()), server_account()
    if not was_started(layout):
        return Status(layout.base, None, is_alive=False, version=None, size_bytes=0)
    version = (read_text(layout.data / "PG_VERSION") or "").strip() or None
    server = _answering(layout, account)
    if server is not None:
        with psycopg.connect(server.conninfo) as conn:
            version = str(conn.info.parameter_status("server_version")).split()[0]
    return Status(layout.base, server, is_alive(layout.alive_lock), version, tree_size(layout.data))


def _server(layout: Layout, account: Account) -> Server | None:
    """The server whose socket is there, answering or not."""
    folder = find_socket_folder(layout, account)
    return None if folder is None else Server(layout.base, folder, postmaster_pid(layout))


def _answering(layout: Layout, account: Account) -> Server | None:
    """The server, when it lets us into its database."""
    server = _server(layout, account)
    if server is None:
        return None
    try:
        psycopg.connect(server.conninfo, connect_timeout=10).close()
    except psycopg.Error:
        return None
    return server


def _bring_up(layout: Layout, account: Account, programs: Path) -> Server:
    """Join a server that is on its way up, wait for one on its way down, launch one when none lives.

    Call under the start lock.
    """
    deadline, launches, log_start = time.monotonic() + WAIT_S, 0, 0
    while True:
        server = _accepting(layout, account)
        if server is not None:
            return replace(server, is_new=launches > 0)
        guard = claim(layout.alive_lock)
        if guard is None:
            _demand_reachable(layout, account)
            _demand_patience(layout, deadline)
        elif launches == _LAUNCHES:
            os.close(guard)
            break
        else:
            launches += 1
            seen = _launch(layout, account, programs, guard)
            log_start = log_start or seen
        time.sleep(_POLL_S)
    remove_socket_folder(layout)
    free_mib = disk_usage(layout.base).free / 2**20
    raise DatabaseUnavailable(
        f"The server of {str(layout.base)!r}, where {free_mib:,.0f} MiB are free, did not start; "
        f"its log ends with: {log_tail(layout, log_start)}",
        hint="Mend that, or name another folder with --data-dir",
    )


def _launch(layout: Layout, account: Account, programs: Path, guard: int) -> int:
    """Hand the lock of the living to a new server, its data made first if there are none."""
    try:
        ensure_cluster(layout, programs, account, guard=guard)
        return launch(layout, account, programs, guard=guard)
    finally:
        os.close(guard)  # the server has its own copy


def _accepting(layout: Layout, account: Account) -> Server | None:
    """The server with its database made, when it takes connections; None while it does not.

    Raises:
        UsageError: libpq does not even try, for what a PG* variable says.
        DatabaseUnavailable: It is up and refuses us.
    """
    server = _server(layout, account)
    answer = _ping(server)
    if server is None or answer in (pq.Ping.NO_RESPONSE, pq.Ping.REJECT):
        return None
    try:
        _ensure_database(server)
    except psycopg.Error as exc:
        if answer == pq.Ping.NO_ATTEMPT:
            raise UsageError(
                f"libpq tries no connection to the embedded server: {exc}", hint="See the PG* variables"
            ) from exc
        if _ping(server) != pq.Ping.OK:  # it was killed in between
            return None
        raise DatabaseUnavailable(f"The server of {str(layout.base)!r} runs but refuses us: {exc}") from exc
    return server


def _ping(server: Server | None) -> pq.Ping:
    if server is None:
        return pq.Ping.NO_RESPONSE
    return pq.Ping(pq.PGconn.ping(server.conninfo.encode()))


def _ensure_database(server: Server) -> None:
    with psycopg.connect(replace(server, database=USER).conninfo, autocommit=True) as conn:
        known = conn.execute("select from pg_database where datname = %s", [DATABASE]).fetchone()
        if known is None:
            conn.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))


def _demand_reachable(layout: Layout, account: Account) -> None:
    """Return unless a server is up that nobody can reach any more: waiting would not help."""
    if find_socket_folder(layout, account) is None and is_ready(layout):
        raise DatabaseUnavailable(
            f"The server of {str(layout.base)!r} runs, but its socket is gone",
            hint="Stop it with heal db stop, and run the command again",
        )


def _demand_patience(layout: Layout, deadline: float) -> None:
    if time.monotonic() > deadline:
        raise DatabaseUnavailable(
            f"The server of {str(layout.base)!r} has not come up within {WAIT_S:.0f} s; its log ends with: {log_tail(layout)}",
            hint="It may still be recovering: run the command again, or heal db stop first",
        )
