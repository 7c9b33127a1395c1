"""`--ddl FILE` runs whole or not at all, and leaves the session as it was."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from heal_cli.errors import SchemaError, UsageError
from heal_cli.schema import introspect, run_ddl


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the test's SQL goes."""
    return tmp_path / "schema.sql"


def test_runs_every_statement(conn: psycopg.Connection, file: Path) -> None:
    """Types, functions and tables, in file order, with a byte-order mark and Windows line ends."""
    file.write_bytes(
        b"\xef\xbb\xbfcreate type mood as enum ('a;b');\r\n"
        b"create function f() returns int language sql as $$ select 1; $$;\r\n"
        b"create table t (a mood, b int default f(), c text default '50%')"
    )
    run_ddl(conn, file)
    assert [column.name for column in introspect(conn, "t").columns] == ["a", "b", "c"]


@pytest.mark.parametrize("opening", ["begin", "START TRANSACTION ISOLATION LEVEL SERIALIZABLE", "begin work"])
def test_brackets_mean_nothing(conn: psycopg.Connection, file: Path, opening: str) -> None:
    """BEGIN and COMMIT in the file do not end the transaction around it."""
    file.write_text(f"{opening}; create table t (a int); commit; create table t (a int)")
    with pytest.raises(SchemaError):
        run_ddl(conn, file)
    with pytest.raises(SchemaError):
        introspect(conn, "t")


@pytest.mark.parametrize(
    ("script", "message", "hint"),
    [
        (
            "create table a (x int);\n\ncreate table t (\n    a int,\n    b nosuch\n);",
            "Line 5 of 'schema.sql' failed with SQLSTATE 42704: type \"nosuch\" does not exist; "
            "nothing of the file was kept",
            "Mend line 5 and run the command again",
        ),
        (
            "create table a (x int);\n\n  create table a (x int);",
            "Line 3 of 'schema.sql' failed with SQLSTATE 42P07: relation \"a\" already exists; "
            "nothing of the file was kept",
            "Mend line 3 and run the command again",
        ),
        (
            "select 'größe',\n  nosuch",
            "Line 2 of 'schema.sql' failed with SQLSTATE 42703: column \"nosuch\" does not exist; "
            "nothing of the file was kept",
            "Mend line 2 and run the command again",
        ),
        (
            "create table a (x int);\ncreate index concurrently on a (x)",
            "Line 2 of 'schema.sql' failed with SQLSTATE 25001: CREATE INDEX CONCURRENTLY cannot run inside "
            "a transaction block; nothing of the file was kept",
            "Run that statement by itself, with psql",
        ),
        (
            "create table a (x int);\nrollback;",
            "Line 2 of 'schema.sql' rolls back what the file did before it",
            "Take the ROLLBACK out",
        ),
    ],
)
def test_a_failure_names_its_line(
    conn: psycopg.Connection, file: Path, script: str, message: str, hint: str
) -> None:
    """The line in the file, the SQLSTATE, the server's words, and nothing left behind."""
    file.write_text(script, encoding="utf-8")
    with pytest.raises(SchemaError) as error:
        run_ddl(conn, file)
    assert (error.value.message, error.value.hint) == (message, hint)
    assert conn.execute("select to_regclass('a')").fetchone() == (None,)


def test_settings_are_set_back(conn: psycopg.Connection, schema: str, file: Path) -> None:
    """A schema dump empties the search_path and switches more; later commands see none of that."""
    file.write_text(
        "SET row_security = off; SET statement_timeout = 1234; SET client_encoding = 'LATIN1';\n"
        "SELECT pg_catalog.set_config('search_path', '', false);\n"
        f"create table {schema}.t (a int); set role pg_monitor"
    )
    run_ddl(conn, file)
    assert introspect(conn, "t").schema == schema
    shown = [
        conn.execute(f"show {name}").fetchone()
        for name in ("row_security", "statement_timeout", "role", "client_encoding")
    ]
    assert shown == [("on",), ("0",), ("none",), ("UTF8",)]


def test_within_a_transaction(conn: psycopg.Connection, file: Path) -> None:
    """The caller's transaction goes on after a failure."""
    file.write_text("create table t (a int); nonsense")
    with conn.transaction():
        conn.execute("create table mine (a int)")
        with pytest.raises(SchemaError):
            run_ddl(conn, file)
    assert introspect(conn, "mine").name == "mine"


def test_a_lost_connection_is_not_the_file_s_fault(conn: psycopg.Connection, file: Path) -> None:
    """What befalls the server is handed on as it is."""
    file.write_text("select pg_terminate_backend(pg_backend_pid())")
    other = psycopg.connect(conn.info.dsn, autocommit=True)
    with pytest.raises(psycopg.OperationalError):
        run_ddl(other, file)
    other.close()


def test_a_missing_file(conn: psycopg.Connection, file: Path) -> None:
    """The nearest file name is shown."""
    file.touch()
    missing = file.with_name("shema.sql")
    with pytest.raises(UsageError) as error:
        run_ddl(conn, missing)
    assert str(error.value) == (
        f"SQL file {str(missing)!r} does not exist; nearest is 'schema.sql' (0.95). Name it with --ddl FILE"
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"select 1;\nselect '\xe4'", "is not UTF-8: line 2 holds the byte 0xe4"),
        (b"select \x00", "is no text: it holds NUL bytes"),
    ],
)
def test_what_is_no_text(conn: psycopg.Connection, file: Path, data: bytes, message: str) -> None:
    """Bytes that are no UTF-8 are found before anything is run."""
    file.write_bytes(data)
    with pytest.raises(UsageError) as error:
        run_ddl(conn, file)
    assert error.value.message == f"SQL file {str(file)!r} {message}"


def test_a_folder(conn: psycopg.Connection, tmp_path: Path) -> None:
    """What the system says of an unreadable path is passed on."""
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        run_ddl(conn, tmp_path)
