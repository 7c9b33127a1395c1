"""Schema `heal` in the target database: the one thing that is made unasked (design P5)."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Final

import psycopg
from psycopg import sql

from heal_cli.errors import WriteError
from heal_cli.write.connection import transaction
from heal_cli.write.origin import note_origin
from heal_cli.write.sqlstate import describe, to_heal_error

LOCK_KEY: Final = 0x6865616C  # 'heal'
"""Advisory lock under which migrations run, so that many `heal` may start at once."""


LEDGER_TABLES: Final = frozenset(
    {
        *("load_runs", "load_sources", "load_run_sources", "load_batches", "load_retries"),
        *("restore_points", "restore_images", "undos", "undone_batches", "undone_lines", "moved_rows"),
        *("audit_log", "restored_events", "origin", "migrations"),
    }
)
"""What the migrations make."""


def ledger_migrations() -> tuple[tuple[str, str], ...]:
    """Name and SQL of every migration of the ledger, in order."""
    folder = files("heal_cli.write") / "migrations"
    return tuple(
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".sql")
    )


def has_ledger(connection: psycopg.Connection) -> bool:
    """Some load has left a ledger here, whether or not the role may read it."""
    # to_regclass() wants the right to look into the schema.
    row = connection.execute(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE relname = 'migrations'"
        " AND relnamespace = (SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = 'heal'))"
    ).fetchone()
    return row is not None and bool(row[0])


def way_in(connection: psycopg.Connection) -> str:
    """What lets the role of a connection use schema `heal`, as a hint: making it gives nobody else a right to it."""
    role = sql.Identifier(connection.info.user).as_string(connection)
    return (
        f"As an owner, once: heal init; then: GRANT USAGE ON SCHEMA heal TO {role};"
        f" GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA heal TO {role};"
    )


def migrate(connection: psycopg.Connection, migrations: Iterable[tuple[str, str]]) -> list[str] | None:
    """Bring schema `heal` up to date, in one transaction.

    Returns:
        Names of the migrations applied now (empty: it was up to date), or None when the role may
        not create the schema or use what is there.

    Raises:
        DatabaseUnavailable: The server went away, or takes no writes.
        WriteError: Somebody else has a table of such a name there.
    """
    wanted = tuple(migrations)
    try:
        with transaction(connection) as cursor:
            missing = _missing(cursor, wanted)
            if missing:
                cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (LOCK_KEY,))
                missing = _missing(cursor, wanted)
                for name, statements in missing:
                    cursor.execute(statements.encode())
                    cursor.execute("INSERT INTO heal.migrations (name) VALUES (%s)", (name,))
            note_origin(cursor, LOCK_KEY)
            return [name for name, _ in missing]
    except psycopg.errors.InsufficientPrivilege:
        return None
    except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
        raise to_heal_error(error, "preparing schema heal") from error
    except psycopg.ProgrammingError as error:
        raise WriteError(
            f"Schema heal holds something that heal has not made: {describe(error)}",
            sqlstate=error.sqlstate,
            hint="heal keeps its ledger in a schema of that name; rename yours: ALTER SCHEMA heal RENAME TO ...",
        ) from error


def _missing(cursor: psycopg.Cursor, wanted: tuple[tuple[str, str], ...]) -> list[tuple[str, str]]:
    cursor.execute("SELECT pg_catalog.to_regclass('heal.migrations') IS NOT NULL")
    (exists,) = cursor.fetchone() or (False,)
    if not exists:
        cursor.execute("SELECT pg_catalog.pg_advisory_xact_lock(%s)", (LOCK_KEY,))
        cursor.execute(
            "CREATE SCHEMA IF NOT EXISTS heal;"
            "CREATE TABLE IF NOT EXISTS heal.migrations"
            " (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp())"
        )
    cursor.execute("SELECT name FROM heal.migrations")
    done = {name for (name,) in cursor.fetchall()}
    return [(name, statements) for name, statements in wanted if name not in done]
