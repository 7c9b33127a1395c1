"""`--mode upsert|update|delete`: rows changed by key, counted, and brought back by undo."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

import heal_cli
from heal_cli.cli.load_report import load_report
from heal_cli.errors import PlanError, UsageError, WriteError
from heal_cli.record import iter_rejects

CHANGES = "id,name,n\n2,two,22\n4,four,44\n9,nine,99\n4,FOUR,45\n5,five,bad\n"
OLD = [(n, f"old {n}", n) for n in range(1, 7)]


@pytest.fixture
def changing(retrying):
    """Six rows by id, and a loader into their table."""
    retrying.conn.execute(
        "create table t (id int primary key, name text not null, n int);"
        "insert into t select g, 'old ' || g, g from generate_series(1, 6) g"
    )
    retrying.undo = lambda run, **given: heal_cli.undo(run, **retrying.options, **given)
    return retrying


def with_changes(**changed) -> list[tuple]:
    """The old rows with others in the place of some; None for one that is gone."""
    rows = {row[0]: row for row in OLD} | {int(key[1:]): row for key, row in changed.items()}
    return [row for _, row in sorted(rows.items()) if row]


@pytest.mark.parametrize(
    ("mode", "after", "reasons"),
    [
        (
            "upsert",
            with_changes(_2=(2, "two", 22), _4=(4, "FOUR", 45), _9=(9, "nine", 99)),
            {"not_convertible": 1},
        ),
        (
            "update",
            with_changes(_2=(2, "two", 22), _4=(4, "FOUR", 45)),
            {"not_convertible": 1, "no_such_row": 1},
        ),
        ("delete", with_changes(_2=None, _4=None), {"not_convertible": 1, "no_such_row": 1}),
    ],
)
def test_each_mode_and_its_undo(changing, mode, after, reasons) -> None:
    """The last of two rows of one key counts, each row is accounted for, and undo brings all of it back."""
    report = changing.load(CHANGES, mode=mode)
    assert changing.all() == after
    assert dict(report.reject_reasons) == reasons
    assert report.rows.is_conserved
    assert changing.load(None, mode=mode).rows.already == 5
    assert changing.undo(report.run).removed == report.rows.loaded
    assert changing.all() == OLD
    assert changing.load(None, mode=mode).rows.loaded == report.rows.loaded
    assert changing.all() == after


@pytest.mark.parametrize("mode", ["update", "delete"])
def test_keys_that_no_row_has_are_counted_and_listed(changing, mode) -> None:
    """The report names the first of them and how many there are, the rejects file all."""
    content = "id,n\n1,1\n" + "".join(f"{n},{n}\n" for n in range(100, 1300))
    report = changing.load(content, mode=mode)
    assert report.reject_reasons["no_such_row"] == 1200
    told = load_report(report).replace("\n", " ")
    assert "1,200 keys that no row has: (id) = (100), (101), (102), (103), (104) and 1,195 more" in told
    kept = [record.attempts[0] for record in iter_rejects(changing.rejects)]
    assert kept == [f"No row of the table has (id) = ({n})" for n in range(100, 1300)]


def test_an_update_needs_the_key_alone(changing) -> None:
    """Columns that the source does not have stay as they are, NOT NULL or not."""
    changing.load("id,n\n3,33\n", mode="update")
    assert changing.all("select * from t where id = 3") == [(3, "old 3", 33)]
    with pytest.raises(PlanError, match="'id'"):
        changing.load("name\nx\n", mode="update", name="b.csv")


def test_an_absent_key_of_an_object_is_not_touched(changing) -> None:
    """JSON says null where it means NULL."""
    changing.load('{"id": 1, "n": null}\n{"id": 2, "name": "two"}\n{"n": 5}\n', mode="update", name="a.jsonl")
    assert changing.all("select * from t where id in (1, 2)") == [(1, "old 1", None), (2, "two", 2)]


@pytest.mark.parametrize("how", [{"mode": "upsert"}, {"on_conflict": "update"}])
def test_an_upsert_leaves_alone_what_an_object_leaves_out(changing, how) -> None:
    """A row that is there keeps it, a new one has none."""
    source = '{"id": 1, "name": "one"}\n{"id": 2, "name": "two", "n": null}\n{"id": 9, "name": "nine"}\n'
    changing.load(source, name="a.jsonl", **how)
    assert changing.all("select * from t where id in (1, 2, 9)") == [
        (1, "one", 1),
        (2, "two", None),
        (9, "nine", None),
    ]


@pytest.mark.parametrize("how", [{"mode": "upsert"}, {"mode": "update"}, {"on_conflict": "update"}])
def test_the_last_of_a_key_counts_whatever_keys_its_object_has(changing, how) -> None:
    """Objects of several shapes change one row in the order of the source."""
    changes = [(1, 10), (1, None), (2, None), (2, 20), (3, 30), (3, None), (3, 31)]
    lines = [
        {"id": id, "name": str(at)} | ({} if n is None else {"n": n}) for at, (id, n) in enumerate(changes)
    ]
    changing.load("".join(json.dumps(line) + "\n" for line in lines), name="a.jsonl", **how)
    assert changing.all("select * from t where id < 4") == [(1, "1", 10), (2, "3", 20), (3, "6", 31)]


def test_columns_without_names_go_by_position_in_every_mode(changing) -> None:
    """Those that the server fills may be missing; those that a change leaves alone may not."""
    changing.conn.execute("alter table t add made timestamptz default now()")
    changing.load("1,x,11\n2,y,12\n", mode="upsert", header=False)
    assert changing.all("select id, name, n from t where id < 3") == [(1, "x", 11), (2, "y", 12)]


def test_rows_that_the_table_refuses_are_rejects(changing) -> None:
    """Constraints hold for changed rows as for new ones."""
    changing.conn.execute("alter table t add check (n < 50)")
    report = changing.load("id,n\n1,10\n2,77\n3,30\n", mode="update")
    assert dict(report.reject_reasons) == {"check_violation": 1}
    assert changing.all("select n from t where id < 4 order by id") == [(10,), (2,), (30,)]


def test_another_key(changing) -> None:
    """--key names any unique constraint, and one that is none is refused."""
    changing.conn.execute("alter table t add unique (name)")
    changing.load("name,n\nold 3,33\n", mode="update", key=["name"])
    assert changing.all("select n from t where id = 3") == [(33,)]
    with pytest.raises(WriteError, match="no unique constraint on exactly 'n'") as caught:
        changing.load("name,n\nx,3\n", mode="update", key=["n"], name="b.csv")
    assert caught.value.hint == "It has --key id and --key name"


def test_the_same_file_by_another_mode_is_another_load(changing) -> None:
    """A file that was inserted can be deleted by."""
    content = "id,name,n\n7,seven,7\n"
    changing.load(content)
    assert changing.load(None, mode="delete").rows.loaded == 1
    assert changing.all() == OLD


@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
def test_every_type_comes_back_as_it_was(changing, mode) -> None:
    """Restore points hold rows as text that every type reads again, identity and generated columns included."""
    changing.conn.execute(
        """create type mood as enum ('sad', 'glad');
        create table w (id bigint generated always as identity primary key, j json, b bytea, f float8, a text[],
            r int4range, i interval, z timestamptz, m mood, c numeric, g int generated always as (1 + 1) stored,
            "quo""ted" text);
        insert into w (j, b, f, a, r, i, z, m, c, "quo""ted") values
            ('{"b": 1,  "a":  2, "b": 3}', '\\x00ff', 'nan', '[3:4]={"a,b",NULL}', 'empty', '1 mon -1 day',
             '2020-01-01 00:00:00.123456+03', 'glad', 'infinity', E'a"b\\\\c,(\\n)'),
            (null, null, 0.1, '{}', '[1,)', null, 'infinity', null, 1.10, '');"""
    )
    before = changing.all("select w::text from w order by id")
    source = '{"id": 1, "f": 5}\n{"id": 2, "f": 6}\n'
    flags = {"override_identity": True} if mode == "upsert" else {}
    run = changing.load(source, name="w.jsonl", table="w", mode=mode, **flags)
    assert run.rows.loaded == 2
    assert changing.all("select w::text from w order by id") != before
    changing.undo(run.run)
    assert changing.all("select w::text from w order by id") == before


@pytest.mark.parametrize(
    ("mode", "since", "told"),
    [
        ("update", "update t set n = 0 where id = 2", r"key \(id\) '2' were changed"),
        ("update", "delete from t where id = 4", r"key \(id\) '4' were changed"),
        ("upsert", "update t set n = 0 where id = 9", "1 of the 1 rows that it inserted"),
        ("delete", "insert into t values (2, 'mine')", r"key \(id\) '2' are there again"),
        ("update", "alter table t add more int", "columns of the table have changed"),
    ],
)
def test_undo_refuses_what_changed_since(changing, mode, since, told) -> None:
    """It names the keys, and nothing happens."""
    run = changing.load(CHANGES, mode=mode).run
    changing.conn.execute(since)
    before = changing.all()
    with pytest.raises(WriteError, match=told):
        changing.undo(run)
    assert changing.all() == before


def test_rows_changed_twice_by_a_run(changing) -> None:
    """Over several batches the first image counts; a row that the run itself had made is deleted."""
    rows = "".join(f"{n % 8 + 1},{'x' * 200} {n},{n}\n" for n in range(64))
    run = changing.load(f"id,name,n\n{rows}", mode="upsert", batch_bytes="1KiB").run
    assert changing.all("select n from t order by id") == [(n,) for n in range(56, 64)]
    changing.undo(run)
    assert changing.all() == OLD


def test_without_restore_points(changing) -> None:
    """--no-restore keeps nothing, and undo says so."""
    run = changing.load(CHANGES, mode="update", restore=False).run
    assert changing.all(f"select count(*) from heal.restore_points where run = '{run}'") == [(0,)]
    with pytest.raises(WriteError, match="--no-restore"):
        changing.undo(run)


def test_pruned_restore_points_are_missed(changing, capsys) -> None:
    """Undo never takes a changed row for an inserted one because its former self is gone."""
    from heal_cli.cli.app import run as command

    run = changing.load(CHANGES, mode="upsert").run
    assert command(["runs", "show", run, "--dsn", changing.dsn]) == 0
    assert "bytes keep what its rows were before" in capsys.readouterr().out
    assert command(["runs", "prune", "--older-than", "0", "--dsn", changing.dsn]) == 2
    assert command(["runs", "prune", "--older-than", "0", "--dsn", changing.dsn, "--yes"]) == 0
    before = changing.all()
    with pytest.raises(WriteError, match="were pruned"):
        changing.undo(run)
    assert changing.all() == before


def test_rejects_of_a_change_are_not_inserted(changing) -> None:
    """A retry would insert what was to update."""
    changing.load(CHANGES, mode="update")
    with pytest.raises(UsageError, match="a retry only inserts"):
        changing.retry(null=["bad"], reasons=["not_convertible"])
    assert len(changing.all()) == 6


def test_mode_and_on_conflict_contradict(changing) -> None:
    """Both say what an existing key means."""
    with pytest.raises(UsageError, match="--mode upsert"):
        changing.load(CHANGES, mode="upsert", on_conflict="ignore")


@pytest.mark.timeout(180)
def test_a_killed_update_goes_on_and_comes_back(changing) -> None:
    """kill -9 in the middle: the same command does the rest, each row once, and undoing both runs restores all."""
    changing.conn.execute("insert into t select g, 'old ' || g, g from generate_series(7, 20000) g")
    changing.conn.execute("create table hits (id int)")
    changing.conn.execute(
        "create function hit() returns trigger language plpgsql as $$ begin insert into hits values (new.id);"
        " return new; end $$; create trigger hit after update on t for each row execute function hit()"
    )
    before = changing.all()
    path = changing.folder / "a.csv"
    path.write_text("id,n\n" + "".join(f"{n},{-n}\n" for n in range(1, 20001)))
    flags = ["--mode", "update", "--batch-bytes", "8KiB", "--dsn", changing.dsn, "-q"]
    command = [sys.executable, "-m", "heal_cli", "load", str(path), "-t", "t", *flags]
    environment = {**os.environ, "HEAL_STATE_DIR": changing.options["state_dir"]}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    while process.poll() is None and changing.all("select count(*) from hits") == [(0,)]:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    report = changing.load(None, mode="update", batch_bytes="8KiB")
    assert report.rows.loaded + report.rows.already == 20000
    assert changing.all("select count(*), count(distinct id) from hits") == [(20000, 20000)]
    runs = changing.all(
        "select run::text from heal.load_runs where table_oid = 't'::regclass order by 1 desc"
    )
    for (run,) in runs:
        changing.undo(run)
    assert changing.all() == before


@pytest.mark.parametrize("mode", ["upsert", "update", "delete"])
def test_rows_that_move_between_partitions_come_back(changing, mode) -> None:
    """What they were is kept, wherever the change puts them."""
    changing.conn.execute(
        "create table p (id int, part int, old text, primary key (id, part)) partition by list (part);"
        "create table p1 partition of p for values in (1); create table p2 (old text, part int not null, id int not null);"
        "alter table p attach partition p2 for values in (2); alter table p add unique (id, part);"
        "insert into p select g, g % 2 + 1, 'old ' || g from generate_series(1, 6) g"
    )
    before = changing.all("select tableoid::regclass::text, * from p order by id")
    run = changing.load("id,part,old\n1,2,x\n2,1,y\n", table="p", mode=mode).run
    assert changing.all("select tableoid::regclass::text, * from p order by id") != before
    changing.undo(run)
    assert changing.all("select tableoid::regclass::text, * from p order by id") == before


def test_a_trigger_that_keeps_a_row_makes_a_reject(changing) -> None:
    """The others change, and undo brings exactly them back."""
    changing.conn.execute(
        "create function keep() returns trigger language plpgsql as $$ begin return case when old.id <> 3 then new end;"
        " end $$; create trigger keep before update on t for each row execute function keep()"
    )
    report = changing.load("id,n\n1,10\n3,30\n5,50\n", mode="update")
    assert dict(report.reject_reasons) == {"trigger_skipped": 1}
    assert changing.all("select id, n from t where id in (1, 3, 5) order by id") == [(1, 10), (3, 3), (5, 50)]
    changing.undo(report.run)
    assert changing.all() == OLD


@pytest.mark.parametrize("mode", ["upsert", "update", "delete", "replace"])
def test_a_trigger_that_changes_what_comes_back_is_refused(changing, mode) -> None:
    """A row with another time of change is not the row that was there; with the trigger off it is."""
    changing.conn.execute(
        "alter table t add touched int not null default 0;"
        "create function touch() returns trigger language plpgsql as $$ begin new.touched := new.touched + 1;"
        " return new; end $$; create trigger touch before insert or update on t for each row execute function touch()"
    )
    before = changing.all()
    run = changing.load("id,name,n\n2,two,22\n4,four,44\n", mode=mode).run
    after = changing.all()
    with pytest.raises(WriteError, match=r"triggers \(touch\) change [26] of the rows") as caught:
        changing.undo(run)
    assert "DISABLE TRIGGER" in str(caught.value)
    assert changing.all() == after
    changing.conn.execute("alter table t disable trigger touch")
    changing.undo(run)
    assert changing.all() == before


@pytest.mark.parametrize("action", ["cascade", "set null", "set default"])
def test_a_delete_that_would_change_rows_elsewhere_is_refused(changing, action) -> None:
    """No restore point keeps rows of other tables; --no-restore leaves it to the foreign key."""
    changing.conn.execute(
        f"create table child (c int, t int references t on delete {action}); insert into child values (1, 2), (2, 6)"
    )
    with pytest.raises(WriteError, match=r"1 rows of .*child refer to rows that --mode delete"):
        changing.load("id\n2\n3\n", mode="delete")
    assert changing.all() == OLD
    assert changing.all("select * from child order by c") == [(1, 2), (2, 6)]
    changing.load("id\n3\n4\n", mode="delete", name="b.csv")
    changing.load("id\n2\n", mode="delete", name="c.csv", restore=False)
    assert len(changing.all()) == 3


def test_a_delete_of_rows_that_refer_to_each_other(changing) -> None:
    """Rows that the batch deletes itself are in the restore point; others are not."""
    changing.conn.execute(
        "create table tree (id int primary key, up int references tree on delete cascade);"
        "insert into tree values (1, null), (2, 1), (3, 2), (4, 3)"
    )
    with pytest.raises(WriteError, match=r"1 rows of .*tree refer to rows"):
        changing.load("id\n2\n3\n", mode="delete", table="tree", name="b.csv")
    run = changing.load("id\n2\n3\n4\n", mode="delete", table="tree", name="c.csv").run
    assert changing.all("select id from tree") == [(1,)]
    changing.undo(run)
    assert changing.all("select * from tree order by id") == [(1, None), (2, 1), (3, 2), (4, 3)]


@pytest.mark.parametrize("action", ["set null", "set default"])
@pytest.mark.parametrize("mode", ["update", "upsert"])
def test_an_update_that_would_change_rows_elsewhere_is_refused(changing, action, mode) -> None:
    """No restore point keeps what they referred to; --no-restore leaves it to the foreign key."""
    changing.conn.execute(
        "alter table t add unique (n);"
        f"create table child (c int, n int references t (n) on update {action}); insert into child values (1, 2), (2, 6)"
    )
    with pytest.raises(WriteError, match=rf"1 rows of .*child refer to rows that --mode {mode} changes"):
        changing.load("id,n,name\n2,22,x\n3,33,y\n", mode=mode)
    assert changing.all("select * from child order by c") == [(1, 2), (2, 6)]
    changing.load("id,n,name\n3,34,x\n6,6,same\n", mode=mode, name="b.csv")
    changing.load("id,n,name\n2,23,x\n", mode=mode, name="c.csv", restore=False)
    assert changing.all("select * from child order by c") == [(1, None), (2, 6)]


def test_an_undo_that_would_change_rows_elsewhere_is_refused(changing) -> None:
    """Rows that came to refer to what an update made keep it."""
    changing.conn.execute(
        "alter table t add unique (n); create table child (c int, n int references t (n) on update set null)"
    )
    run = changing.load("id,n\n2,22\n3,33\n", mode="update").run
    changing.conn.execute("insert into child values (1, 22)")
    with pytest.raises(WriteError, match=r"1 rows of .*child refer to its rows"):
        changing.undo(run)
    assert changing.all("select * from child") == [(1, 22)]


def test_rows_elsewhere_follow_an_update_and_its_undo(changing) -> None:
    """ON UPDATE CASCADE takes them along, there and back."""
    changing.conn.execute(
        "alter table t add unique (n); create table child (c int, n int references t (n) on update cascade);"
        "insert into child values (1, 2), (2, 6)"
    )
    run = changing.load("id,n\n2,22\n3,33\n", mode="update").run
    assert changing.all("select * from child order by c") == [(1, 22), (2, 6)]
    undo = changing.undo(run).run
    assert changing.all("select * from child order by c") == [(1, 2), (2, 6)]
    changing.undo(undo)
    assert changing.all("select * from child order by c") == [(1, 22), (2, 6)]


@pytest.mark.parametrize("mode", ["update", "upsert"])
def test_a_reference_that_is_not_there_is_a_reject_of_a_change(changing, mode) -> None:
    """A row of a table that refers to itself, and to no row there is, ends no load; an upsert tries it as a new one."""
    changing.conn.execute(
        "create table tree (id int primary key, up int references tree); insert into tree values (1)"
    )
    report = changing.load("id,up\n1,77\n", mode=mode, table="tree")
    reason = "unique_violation" if mode == "upsert" else "foreign_key_violation"
    assert dict(report.reject_reasons) == {reason: 1}
    assert changing.load(None, mode=mode, table="tree").rows.already == 1
