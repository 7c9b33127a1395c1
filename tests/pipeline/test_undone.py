"""What a failed run had begun is taken back."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.errors import BudgetExceeded, WriteError


def test_a_table_made_for_nothing(retrying) -> None:
    """A table that --create made goes again when the run fails before its first row; the right flags make it anew."""
    with pytest.raises(BudgetExceeded):
        retrying.load("id,v\n1,x\n2\n", create=True, atomic=True, max_rejects="0")
    assert retrying.all("select to_regclass('t')") == [(None,)]
    report = retrying.load("id,v\n1,x\n2\n", create=True, atomic=True)
    assert (report.rows.loaded, report.rows.rejected) == (1, 1)


def test_a_table_with_rows(retrying, monkeypatch) -> None:
    """One that holds rows stays, whatever the run ended with."""

    def fail(*_args, **_options):
        raise WriteError("no more")

    monkeypatch.setattr("heal_cli.engine.threads.retry_own_references", fail)
    with pytest.raises(WriteError):
        retrying.load("id,v\n1,x\n", create=True)
    assert retrying.all() == [(1, "x")]


def test_a_table_that_was_there(retrying, conn: psycopg.Connection) -> None:
    """--create takes back only what it made."""
    conn.execute("create table t (id int, v text)")
    with pytest.raises(BudgetExceeded):
        retrying.load("id,v\n1,x\n2\n", create=True, atomic=True, max_rejects="0")
    assert retrying.all() == []
