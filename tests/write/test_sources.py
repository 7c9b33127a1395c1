"""The ledger's sources: shared by runs, and never waited for without end."""

from __future__ import annotations

import uuid

import psycopg
import pytest

from heal_cli.model import Chunk, WriteOptions
from heal_cli.schema import introspect
from heal_cli.write import (
    NewSource,
    add_source,
    connect,
    end_run,
    keep_plan,
    ledger_migrations,
    migrate,
    newest_source,
)

from .conftest import new_run, source_of


@pytest.fixture
def table(conn: psycopg.Connection):
    """A table, and a ledger in its database."""
    (schema,) = conn.execute("select current_schema()").fetchone() or ("",)
    conn.execute("create table t (id bigint)")
    migrate(conn, ledger_migrations())
    return introspect(conn, f"{schema}.t")


def chunk() -> Chunk:
    """The first batch of some content."""
    return Chunk(0, 0, 100, 1, 1, uuid.uuid4().hex, 10, 100, b"")


def test_runs_at_once_use_one_plan(conn, table) -> None:
    """The second of two running runs gets the first one's plan, though nothing is committed by it yet."""
    first, second = new_run(conn, table), new_run(conn, table)
    source = source_of(conn, table, chunk(), first)
    conn.execute("insert into heal.load_run_sources values (%s, %s, 'a.csv')", (second, source))
    conn.execute("update heal.load_runs set state = 'running' where run = %s", (first,))
    assert keep_plan(conn, source, '{"plan": 1}', "v1", first) == '{"plan": 1}'
    assert keep_plan(conn, source, '{"plan": 2}', "v1", second) == '{"plan": 1}'
    assert keep_plan(conn, source, '{"plan": 3}', "v2", second) == '{"plan": 3}'
    assert keep_plan(conn, source, '{"plan": 4}', "v2", first) == '{"plan": 3}'


def test_a_plan_that_nothing_was_loaded_by_gives_way(conn, table) -> None:
    """Who stopped before the first row, to name columns otherwise, gets what was asked for."""
    first, second = new_run(conn, table), new_run(conn, table)
    source = source_of(conn, table, chunk(), first)
    keep_plan(conn, source, '{"plan": 1}', "v1", first)
    end_run(conn, run=first, state="failed", report=None)
    assert keep_plan(conn, source, '{"plan": 2}', "v1", second) == '{"plan": 2}'


def test_the_books_are_not_waited_for_without_end(conn, conninfo, table) -> None:
    """A lock that somebody keeps ends in an error of the server, not in a run that hangs."""
    run = new_run(conn, table)
    with psycopg.connect(conninfo) as other:
        other.execute("lock table heal.load_sources")
        new = NewSource(table.oid, None, "a.csv", None, "{}", chunk(), table.version, run)
        with (
            connect(conninfo, limits=WriteOptions(lock_timeout_s=0.1)) as limited,
            pytest.raises(psycopg.errors.LockNotAvailable),
        ):
            add_source(limited, new, newest=0)


def test_a_source_is_not_added_beside_one_that_was_not_seen(conn, table) -> None:
    """Who looked before another run began a source must look again."""
    run = new_run(conn, table)
    seen = newest_source(conn, table.oid)
    source_of(conn, table, chunk(), run)
    new = NewSource(table.oid, None, "a.csv", None, "{}", chunk(), table.version, run)
    assert add_source(conn, new, newest=seen) is None
    assert add_source(conn, new, newest=newest_source(conn, table.oid)) is not None
