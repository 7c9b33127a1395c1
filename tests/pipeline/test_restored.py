"""The ledger after dump and restore: what it says of transactions before is not believed, what is new is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from heal_cli.errors import WriteError

ROWS = "id,v\n" + "".join(f"{n},v{n}\n" for n in range(1, 21))


@pytest.fixture
def restored(retrying) -> Iterator[object]:
    """A table, and what makes of its rows and of schema `heal` what a restored dump would: all of one transaction."""
    retrying.conn.execute("drop schema if exists heal cascade; create table t (id int primary key, v text)")

    def restore(database: str | None = None) -> None:
        with retrying.conn.transaction():
            retrying.conn.execute("set local session_replication_role = replica")
            tables = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'heal'"
            for (table,) in [*retrying.all(tables), ("t",)]:
                retrying.conn.execute(
                    f"create temp table copied on commit drop as table {table}; delete from {table};"
                    f" insert into {table} overriding system value table copied; drop table copied"
                )
            if database:
                retrying.conn.execute("update heal.origin set database = %s", (database,))

    retrying.restore = restore
    yield retrying
    retrying.conn.execute("drop schema if exists heal cascade")  # other tests share the database


def test_what_was_loaded_before_is_refused(restored) -> None:
    """Every row has one xmin: none of it is believed, nor what an earlier undo had kept."""
    undone = restored.undo(restored.load("id,v\n1,x\n").run).run
    run = restored.load(ROWS, name="b.csv").run
    restored.restore()
    for known in (run, undone):
        with pytest.raises(WriteError, match="restored from a dump"):
            restored.undo(known)
    with pytest.raises(WriteError, match="restored from a dump"):
        restored.undo(run, force_unchanged=True)
    assert restored.all("select count(*) from t") == [(20,)]


@pytest.mark.parametrize("mode", ["insert", "upsert", "update", "delete", "replace"])
def test_new_runs_are_undone_and_brought_back(restored, mode) -> None:
    """After each of several restores; the rows that were in the dump are as they were."""
    restored.load(ROWS)
    for turn in range(2):
        restored.restore()
        before = restored.all()
        run = restored.load(
            f"id,v\n{20 - turn},changed\n{30 + turn},new\n", mode=mode, name=f"{turn}.csv"
        ).run
        after = restored.all()
        assert after != before
        undo = restored.undo(run).run
        assert restored.all() == before
        restored.undo(undo)
        assert restored.all() == after


@pytest.mark.parametrize(("database", "loaded"), [(None, 0), ("1/2", 20)])
def test_in_another_database_no_table_passes_for_one_of_the_dump(restored, database, loaded) -> None:
    """OIDs are given anew there: what was loaded into a table with the same one was loaded into another table."""
    restored.load(ROWS)
    restored.conn.execute("truncate t")
    restored.restore(database)
    assert restored.load(None).rows.loaded == loaded
    assert restored.load(None).rows.already == 20
