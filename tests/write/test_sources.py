"""The ledger's sources: shared by runs, and never waited for without end."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.model import WriteOptions
from heal_cli.write import (
    NewSource,
    add_source,
    connect,
    newest_source,
)

from .conftest import new_chunk, new_run, source_of


def test_the_books_are_not_waited_for_without_end(conn, conninfo, table) -> None:
    """A lock that somebody keeps ends in an error of the server, not in a run that hangs."""
    run = new_run(conn, table)
    with psycopg.connect(conninfo) as other:
        other.execute("lock table heal.load_sources")
        new = NewSource(table.oid, None, "a.csv", None, "{}", new_chunk(), table.version, run)
        with (
            connect(conninfo, limits=WriteOptions(lock_timeout_s=0.1)) as limited,
            pytest.raises(psycopg.errors.LockNotAvailable),
        ):
            add_source(limited, new, newest=0)


def test_a_source_is_not_added_beside_one_that_was_not_seen(conn, table) -> None:
    """Who looked before another run began a source must look again."""
    run = new_run(conn, table)
    seen = newest_source(conn, table.oid)
    source_of(conn, table, new_chunk(), run)
    new = NewSource(table.oid, None, "a.csv", None, "{}", new_chunk(), table.version, run)
    assert add_source(conn, new, newest=seen) is None
    assert add_source(conn, new, newest=newest_source(conn, table.oid)) is not None
