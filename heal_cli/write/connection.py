"""Connections to the target database: how `heal` logs in, and what it sets in each transaction."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow

from heal_cli.conninfo import mask, mask_text
from heal_cli.errors import UsageError
from heal_cli.model import WriteOptions
from heal_cli.write.login import CONNECT_TIMEOUT_S, connect_error
from heal_cli.write.watch import WatchedConnection, cut_after, longest_s, tcp_settings

_LAST_PORT: Final = 65535

_SEND_BYTES: Final = 4 << 20  # which Linux doubles

_READABLE: Final[dict[str, str | int]] = {"DateStyle": "ISO"}
"""Times of the ledger in the one form that psycopg reads; how the session takes days and months stays."""


class LimitedConnection(WatchedConnection):
    """A connection whose every transaction has its own time limits and ISO dates; `begin` sets those of a batch.

    A short transaction that waits longer than a batch may take waits for one that is stuck.
    """

    limits = WriteOptions()
    is_watched = False  # cut from this side where a server that is frozen keeps no limits

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[psycopg.Transaction]:
        """A transaction with its limits; inside another one, which has limits of its own, a savepoint."""
        if self.info.transaction_status != TransactionStatus.IDLE:
            with super().transaction(savepoint_name, force_rollback) as transaction:
                yield transaction
            return
        version = self.info.server_version
        longest = longest_s(self.limits, server_version=version, is_short=True) if self.is_watched else None
        with (
            cut_after(self, longest),
            super().transaction(savepoint_name, force_rollback) as transaction,
        ):
            super().execute(_set_local(_READABLE | time_limits(self.limits, server_version=version)))
            yield transaction

    def execute(self, *args: Any, **options: Any) -> psycopg.Cursor[TupleRow]:
        """A statement; one that would be a transaction by itself gets the limits, too."""
        if not self.autocommit or self.info.transaction_status != TransactionStatus.IDLE:
            return super().execute(*args, **options)
        with self.transaction():
            return super().execute(*args, **options)


def connect(
    conninfo: str, *, application_name: str = "heal", limits: WriteOptions | None = None
) -> LimitedConnection:
    """A connection that keeps no session state, so that it works behind any pooler.

    Args:
        conninfo: libpq connection string or URI; empty leaves everything to PG* and the service file.
        limits: Whose `timeout_s` and `lock_timeout_s` count for each transaction, which is cut off past them.

    Raises:
        ConnectionRefused: Login, database or TLS refused; the message holds no secret.
        UsageError: No server can be meant by the connection string.
        DatabaseUnavailable: Nobody answers.
    """
    defaults = {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": application_name}
    defaults |= tcp_settings(limits)
    try:
        given = psycopg.conninfo.conninfo_to_dict(conninfo) if conninfo else {}
        _check_ports(str(given.get("port") or ""), conninfo)
        connection = LimitedConnection.connect(
            conninfo,
            prepare_threshold=None,
            client_encoding="UTF8",  # whatever the string asks for: the texts of a binary COPY are in it
            **{name: value for name, value in defaults.items() if name not in given},  # type: ignore[arg-type]
        )
        _ask_for_room(connection)
        connection.limits = limits or WriteOptions()
        connection.is_watched = limits is not None
        # Who waited for a lock has to see what its holder has committed.
        connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        return connection
    except psycopg.OperationalError as error:
        raise connect_error(error, conninfo) from None  # the cause may quote the password
    except psycopg.ProgrammingError as error:
        raise UsageError(
            f"{mask(conninfo)!r} is not a connection string that libpq takes: {mask_text(str(error).strip(), conninfo)}",
            hint="Give it as a URI, postgresql://user@host:5432/database, or as key=value pairs",
        ) from None


def _ask_for_room(connection: psycopg.Connection) -> None:
    """Let the kernel take a batch at once on its way to a server of this machine.

    Otherwise whoever sends one wakes up for each 150 KiB of it that the server has read. TCP finds its own size.
    """
    with socket.socket(fileno=os.dup(connection.fileno())) as handle:
        if handle.family == getattr(socket, "AF_UNIX", None):
            with suppress(OSError):  # Linux gives less where it may not give all, others refuse
                handle.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BYTES)


def _check_ports(ports: str, conninfo: str) -> None:
    """Raise where a port is none: of `postgresql://u:p/ss@h` libpq takes 'u' for the host and 'p' for its port."""
    if all(not port or (port.isdecimal() and 0 < int(port) <= _LAST_PORT) for port in ports.split(",")):
        return
    raise UsageError(
        f"{mask(conninfo)!r} gives a port that is no number from 1 to {_LAST_PORT}",
        hint="Write a '/' inside a password as %2F, a ':' as %3A and an '@' as %40",
    )


def stands(connection: psycopg.Connection) -> bool:
    """Whether a connection that was idle is still there: a server that restarted is gone from it."""
    if not (connection.closed or connection.broken):
        idle = select.poll()
        idle.register(connection.fileno(), select.POLLIN)
        # A server says nothing unasked but that it goes; then the next statement finds the end.
        if idle.poll(0):
            with suppress(psycopg.OperationalError):
                connection.execute("SELECT")
    return not (connection.closed or connection.broken)


@contextmanager
def transaction(connection: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """A short transaction, a savepoint inside another one."""
    with connection.transaction(), connection.cursor() as cursor:
        yield cursor


def time_limits(
    options: WriteOptions, *, server_version: int, is_unlimited: bool = False
) -> dict[str, str | int]:
    """Milliseconds of each limit that the server knows, 0 for none; a lock is never waited for without end."""
    limit_ms = 0 if is_unlimited else int(options.timeout_s * 1000)
    lock_ms = int(options.lock_timeout_s * 1000)
    if limit_ms and lock_ms:
        # A locked table must not look like a batch that takes too long.
        lock_ms = min(lock_ms, limit_ms * 9 // 10)
    limits: dict[str, str | int] = {
        "statement_timeout": limit_ms,
        "lock_timeout": lock_ms,
        "idle_in_transaction_session_timeout": limit_ms,
    }
    if server_version >= 170000:
        limits["transaction_timeout"] = limit_ms
    return limits


def begin(cursor: psycopg.Cursor, options: WriteOptions, *, server_version: int) -> None:
    """Open a transaction with its time limits and text formats, all local to it."""
    settings = {
        **time_limits(options, server_version=server_version, is_unlimited=options.is_one_transaction),
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "iso_8601",
        "TimeZone": "UTC",
        "bytea_output": "hex",
        "lc_monetary": "C",  # money travels as a plain number, whose point other locales read otherwise
        "jit": "off",  # catalog and staging queries are short; compiling them costs more
        "extra_float_digits": 1,
        "array_nulls": "on",  # off, an array read from text has the word NULL where it had none
        "default_transaction_read_only": "off",
    }
    cursor.execute(_set_local(settings))


def _set_local(settings: Mapping[str, str | int]) -> sql.Composed:
    calls = sql.SQL(", ").join(
        sql.SQL("pg_catalog.set_config({}, {}, true)").format(name, str(value))
        for name, value in settings.items()
    )
    return sql.SQL("SELECT {}").format(calls)


def table_name(schema: str, name: str) -> sql.Identifier:
    """The quoted, qualified name of a table."""
    return sql.Identifier(schema, name)
