"""`heal undo`: a run out of the table and the ledger, all of it or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from heal_cli.errors import DatabaseUnavailable, UsageError, WriteError

ROWS = "n,name\n" + "".join(f"{n},row {n}\n" for n in range(1, 301))
SMALL = {"batch_bytes": "1KiB"}  # several batches


@pytest.fixture
def undoing(retrying):
    """A table of 300 loaded rows over several batches, and 3 that were there before."""
    retrying.conn.execute(
        "create table t (n int, name text); insert into t select -g, 'old' from generate_series(1, 3) g"
    )
    return retrying


def test_takes_back_the_run_and_nothing_else(undoing) -> None:
    """Rows of the run go, rows that were there before or came after stay."""
    run = undoing.load(ROWS, **SMALL).run
    undoing.conn.execute("insert into t values (1000, 'after')")
    report = undoing.undo(run)
    assert (report.loaded, report.removed) == (300, 300)
    assert [n for n, _ in undoing.all()] == [-3, -2, -1, 1000]


def test_an_undone_load_loads_again(undoing) -> None:
    """The same source is new to the ledger afterwards, and loads whole, once."""
    undoing.undo(undoing.load(ROWS, **SMALL).run)
    assert undoing.load(None).rows.loaded == 300
    assert undoing.load(None).rows.already == 300
    assert undoing.all("select count(*), count(distinct n) from t where n > 0") == [(300, 300)]


def test_other_flags_count_for_the_load_after_an_undo(undoing) -> None:
    """A file that was read in a wrong way is read anew: nothing of the first reading is kept."""
    run = undoing.load("n|name\n1|a;b\n", delimiter="|").run
    undoing.undo(run)
    undoing.load("n|name\n1|a;b\n", null=["a;b"])
    assert undoing.all("select name from t where n = 1") == [(None,)]


@pytest.mark.parametrize(
    "change", ["update t set name = 'x' where n in (5, 6)", "delete from t where n in (5, 6)"]
)
def test_refuses_where_rows_changed(undoing, change) -> None:
    """One changed row and nothing is undone; the message says in which batch."""
    run = undoing.load(ROWS, **SMALL).run
    undoing.conn.execute(change)
    before = undoing.all()
    with pytest.raises(WriteError, match=r"2 of \d+ rows of batch 1 of '.*a\.csv' were changed or deleted"):
        undoing.undo(run)
    assert undoing.all() == before
    assert undoing.load(None).rows.already == 300


@pytest.mark.parametrize("step", ["migrate", "find_run", "begin_run"])
def test_a_connection_that_is_lost_before_the_undo_is_told(undoing, monkeypatch, step) -> None:
    """It is the world's fault, and nothing has happened."""
    run = undoing.load(ROWS).run

    def lose(*_args, **_options):
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(f"heal_cli.pipeline.undo.{step}", lose)
    with pytest.raises(DatabaseUnavailable, match=f"looking for run {run} to undo"):
        undoing.undo(run)
    assert undoing.all("select count(*) from t where n > 0") == [(300,)]


def test_force_leaves_changed_rows(undoing) -> None:
    """What is unchanged goes; the changed row stays, and its batch does not load again by itself."""
    run = undoing.load(ROWS, **SMALL).run
    undoing.conn.execute("update t set name = 'mine' where n = 5")
    report = undoing.undo(run, force_unchanged=True)
    assert report.removed == 299
    assert undoing.all("select n, name from t where n > 0") == [(5, "mine")]
    again = undoing.load(None)
    assert again.rows.loaded + again.rows.already == 300
    assert undoing.all("select count(*) from t where n = 5") == [(1,)]


def test_a_later_run_comes_first(undoing) -> None:
    """A grown file's tail rests on what was loaded before: undo goes backwards."""
    first = undoing.load(ROWS).run
    second = undoing.load(ROWS + "301,more\n").run
    with pytest.raises(WriteError, match=f"Run {second} went on"):
        undoing.undo(first)
    undoing.undo(second)
    undoing.undo(first)
    assert undoing.load(None).rows.loaded == 301


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize(
    ("begin", "end"),
    [
        ("n,name\n", "\nExported on Monday\n"),
        ('[{"n": 0, "name": "zero"}\n', "]\n"),
        ('{"page": 1, "rows": [\n{"n": 0}\n', '], "of": 9}'),
    ],
)
def test_a_later_run_that_found_nothing_new_goes_with_it(undoing, begin, end, kept) -> None:
    """What it says is loaded is loaded no more, so the same file loads again, and so it does once that is undone."""
    is_json = "[" in begin
    more = "".join(f',{{"n": {n}, "name": "x"}}\n' if is_json else f"{n},x\n" for n in range(1, 10))
    file = begin + more + end
    rows = 9 + is_json
    name = "a.json" if is_json else "a.csv"
    first = undoing.load(file, name=name).run
    assert [undoing.load(None, name=name).rows.already for _ in range(3)] == [rows] * 3
    undo = undoing.undo(first, restore=kept)
    assert undoing.load(None, name=name).rows.loaded == rows
    assert undoing.load(None, name=name).rows.already == rows
    assert undoing.all("select count(*) from t where name = 'x'") == [(9,)]
    assert undo.removed == rows


def test_an_undo_of_a_load_that_later_ones_found_nothing_behind_is_undone(undoing) -> None:
    """The rows are there again, and so is what the ledger knows of them."""
    file = ROWS + "\nExported on Monday\n"
    first = undoing.load(file).run
    assert undoing.load(None).rows.already == 300
    undoing.undo(undoing.undo(first).run)
    assert undoing.load(None).rows.already == 300
    assert undoing.all("select count(*) from t where n > 0") == [(300,)]


def test_a_later_run_comes_first_also_behind_one_that_found_nothing_new(undoing) -> None:
    """The tail rests on the first run, whatever came between."""
    first = undoing.load('{"rows": [{"n": 1}], "page": 1}', name="a.json").run
    undoing.load('{"rows": [{"n": 1}], "page": 2}', name="a.json")
    undoing.load('{"rows": [{"n": 1}], "page": 3}', name="a.json")
    second = undoing.load('{"rows": [{"n": 1}, {"n": 2}], "page": 3}', name="a.json").run
    with pytest.raises(WriteError, match=f"Run {second} went on"):
        undoing.undo(first)
    undoing.undo(second)
    undoing.undo(first)
    assert undoing.load(None, name="a.json").rows.loaded == 2


def test_only_the_tail_loads_again(undoing) -> None:
    """Undoing the second load of a grown file leaves what the first had loaded."""
    undoing.load(ROWS)
    undoing.undo(undoing.load(ROWS + "301,more\n").run)
    report = undoing.load(None)
    assert (report.rows.loaded, report.rows.already) == (1, 300)


def test_retried_rejects_come_first(undoing) -> None:
    """A retry is a run of its own: undone first, its rows are rejects again."""
    run = undoing.load("n,name\n1,a\n#2,b\n").run
    retry = undoing.retry(null=["#2"]).run
    assert undoing.all("select count(*) from t where n is null") == [(1,)]
    with pytest.raises(WriteError, match=f"Run {retry} went on"):
        undoing.undo(run)
    assert undoing.undo(retry).removed == 1
    assert undoing.retry(null=["#2"]).loaded == 1


def test_a_dry_run_changes_nothing(undoing) -> None:
    """It says how many rows would go."""
    run = undoing.load(ROWS).run
    assert undoing.undo(run, dry_run=True).removed == 300
    assert undoing.all("select count(*) from t") == [(303,)]


def test_nothing_left_is_said(undoing) -> None:
    """Undone twice, and a run that nobody knows: each names what to do."""
    run = undoing.load(ROWS).run
    undoing.undo(run)
    for name, said in ((run, "Nothing is left"), ("zz", "knows no run")):
        with pytest.raises(UsageError, match=said):
            undoing.undo(name)


def test_refuses_to_cascade(undoing) -> None:
    """Rows elsewhere that would be deleted with them are named, and nothing is deleted."""
    undoing.conn.execute(
        "alter table t add unique (n); create table child (n int references t (n) on delete cascade)"
    )
    run = undoing.load(ROWS).run
    undoing.conn.execute("insert into child values (7)")
    with pytest.raises(WriteError, match=r"1 row of .*child refers to its rows"):
        undoing.undo(run)
    undoing.conn.execute("delete from child")
    assert undoing.undo(run).removed == 300


def test_refuses_rows_that_were_updated_by_the_run(undoing) -> None:
    """What --on-conflict update wrote over is not kept, and a row that was there is never deleted."""
    undoing.conn.execute("alter table t add primary key (n)")
    run = undoing.load("n,name\n-1,new\n7,x\n", on_conflict="update").run
    with pytest.raises(WriteError, match="--on-conflict update"):
        undoing.undo(run)
    assert len(undoing.all()) == 4


@pytest.mark.parametrize(
    "after",
    [
        "vacuum freeze t",
        "vacuum full t",
        "vacuum full heal.load_batches",
        "cluster heal.load_batches using load_batches_pkey",
    ],
)
def test_vacuum_does_not_hide_rows(undoing, after) -> None:
    """Frozen and rewritten rows are known again."""
    run = undoing.load(ROWS).run
    undoing.conn.execute(after)
    assert undoing.undo(run).removed == 300


def test_a_partitioned_table(undoing) -> None:
    """Rows are found in every partition."""
    undoing.conn.execute(
        "create table p (n int, name text) partition by range (n); create table p1 partition of p for values"
        " from (0) to (100); create table p2 partition of p default"
    )
    run = undoing.load(ROWS, table="p").run
    assert undoing.undo(run).removed == 300


def test_a_view_is_refused(undoing) -> None:
    """Nothing tells which rows behind a view are its own."""
    undoing.conn.execute("create view v as select * from t")
    with pytest.raises(WriteError, match="went through a view"):
        undoing.undo(undoing.load(ROWS, table="v").run)


def test_foreign_partitions_are_refused(undoing) -> None:
    """Their rows do not say who wrote them, and local ones alone would be half of the run."""
    undoing.conn.execute(
        "create table p (n int, name text) partition by range (n); create table p1 partition of p default;"
        "create foreign data wrapper nowhere; create server none foreign data wrapper nowhere"
    )
    run = undoing.load(ROWS, table="p").run
    undoing.conn.execute(
        "create foreign table p2 partition of p for values from (1000) to (2000) server none"
    )
    try:
        with pytest.raises(WriteError, match="has foreign partitions, whose rows do not say"):
            undoing.undo(run, force_unchanged=True)
    finally:
        undoing.conn.execute("drop foreign data wrapper nowhere cascade")


def test_rows_that_triggers_add_to_the_table_are_never_mistaken(undoing) -> None:
    """They have the same xmin: refused rather than deleted."""
    undoing.conn.execute(
        "create function twin() returns trigger language plpgsql as $$ begin if pg_trigger_depth() = 1 then"
        " insert into t values (-new.n, 'twin'); end if; return new; end $$;"
        "create trigger twin after insert on t for each row execute function twin()"
    )
    run = undoing.load(ROWS).run
    with pytest.raises(WriteError, match="triggers wrote rows"):
        undoing.undo(run, force_unchanged=True)
    assert undoing.all("select count(*) from t") == [(603,)]


def test_undo_counts_against_the_patterns(undoing) -> None:
    """Trials of an undone run are failures."""
    run = undoing.load("n,name\n1,a\n").run
    undoing.conn.execute(
        "insert into heal.pattern_trials (pattern, run, shape, success) values ('p', %s, 's', true)", (run,)
    )
    undoing.undo(run)
    trials = undoing.conn.execute("select success from heal.pattern_trials where run = %s", (run,)).fetchall()
    assert trials
    assert not any(success for (success,) in trials)


@pytest.mark.timeout(120)
def test_killed_undo_has_undone_nothing_or_all(undoing) -> None:
    """kill -9 while the rows are deleted: the table is as before, and the next undo does it all."""
    undoing.conn.execute(
        "create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.005); return old; end $$;"
        "create trigger slow before delete on t for each row execute function slow()"
    )
    run = undoing.load(ROWS, **SMALL).run
    command = [sys.executable, "-m", "heal_cli", "undo", run, "--yes", "--dsn", undoing.dsn, "-q"]
    environment = {**os.environ, "HEAL_STATE_DIR": undoing.options["state_dir"]}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    deleting = "select count(*) from pg_stat_activity where query like 'WITH before%' and state = 'active'"
    while process.poll() is None and undoing.all(deleting) == [(0,)]:
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert undoing.all("select count(*) from t") == [(303,)]
    undoing.conn.execute("drop trigger slow on t")
    while undoing.all(deleting) != [(0,)]:
        time.sleep(0.05)
    assert undoing.undo(run).removed == 300
    assert undoing.load(None).rows.loaded == 300


def test_runs_are_listed(undoing, capsys) -> None:
    """`heal runs list` and `show` say what is left of each run."""
    from heal_cli.cli.app import run as command

    run = undoing.load("n,name\n1,a\nx,b\n").run
    undoing.undo(run)
    again = undoing.load(None).run
    assert command(["runs", "list", "--dsn", undoing.dsn, "--json"]) == 0
    listed = {each["run"]: each for each in json.loads(capsys.readouterr().out)["runs"]}
    assert listed[run]["state"] == "undone"
    assert listed[run]["rows"] == {"loaded": 0, "rejected": 0, "duplicates": 0, "undone": 1}
    assert listed[again]["rows"]["loaded"] == 1
    assert command(["runs", "show", again, "--dsn", undoing.dsn]) == 0
    assert "1 loaded · 1 rejected" in capsys.readouterr().out


def test_asks_nobody_off_a_terminal(undoing, capsys) -> None:
    """Without --yes the command says what it would delete, and deletes nothing."""
    from heal_cli.cli.app import run as command

    run = undoing.load(ROWS).run
    assert command(["undo", run, "--dsn", undoing.dsn]) == 2
    assert "to 300 rows of" in capsys.readouterr().err
    assert command(["undo", run, "--dsn", undoing.dsn, "--yes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == {"loaded": 300, "removed": 300, "kept": 0}


def test_runs_are_undone_one_after_the_other(undoing) -> None:
    """What an undo brought back is its writer's again: last run to first, each finds its own rows."""
    undoing.conn.execute("drop table t; create table t (n int primary key, name text)")
    undoing.conn.execute("insert into t select -g, 'old' from generate_series(1, 3) g")
    changes = "n,name\n" + "".join(f"{n},new {n}\n" for n in [-2, *range(50, 150)])
    more = "n,name\n" + "".join(f"{n},newer {n}\n" for n in [*range(100, 200), 500])
    steps = [
        {"content": ROWS, **SMALL},
        {"content": changes, "mode": "update", "name": "b.csv", **SMALL},
        {"content": more, "mode": "upsert", "name": "c.csv"},
        {"content": changes, "mode": "delete", "name": "d.csv", **SMALL},
        {"content": "n,name\n7,x\n", "mode": "replace", "name": "e.csv"},
        {"content": "n,name\n7,y\n8,z\n", "mode": "upsert", "name": "f.csv"},
    ]
    before, runs = [], []
    for step in steps:
        before.append(undoing.all())
        runs.append(undoing.load(step.pop("content"), **step).run)
    for run, rows in zip(reversed(runs), reversed(before), strict=True):
        undoing.undo(run)
        assert undoing.all() == rows
    undone = "select count(*) from heal.moved_rows where run not in (select undo from heal.undos)"
    assert undoing.all(undone) == [(0,)]


def test_what_others_changed_after_an_undo_is_theirs(undoing) -> None:
    """A row that came back and was changed since stops the undo of the run that had made it."""
    undoing.conn.execute("alter table t add primary key (n)")
    first = undoing.load(ROWS).run
    undoing.undo(undoing.load("n,name\n5,five\n6,six\n", mode="update", name="b.csv").run)
    undoing.conn.execute("update t set name = 'mine' where n = 5")
    with pytest.raises(WriteError, match=r"1 of 300 rows of batch 1"):
        undoing.undo(first)
    assert undoing.undo(first, force_unchanged=True).removed == 299
    assert undoing.all("select * from t where n > 0") == [(5, "mine")]


def test_two_undos_at_once(undoing) -> None:
    """One of them undoes the run, the other says so."""
    run = undoing.load(ROWS, **SMALL).run
    with ThreadPoolExecutor() as pool:
        undos = [pool.submit(undoing.undo, run) for _ in range(2)]
    errors = [str(undo.exception()) for undo in undos if undo.exception()]
    assert len(errors) == 1
    assert "Nothing is left of run" in errors[0] or "was undone by another" in errors[0]
    assert undoing.all("select count(*) from t") == [(3,)]
    assert undoing.all(f"select count(*) from heal.undos where run = '{run}'") == [(1,)]
