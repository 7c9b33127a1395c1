"""`heal undo` of an undo: the run is back, rows and ledger, as if nothing had been undone."""

from __future__ import annotations

import pytest

from heal_cli.errors import UsageError, WriteError

ROWS = "n,name\n" + "".join(f"{n},row {n}\n" for n in range(1, 301))
SMALL = {"batch_bytes": "1KiB"}  # several batches
LEDGER = (
    "select 'runs', run::text, state, '' from heal.load_runs where run = any(%(runs)s)"
    " union all select 'sources', name, concat_ws(' ', finished_at, stop, rows, superseded_by is null), plan::text"
    " from heal.load_sources"
    " union all select 'batches', run::text, concat_ws(' ', batch, piece, complete, loaded, rejected, kept, mode), digest"
    " from heal.load_batches"
    " union all select 'retries', run::text, rows::text, '' from heal.load_retries"
    " union all select 'worked', run::text, name, '' from heal.load_run_sources order by 1, 2, 3, 4"
)


@pytest.fixture
def redoing(retrying):
    """A table of 300 loaded rows with a key, and 3 that were there before."""
    retrying.conn.execute("drop schema if exists heal cascade")
    retrying.conn.execute(
        "create table t (n int primary key, name text); insert into t select -g, 'old' from generate_series(1, 3) g"
    )
    retrying.ledger = lambda runs: retrying.conn.execute(LEDGER, {"runs": runs}).fetchall()
    return retrying


def change(redoing, mode: str) -> str:
    """A run over several batches; rows that are there and rows that are not."""
    content = "n,name\n" + "".join(f"{n},{mode} {n}\n" for n in [-2, *range(50, 150), 900, 901])
    return redoing.load(content, mode=mode, name=f"{mode}.csv", **SMALL).run


@pytest.mark.parametrize("mode", ["insert", "upsert", "update", "delete", "replace"])
def test_everything_is_as_before_the_undo(redoing, mode) -> None:
    """Rows and ledger are back, the source is loaded, and the run is undone and brought back any number of times."""
    before = redoing.all()
    run = redoing.load(ROWS, **SMALL).run
    if mode != "insert":
        before = redoing.all()
        run = change(redoing, mode)
    after, ledger = redoing.all(), redoing.ledger([run])
    for _ in range(3):
        undo = redoing.undo(run).run
        assert redoing.all() == before
        report = redoing.undo(undo)
        assert report.brought_back == run
        assert report.removed == report.loaded > 0
        assert redoing.all() == after
        assert redoing.ledger([run]) == ledger
    if mode == "insert":
        assert redoing.load(None).rows.already == 300


def test_all_runs_undone_brought_back_and_undone_again(redoing) -> None:
    """Runs that changed each other's rows stay apart: last to first, first to last, and last to first again."""
    before = [redoing.all()]
    runs = [redoing.load(ROWS, **SMALL).run]
    for mode in ("update", "upsert", "delete", "replace"):
        before.append(redoing.all())
        runs.append(change(redoing, mode))
    end, ledger = redoing.all(), redoing.ledger(runs)
    for _ in range(2):
        undos = []
        for run, rows in zip(reversed(runs), reversed(before), strict=True):
            undos.append(redoing.undo(run).run)
            assert redoing.all() == rows
        for undo, rows in zip(reversed(undos), [*before[1:], end], strict=True):
            redoing.undo(undo)
            assert redoing.all() == rows
        assert redoing.ledger(runs) == ledger


def test_rows_without_a_key(redoing) -> None:
    """Equal rows of a table without a key come back as many as they were."""
    redoing.conn.execute("drop table t; create table t (n int, name text)")
    run = redoing.load("n,name\n1,a\n1,a\n2,b\n").run
    redoing.undo(redoing.undo(run).run)
    assert redoing.all() == [(1, "a"), (1, "a"), (2, "b")]
    redoing.undo(run)
    assert redoing.all() == []


def test_changed_rows_that_an_undo_left(redoing) -> None:
    """After --force-unchanged the others come back beside the changed row, which stays, and they are the run's."""
    run = redoing.load(ROWS, **SMALL).run
    redoing.conn.execute("update t set name = 'mine' where n = 5")
    undo = redoing.undo(run, force_unchanged=True).run
    assert redoing.undo(undo).removed == 299
    assert redoing.all("select count(*), max(name) filter (where n = 5) from t") == [(303, "mine")]
    assert redoing.load(None).rows.already == 300
    assert redoing.undo(run, force_unchanged=True).removed == 299


def test_refuses_what_was_loaded_again(redoing) -> None:
    """Rows are never there twice, with a key or without, under another name or as a longer file."""
    redoing.conn.execute("drop table t; create table t (n int, name text)")
    undo = redoing.undo(redoing.load(ROWS).run).run
    grown = ROWS + "301,more\n"
    for content, name, cut in ((ROWS, "a.csv", {}), (ROWS, "b.csv", SMALL), (grown, "a.csv", {})):
        again = redoing.load(content, name=name, **cut).run
        with pytest.raises(WriteError, match=f"run {again} has loaded"):
            redoing.undo(undo)
        redoing.undo(again)
    assert redoing.undo(undo).removed == 300


def test_other_loads_since_are_no_obstacle(redoing) -> None:
    """A load of something else stays where it is."""
    undo = redoing.undo(redoing.load(ROWS).run).run
    redoing.load("n,name\n1000,other\n", name="b.csv")
    redoing.undo(undo)
    assert redoing.all("select count(*) from t") == [(304,)]


def test_refuses_keys_that_are_taken(redoing) -> None:
    """A row with the key of one that would come back stops all of it."""
    undo = redoing.undo(redoing.load(ROWS).run).run
    redoing.conn.execute("insert into t values (7, 'mine')")
    with pytest.raises(WriteError, match="t_pkey"):
        redoing.undo(undo)
    assert len(redoing.all()) == 4


@pytest.mark.parametrize(
    ("mode", "since", "told"),
    [
        ("update", "update t set name = 'mine' where n = 60", r"\(n\) '60' were changed"),
        ("update", "delete from t where n = 60", r"\(n\) '60' were changed or deleted"),
        ("delete", "update t set name = 'mine' where n = 60", r"1 of the 101 rows"),
        ("upsert", "update t set name = 'mine' where n = 60", r"\(n\) '60' were changed"),
        ("replace", "update t set name = 'mine' where n = 60", r"1 of the 303 rows"),
    ],
)
def test_refuses_rows_that_changed_since_the_undo(redoing, mode, since, told) -> None:
    """What somebody did after the undo is never lost."""
    redoing.load(ROWS, **SMALL)
    undo = redoing.undo(change(redoing, mode)).run
    redoing.conn.execute(since)
    before = redoing.all()
    with pytest.raises(WriteError, match=told):
        redoing.undo(undo)
    assert redoing.all() == before


def test_a_grown_file_comes_back_in_order(redoing) -> None:
    """The tail rests on what was loaded before it: that comes back first."""
    first = redoing.load(ROWS).run
    second = redoing.load(ROWS + "301,more\n").run
    ledger = redoing.ledger([first, second])
    undo_second = redoing.undo(second).run
    undo_first = redoing.undo(first).run
    with pytest.raises(WriteError, match="rests on other loads"):
        redoing.undo(undo_second)
    redoing.undo(undo_first)
    redoing.undo(undo_second)
    assert redoing.ledger([first, second]) == ledger
    assert redoing.load(None).rows.already == 301
    with pytest.raises(WriteError, match=f"Run {second} went on"):
        redoing.undo(first)


def test_retried_rejects_come_back(redoing) -> None:
    """An undone retry is there again: its rows are loaded, and no rejects any more."""
    redoing.conn.execute("drop table t; create table t (n int, name text)")
    redoing.load("n,name\n1,a\n#2,b\n")
    retry = redoing.retry(null=["#2"]).run
    undo = redoing.undo(retry).run
    assert redoing.undo(undo).removed == 1
    assert redoing.retry(null=["#2"]).loaded == 0
    assert redoing.all() == [(1, "a"), (None, "b")]
    redoing.undo(retry)
    again = redoing.retry(null=["#2"]).run
    with pytest.raises(UsageError, match=f"Run {undo} was undone"):
        redoing.undo(undo)
    assert redoing.undo(again).removed == 1


def test_rows_that_refer_to_each_other(redoing) -> None:
    """A tree whose nodes two runs wrote, children first, is replaced, and brought back whose it was."""
    redoing.conn.execute("drop table t; create table t (n int primary key, name text, up int references t)")
    before = redoing.all()
    first = redoing.load("n,name,up\n1,root,\n2,a,1\n3,b,2\n").run
    middle = redoing.all()
    second = redoing.load("n,name,up\n5,d,4\n4,c,1\n", name="b.csv").run
    third = redoing.load("n,name,up\n2,A,4\n4,C,5\n5,D,2\n3,B,4\n", name="c.csv", mode="update").run
    changed = redoing.all()
    replaced = redoing.load("n,name,up\n7,x,\n", name="d.csv", mode="replace").run
    undos = [redoing.undo(run).run for run in (replaced, third, second)]
    assert redoing.all() == middle
    for undo in reversed(undos):
        redoing.undo(undo)
    assert redoing.all() == [(7, "x", None)]
    redoing.undo(replaced)
    assert redoing.all() == changed
    for run in (third, second, first):
        redoing.undo(run)
    assert redoing.all() == before


def test_patterns_count_as_before(redoing) -> None:
    """Trials that the undo had turned into failures are successes again, and failures stay failures."""
    run = redoing.load("n,name\n1,a\n").run
    redoing.conn.execute(
        "insert into heal.pattern_trials (pattern, run, shape, success)"
        " values ('p', %(run)s, 's', true), ('q', %(run)s, 's', false)",
        {"run": run},
    )
    trials = (
        "select pattern, success from heal.pattern_trials where run = %s and pattern in ('p', 'q') order by 1"
    )
    undo = redoing.undo(run).run
    assert redoing.conn.execute(trials, (run,)).fetchall() == [("p", False), ("q", False)]
    redoing.undo(undo)
    assert redoing.conn.execute(trials, (run,)).fetchall() == [("p", True), ("q", False)]


def test_what_cannot_be_undone_is_said(redoing, capsys) -> None:
    """An undo that was undone, one that kept nothing, one that was pruned, and a run that brought another back."""
    from heal_cli.cli.app import run as command

    run = redoing.load(ROWS).run
    undo = redoing.undo(run).run
    back = redoing.undo(undo).run
    for name, said in ((undo, f"was undone by run {back}"), (back, f"run {run} is back")):
        with pytest.raises(UsageError, match=said):
            redoing.undo(name)
    undo = redoing.undo(run, restore=False).run
    with pytest.raises(UsageError, match="kept nothing"):
        redoing.undo(undo)
    undo = redoing.undo(redoing.load(None).run).run
    assert command(["runs", "prune", "--older-than", "0", "--yes", "--dsn", redoing.dsn]) == 0
    with pytest.raises(UsageError, match="kept nothing"):
        redoing.undo(undo)
    left = "select count(*) from heal.restore_images"
    assert redoing.all(left) == [(0,)]


def test_a_dry_run_changes_nothing(redoing, capsys) -> None:
    """It says how many rows would come back; the command says so in words."""
    from heal_cli.cli.app import run as command

    undo = redoing.undo(redoing.load(ROWS).run).run
    where = ["--dsn", redoing.dsn, "--yes"]
    assert command(["undo", undo, *where, "--dry-run"]) == 0
    assert "300 rows of run" in (said := capsys.readouterr().out)
    assert "would be in" in said
    assert len(redoing.all()) == 3
    assert command(["undo", undo, *where]) == 0
    assert len(redoing.all()) == 303


def test_generated_and_identity_columns_partitions_and_triggers(redoing) -> None:
    """Numbers that the server gave stay those that they were, in every partition."""
    redoing.conn.execute(
        "drop table t; create table t (id int generated always as identity, n int not null, name text,"
        " twice int generated always as (n * 2) stored) partition by range (n);"
        "create table t1 partition of t for values from (0) to (100); create table t2 partition of t default"
    )
    run = redoing.load(ROWS, **SMALL).run
    after = redoing.all()
    redoing.undo(redoing.undo(run).run)
    assert redoing.all() == after
    assert redoing.undo(run).removed == 300


@pytest.mark.parametrize("cut", [{}, SMALL])
def test_refuses_what_is_loaded_in_part(redoing, cut) -> None:
    """A load that has begun since, and may go on, counts as one that ended."""
    redoing.conn.execute("drop table t; create table t (n int, name text)")
    undo = redoing.undo(redoing.load(ROWS).run).run
    again = redoing.load(ROWS, limit=100, name="b.csv", **cut).run
    with pytest.raises(WriteError, match=f"run {again} has loaded"):
        redoing.undo(undo)
    assert redoing.all("select count(*) from t") == [(100,)]


def test_a_source_that_took_the_place_of_another_takes_it_again(redoing) -> None:
    """A file that grew while it was loaded in part: the longer source stands for the shorter one again."""
    first = redoing.load(ROWS, limit=100).run
    second = redoing.load(ROWS + "301,more\n").run
    ledger = redoing.ledger([first, second])
    undo = redoing.undo(second).run
    assert redoing.all("select count(*) from t") == [(103,)]
    redoing.undo(undo)
    assert redoing.ledger([first, second]) == ledger
    assert redoing.all("select count(*), max(n) from t") == [(304, 301)]
    assert redoing.load(None).rows.already == 301


def test_rows_that_were_changed_refer_to_new_ones(redoing) -> None:
    """In a table that refers to itself new rows come back before the changed ones, which may refer to them."""
    redoing.conn.execute(
        "drop table t; create table t (n int primary key, name text, up int references t); insert into t values (1, 'a')"
    )
    before = redoing.all()
    run = redoing.load("n,name,up\n2,b,1\n", mode="upsert").run
    other = redoing.load("n,name,up\n3,c,1\n1,A,3\n2,B,1\n", mode="upsert", name="b.csv").run
    after = redoing.all()
    assert (1, "A", 3) in after
    redoing.undo(redoing.undo(other).run)
    assert redoing.all() == after
    redoing.undo(other)
    redoing.undo(run)
    assert redoing.all() == before
