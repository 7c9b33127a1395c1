"""`--ddl FILE`: a file of SQL, run as a whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from heal_cli.errors import SchemaError, UsageError
from heal_cli.schema.nearest import nearest
from heal_cli.schema.script import Statement, line_of, split_statements

# The file runs in one transaction whether it says so or not.
_BRACKET: Final = re.compile(
    r"(BEGIN|START\s+TRANSACTION|COMMIT|END)\b(?!\s+(PREPARED|AND\s+CHAIN))", re.IGNORECASE
)
_ABORT: Final = re.compile(r"(ROLLBACK|ABORT)(\s+(WORK|TRANSACTION))?\s*$", re.IGNORECASE)

# Faults of the world (design 9): no line of the file is to blame.
_WORLD: Final = ("08", "53", "57", "58")
_NEEDS_NO_TRANSACTION: Final = "25001"

# What a script may SET and forget; of a transaction's own settings none can be set back.
# A limit of the transaction alone hides that of the session: what the session began with counts.
_SETTINGS: Final = """
    SELECT s.name, CASE WHEN %s AND s.name LIKE '%%timeout' THEN s.reset_val ELSE s.setting END
    FROM pg_catalog.pg_settings s
    WHERE s.context IN ('user', 'superuser')
        AND s.name NOT IN ('transaction_isolation', 'transaction_read_only', 'transaction_deferrable')
    UNION ALL
    SELECT 'role', pg_catalog.current_setting('role')
"""
_SET: Final = "SELECT pg_catalog.set_config(%s, %s, false)"


def run_ddl(conn: psycopg.Connection[Any], path: str | Path) -> None:
    """Run a file of SQL in one transaction; afterwards the session's settings are as they were.

    BEGIN and COMMIT in the file mean nothing then and are skipped, as are psql's harmless meta-commands.

    Raises:
        UsageError: The file is missing or is no UTF-8 text.
        SchemaError: A statement failed, said with its line; nothing of the file remains.
    """
    file = Path(path)
    statements = split_statements(_read(file), file.name)
    with conn.transaction(), _settings_kept(conn):
        for statement in statements:
            _run(conn, statement, file.name)


def _read(file: Path) -> str:
    try:
        data = file.read_bytes()
    except FileNotFoundError as exc:
        raise _missing_file(file) from exc
    except OSError as exc:
        raise UsageError(f"SQL file {str(file)!r} cannot be read: {exc.strerror}") from exc
    if b"\0" in data:
        raise UsageError(f"SQL file {str(file)!r} is no text: it holds NUL bytes")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = data.count(b"\n", 0, exc.start) + 1
        raise UsageError(
            f"SQL file {str(file)!r} is not UTF-8: line {line} holds the byte {exc.object[exc.start]:#04x}",
            hint="Save it as UTF-8",
        ) from exc


def _missing_file(file: Path) -> UsageError:
    folder = file.parent
    names = [entry.name for entry in folder.iterdir() if entry.is_file()] if folder.is_dir() else []
    near = [f"{name!r} ({likeness:.2f})" for name, likeness in nearest(file.name, names)]
    also = f"; nearest is {', '.join(near)}" if near else ""
    return UsageError(f"SQL file {str(file)!r} does not exist{also}", hint="Name it with --ddl FILE")


def _run(conn: psycopg.Connection[Any], statement: Statement, file: str) -> None:
    if _BRACKET.match(statement.sql):
        return
    if _ABORT.match(statement.sql):
        raise SchemaError(
            f"Line {statement.line} of {file!r} rolls back what the file did before it",
            hint="Take the ROLLBACK out",
        )
    try:
        conn.execute(statement.sql.encode(), prepare=False)
    except psycopg.Error as exc:
        if exc.sqlstate is None or exc.sqlstate.startswith(_WORLD):
            raise
        raise _failure(exc, statement, file) from exc


def _failure(exc: psycopg.Error, statement: Statement, file: str) -> SchemaError:
    position = int(exc.diag.statement_position or 1) - 1
    line = statement.line + line_of(statement.sql, position) - 1
    message = (exc.diag.message_primary or str(exc)).rstrip(".")
    detail = f" ({exc.diag.message_detail.rstrip('.')})" if exc.diag.message_detail else ""
    hint = exc.diag.message_hint
    if exc.sqlstate == _NEEDS_NO_TRANSACTION:
        hint = "Run that statement by itself, with psql"
    return SchemaError(
        f"Line {line} of {file!r} failed with SQLSTATE {exc.sqlstate}: {message}{detail}; nothing of the file was kept",
        hint=hint.rstrip(".") if hint else f"Mend line {line} and run the command again",
    )


@contextmanager
def _settings_kept(conn: psycopg.Connection[Any]) -> Iterator[None]:
    """Set back what the body SETs: pg_dump empties search_path and turns row_security off, for one."""
    before = _settings(conn, is_before=True)
    yield
    for name, value in sorted(_settings(conn, is_before=False).items()):
        if name in before and before[name] != value:
            conn.execute(_SET, (name, before[name]), prepare=False)


def _settings(conn: psycopg.Connection[Any], *, is_before: bool) -> dict[str, str]:
    with conn.cursor(row_factory=tuple_row) as cursor:
        return dict(cursor.execute(_SETTINGS, (is_before,), prepare=False).fetchall())
