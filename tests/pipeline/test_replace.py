"""`--mode replace`: the table's content becomes the source's, or nothing happens."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.errors import BudgetExceeded, UsageError, WriteError

NEW = "id,name,n\n1,one,1\n7,seven,7\n"
OLD = [(n, f"old {n}", n) for n in range(1, 7)]


@pytest.fixture
def replacing(retrying):
    """Six rows without a key, and a loader that replaces them."""

    retrying.conn.execute(
        "create table t (id int, name text not null, n int);"
        "insert into t select g, 'old ' || g, g from generate_series(1, 6) g"
    )
    retrying.replace = lambda content=NEW, **given: retrying.load(content, mode="replace", **given)
    return retrying


def test_replaces_and_undo_brings_back(replacing) -> None:
    """Rows of the file alone stand there; undo puts the old ones back, duplicates among them."""
    replacing.conn.execute("insert into t values (6, 'old 6', 6)")
    report = replacing.replace()
    assert replacing.all() == [(1, "one", 1), (7, "seven", 7)]
    assert any("7 rows that stood there before" in note for note in report.notes)
    replacing.undo(report.run)
    assert replacing.all() == [*OLD, OLD[-1]]


def test_the_same_file_replaces_again(replacing) -> None:
    """What has replaced a table once may have been replaced itself: the last command counts."""
    replacing.replace(name="a.csv")
    replacing.replace("id,name,n\n8,eight,8\n", name="b.csv")
    report = replacing.replace(None, name="a.csv")
    assert (report.rows.loaded, report.rows.already) == (2, 0)
    assert replacing.all() == [(1, "one", 1), (7, "seven", 7)]


def test_a_run_that_died_after_its_commit_stands_in_nobodys_way(replacing) -> None:
    """Its source is unfinished by the ledger, with all batches done: another replacement loads it all the same."""
    import heal_cli

    replacing.replace(name="a.csv")
    replacing.conn.execute(
        "update heal.load_sources set finished_at = null, stop = null, digest = null, rows = null"
        " where table_oid = 't'::regclass"
    )
    (replacing.folder / "b.csv").write_text("id,name,n\n1000,b,1\n")
    (replacing.folder / "c.csv").write_text(NEW)
    paths = [replacing.folder / name for name in ("a.csv", "b.csv", "c.csv")]
    report = heal_cli.load(paths, table="t", mode="replace", **replacing.options)
    assert replacing.all() == [(1, "one", 1), (7, "seven", 7), (1000, "b", 1)]
    assert (report.rows.loaded, report.rows.already) == (3, 2)


def test_several_batches_and_sources_are_one_content(replacing) -> None:
    """One transaction, however long."""
    rows = "id,name,n\n" + "".join(f"{n},{'x' * 50},{n}\n" for n in range(100))
    (replacing.folder / "b.csv").write_text("id,name,n\n1000,b,1\n")
    (replacing.folder / "a.csv").write_text(rows)
    import heal_cli

    paths = [replacing.folder / name for name in ("a.csv", "b.csv")]
    report = heal_cli.load(paths, table="t", mode="replace", batch_bytes="1KiB", **replacing.options)
    assert replacing.all("select count(*), count(distinct id) from t") == [(101, 101)]
    replacing.undo(report.run)
    assert replacing.all() == OLD


def test_one_reject_and_nothing_is_replaced(replacing) -> None:
    """Unless --max-rejects allows it: a table is not replaced by a part."""
    content = NEW + "8,eight,bad\n"
    with pytest.raises(BudgetExceeded, match="--mode replace committed nothing"):
        replacing.replace(content)
    assert replacing.all() == OLD
    assert replacing.replace(None, max_rejects="1").rows.rejected == 1
    assert len(replacing.all()) == 2
    with pytest.raises(UsageError, match="a retry only inserts"):
        replacing.retry(null=["bad"])


def test_a_file_without_rows_replaces_nothing(replacing) -> None:
    """To empty a table is another command."""
    for content, name in (("id,name,n\n", "a.csv"), ("[]", "a.json")):
        report = replacing.replace(content, name=name)
        assert any("has no rows" in note for note in report.notes)
        assert replacing.all() == OLD


def test_a_dry_run_replaces_nothing(replacing) -> None:
    """It says how many rows would go."""
    report = replacing.replace(dry_run=True)
    assert replacing.all() == OLD
    assert any("6 rows" in note for note in report.notes)


@pytest.mark.parametrize("action", ["no action", "restrict", "cascade", "set null"])
def test_rows_that_others_refer_to_stay(replacing, action) -> None:
    """No foreign key deletes or changes rows elsewhere in silence."""
    replacing.conn.execute(
        "alter table t add primary key (id);"
        f"create table child (t int references t on delete {action}); insert into child values (1)"
    )
    with pytest.raises(WriteError, match="was not replaced") as caught:
        replacing.replace()
    assert "--mode upsert" in str(caught.value)
    assert replacing.all() == OLD
    assert replacing.all("select * from child") == [(1,)]


def test_a_table_that_refers_to_itself(replacing) -> None:
    """Old rows go together; new ones may come before those they refer to."""
    replacing.conn.execute(
        "create table tree (id int primary key, up int references tree on delete cascade);"
        "insert into tree values (1, null), (2, 1), (3, 2)"
    )
    run = replacing.replace("id,up\n5,4\n4,1\n1,\n", table="tree", max_rejects="10").run
    assert replacing.all("select * from tree order by id") == [(1, None), (4, 1), (5, 4)]
    replacing.undo(run)
    assert replacing.all("select * from tree order by id") == [(1, None), (2, 1), (3, 2)]


def test_a_trigger_that_keeps_rows_is_refused(replacing) -> None:
    """Old rows beside new ones are no replacement."""
    replacing.conn.execute(
        "create function keep() returns trigger language plpgsql as $$ begin return case when old.id <> 3 then old"
        " end; end $$; create trigger keep before delete on t for each row execute function keep()"
    )
    with pytest.raises(WriteError, match="keep 1 of its rows"):
        replacing.replace()
    assert replacing.all() == OLD


def test_policies_are_refused(replacing, schema) -> None:
    """They may hide rows, which would stay."""
    replacing.conn.execute("alter table t enable row level security; alter table t force row level security")
    (role,) = replacing.all("select 'reader_' || substr(md5(random()::text), 1, 8)")[0]
    replacing.conn.execute(
        f"create role {role} login; grant usage on schema {schema} to {role}; grant all on t to {role};"
        "create policy p on t using (id < 4)"
    )
    try:
        with pytest.raises(WriteError, match="policies may hide rows"):
            replacing.replace(dsn=psycopg.conninfo.make_conninfo(replacing.dsn, user=role))
    finally:
        replacing.conn.execute(f"drop owned by {role}; drop role {role}")
    assert replacing.all() == OLD


def test_undo_is_refused_where_new_rows_changed(replacing) -> None:
    """Nothing is lost that was written since."""
    run = replacing.replace().run
    replacing.conn.execute("update t set n = 0 where id = 7")
    with pytest.raises(WriteError, match="1 of the 2 rows that it inserted"):
        replacing.undo(run)
    assert replacing.all() == [(1, "one", 1), (7, "seven", 0)]


def test_partitions_are_replaced_together(replacing) -> None:
    """Each row comes back to the partition that it was in."""
    replacing.conn.execute(
        "create table p (id int, part int) partition by list (part); create table p1 partition of p for values in (1);"
        "create table p2 partition of p for values in (2); insert into p select g, g % 2 + 1 from generate_series(1, 6) g"
    )
    before = replacing.all("select tableoid::regclass::text, * from p order by id")
    run = replacing.replace("id,part\n1,2\n", table="p").run
    assert replacing.all("select * from p") == [(1, 2)]
    replacing.undo(run)
    assert replacing.all("select tableoid::regclass::text, * from p order by id") == before


@pytest.mark.parametrize(
    ("limit", "is_allowed"), [("0", False), ("3", False), ("4", True), ("60%", False), ("67%", True)]
)
def test_max_change_counts_rows_that_are_there_no_more(replacing, limit, is_allowed) -> None:
    """Rows that the file has, too, do not count."""
    content = "id,name,n\n1,old 1,1\n2,old 2,2\n9,new,9\n"
    if is_allowed:
        assert replacing.replace(content, max_change=limit).rows.loaded == 3
    else:
        with pytest.raises(BudgetExceeded, match=f"4 rows of .*--max-change {limit} allows"):
            replacing.replace(content, max_change=limit)
        assert replacing.all() == OLD
