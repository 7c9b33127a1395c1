"""Connections to the target database: how `heal` logs in, and what it sets in each transaction."""

from __future__ import annotations

import select
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.conninfo import mask, mask_text
from heal_cli.errors import ConnectionRefused, DatabaseUnavailable, HealError, UsageError
from heal_cli.model import WriteOptions

CONNECT_TIMEOUT_S: Final = 10
"""libpq waits for ever by default; an explicit connect_timeout in the connection string wins."""


BOOKS_LOCK_TIMEOUT_S: Final = 30
"""The ledger's own rows are held for moments; who waits longer waits for a stuck transaction."""


def connect(conninfo: str, *, application_name: str = "heal") -> psycopg.Connection:
    """A connection that keeps no session state, so that it works behind any pooler.

    Args:
        conninfo: libpq connection string or URI; empty leaves everything to PG* and the service file.

    Raises:
        ConnectionRefused: Login, database or TLS refused; the message holds no secret.
        DatabaseUnavailable: Nobody answers.
    """
    defaults: dict[str, str | int] = {"client_encoding": "UTF8"}
    defaults |= {"connect_timeout": CONNECT_TIMEOUT_S, "application_name": application_name}
    try:
        given = psycopg.conninfo.conninfo_to_dict(conninfo) if conninfo else {}
        return psycopg.connect(
            conninfo,
            prepare_threshold=None,
            **{name: value for name, value in defaults.items() if name not in given},  # type: ignore[arg-type]
        )
    except psycopg.OperationalError as error:
        raise connect_error(error, conninfo) from None  # the cause may quote the password
    except psycopg.ProgrammingError as error:
        raise UsageError(
            f"{mask(conninfo)!r} is not a connection string that libpq takes: {mask_text(str(error).strip(), conninfo)}",
            hint="Give it as a URI, postgresql://user@host:5432/database, or as key=value pairs",
        ) from None


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


def connect_error(error: psycopg.OperationalError, conninfo: str) -> HealError:
    """A failed login in our words; libpq gives no SQLSTATE there, only text."""
    text = mask_text(" ".join(str(error).split()), conninfo)
    login = ("authentication failed", "does not exist", "no password supplied", "no pg_hba.conf entry", "SSL")
    broke_off = ("SSL SYSCALL error", "closed unexpectedly", "unexpected eof")  # the network, not TLS
    if any(word in text for word in login) and not any(word in text for word in broke_off):
        return ConnectionRefused(
            f"The server refused the connection: {text}", hint="Check it with: heal doctor"
        )
    return DatabaseUnavailable(f"No connection to the database: {text}", hint="Check it with: heal doctor")


@contextmanager
def transaction(connection: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """A short transaction, a savepoint inside another one, that does not wait for ever for a lock."""
    with connection.transaction(), connection.cursor() as cursor:
        if connection.autocommit:  # else an open transaction has limits of its own
            cursor.execute(
                "SELECT pg_catalog.set_config('lock_timeout', %s, true)",
                (str(int(BOOKS_LOCK_TIMEOUT_S * 1000)),),
            )
        yield cursor


def begin(cursor: psycopg.Cursor, options: WriteOptions, *, server_version: int) -> None:
    """Open a transaction with its time limits and text formats, all local to it."""
    limit_ms = int(options.timeout_s * 1000)
    unlimited = options.is_one_transaction
    lock_ms = int(options.lock_timeout_s * 1000)
    if limit_ms and lock_ms and not unlimited:
        # A locked table must not look like a batch that takes too long.
        lock_ms = min(lock_ms, limit_ms * 9 // 10)
    settings = {
        "statement_timeout": 0 if unlimited else limit_ms,
        "lock_timeout": lock_ms,
        "idle_in_transaction_session_timeout": 0 if unlimited else limit_ms,
        "DateStyle": "ISO, YMD",
        "IntervalStyle": "iso_8601",
        "TimeZone": "UTC",
        "bytea_output": "hex",
        "lc_monetary": "C",  # money travels as a plain number, whose point other locales read otherwise
        "jit": "off",  # catalog and staging queries are short; compiling them costs more
        "extra_float_digits": 1,
        "default_transaction_read_only": "off",
    }
    if server_version >= 170000:
        settings["transaction_timeout"] = 0 if unlimited else limit_ms
    calls = sql.SQL(", ").join(
        sql.SQL("pg_catalog.set_config({}, {}, true)").format(name, str(value))
        for name, value in settings.items()
    )
    cursor.execute(sql.SQL("SELECT {}").format(calls))


def table_name(schema: str, name: str) -> sql.Identifier:
    """The quoted, qualified name of a table."""
    return sql.Identifier(schema, name)
