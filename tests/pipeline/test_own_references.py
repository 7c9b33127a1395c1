"""Rows that refer to later rows of their own table: loaded after the last batch, each once, whoever is killed."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

import heal_cli
from heal_cli.engine import run_load
from heal_cli.errors import BudgetExceeded, WriteError
from heal_cli.model import LoadOptions, ReadOptions
from heal_cli.pipeline.retry_worker import RetryWorker
from heal_cli.record import iter_rejects
from tests.pipeline.test_retry_crash import begin

ROWS = 500
BATCH = {"batch_bytes": 4096}


@pytest.fixture
def family(retrying):
    """A table whose rows refer to others of it; children may come in the next schema's file, too."""
    retrying.conn.execute("create table t (id int primary key, parent int references t, v text)")
    return retrying


def lines(pairs) -> str:
    """A file of these (id, parent), None for no parent."""
    return "id,parent,v\n" + "".join(f"{id_},{'' if p is None else p},{'x' * 60}\n" for id_, p in pairs)


def descending(first: int, last: int) -> str:
    """Each row's parent is in the next line; the last has none."""
    return lines((n, n - 1 if n > first else None) for n in range(last, first - 1, -1))


def open_rows(path: Path) -> list[int | None]:
    """Rows that are rejects still, by the file."""
    return [record.row for record in iter_rejects(path) if record.settled is None] if path.exists() else []


def test_no_reject_is_left(family) -> None:
    """A file of children before their parents is loaded whole: exit code 0, and a rejects file that says so."""
    report = family.load(descending(1, ROWS), **BATCH)
    assert (report.exit_code, report.rows.loaded, report.rows.rejected) == (0, ROWS, 0)
    assert not report.reject_reasons
    assert report.rejects_path is None
    assert open_rows(family.rejects) == []


def test_any_order(family) -> None:
    """Parents at random places are found, and the rows without one are the rejects, children included."""
    chance = random.Random(7)
    parents = {n: chance.randrange(1, n) if n > 3 else None for n in range(1, ROWS + 1)}
    parents[250] = 99_999
    orphans = set()
    for n, parent in parents.items():
        if parent == 99_999 or parent in orphans:
            orphans.add(n)
    order = chance.sample(sorted(parents), ROWS)
    report = family.load(lines((n, parents[n]) for n in order), **BATCH)
    assert {order[row - 1] for row in open_rows(family.rejects) if row} == orphans
    assert report.rows.rejected == len(orphans) == sum(report.reject_reasons.values())
    assert report.rows.loaded == ROWS - len(orphans)


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_several_sources(family, options) -> None:
    """A row may refer to one of a later source of the same run."""
    (family.folder / "b.csv").write_text(descending(1, 50))
    path = family.folder / "a.csv"
    path.write_text(lines([(100, 50), (101, 100), (102, 999)]))
    report = heal_cli.load(
        [path, family.folder / "b.csv"], table="t", rejects=str(family.rejects), **family.options, **options
    )
    assert (report.rows.loaded, report.rows.rejected) == (52, 1)
    assert open_rows(family.rejects) == [3]


def test_other_faults_stay(family) -> None:
    """A row whose key was taken before it could come in counts as a duplicate."""
    text = lines([(1, 90), (2, 91), *((n, None) for n in range(3, 89))]).replace("1,90,", "1,90,y", 1)
    text += "90,,x\n91,,x\n1,,x\n"
    report = family.load(text, on_conflict="ignore", key=["id"], **BATCH)
    assert (report.rows.loaded, report.rows.duplicates, report.rows.rejected) == (90, 1, 0)


def test_budget(family) -> None:
    """A row that may come in at the end does not count against --max-rejects; one that did not does."""
    report = family.load(descending(1, 300), max_rejects="0", **BATCH)
    assert report.exit_code == 0
    with pytest.raises(BudgetExceeded):
        family.load(lines([(1001, 1002), (1003, None)]), max_rejects="0", atomic=True)
    assert len(family.all()) == 300


@pytest.mark.parametrize(
    "options", [{"mode": "upsert"}, {"mode": "replace", "max_rejects": "9"}, {"on_conflict": "update"}]
)
def test_rows_that_may_overwrite_others(family, options) -> None:
    """A row that comes in late overwrites none that came after it: it is loaded if nobody has its key."""
    family.conn.execute("insert into t values (7000, null, 'before')")
    text = lines([(5, 300), *((n, n - 1) for n in range(300, 100, -1)), (5, None), (100, None), (6, 9999)])
    key = {"key": ["id"]} if "on_conflict" in options else {}
    report = family.load(text, **BATCH, **options, **key)
    assert (report.exit_code, report.rows.loaded, len(open_rows(family.rejects))) == (3, 202, 2)
    assert family.all("select parent, v from t where id = 5")[0][0] is None
    assert family.all("select count(*) from t where id between 100 and 300") == [(201,)]
    if "mode" in options:
        undone = heal_cli.undo(report.run, dsn=family.dsn)
        assert undone.table == report.table
        assert family.all("select id from t") == [(7000,)]


def test_changes_alone_are_not_tried_as_inserts(family) -> None:
    """What `--mode update` or `delete` was refused stays a reject, and the run is a done one."""
    family.conn.execute("insert into t values (1, null, 'a'), (2, 1, 'b'), (3, 2, 'c')")
    report = family.load(lines([(2, 9), (3, 1)]), mode="update", name="u.csv")
    assert (report.exit_code, report.rows.loaded, report.rows.rejected) == (3, 1, 1)
    report = family.load("id\n1\n3\n", mode="delete", name="d.csv")
    assert (report.exit_code, report.rows.loaded, report.rows.rejected) == (3, 1, 1)
    assert family.all("select id from t order by 1") == [(1,), (2,)]


def test_without_a_ledger(family, monkeypatch, schema) -> None:
    """Where the role may not use schema heal, the run's own memory says which rejects count, and what came in."""
    tries: list[int] = []
    process = RetryWorker.process

    def counted(worker, origin, batch, records):
        tries.append(records[0].batch)
        return process(worker, origin, batch, records)

    monkeypatch.setattr(RetryWorker, "process", counted)
    conn = family.conn
    conn.execute("drop role if exists own_refs; create role own_refs login")
    conn.execute(f"grant usage on schema {schema} to own_refs; grant insert, select on t to own_refs")
    family.options["dsn"] = family.dsn.replace("user=postgres", "") + " user=own_refs"
    report = family.load(descending(1, 300), **BATCH)
    assert any("may not use schema heal" in note for note in report.notes)
    assert (report.exit_code, report.rows.loaded) == (0, 300)
    assert open_rows(family.rejects) == []
    assert len(tries) == len(set(tries)) > 3  # each batch once, from the last to the first
    conn.execute("drop owned by own_refs; drop role own_refs")


@pytest.mark.parametrize("options", [{}, {"atomic": True}])
def test_made_up_for(family, monkeypatch, options) -> None:
    """A run that was killed when its batches were in is no done one: the next run tries what it did not."""

    def killed(*_args, **_options):
        raise WriteError("killed")

    with monkeypatch.context() as patched:
        patched.setattr("heal_cli.engine.threads.retry_own_references", killed)
        with pytest.raises(WriteError):
            family.load(descending(1, 200), **BATCH, **options)
    report = family.load(None, **BATCH, **options)
    assert (len(family.all()), report.exit_code, report.rows.rejected) == (200, 0, 0)
    assert open_rows(family.rejects) == []
    again = family.load(None, **BATCH, **options)
    assert (again.rows.loaded, again.rows.already, again.exit_code) == (0, 200, 0)


def test_stopped_by_a_signal(family) -> None:
    """A signal ends the rounds, too: what is loaded by then is counted, and the same command goes on."""
    path = family.folder / "a.csv"
    path.write_text(descending(1, 500))
    answers = iter([0] * 16)
    options = LoadOptions(
        (str(path),),
        "t",
        family.dsn,
        family.options["state_dir"],
        ReadOptions(batch_bytes=4096),
        rejects_path=str(family.rejects),
    )
    stopped = run_load(options, should_stop=lambda: next(answers, 15))
    assert stopped.exit_code == 143
    assert 0 < stopped.rows.loaded == len(family.all()) < 500
    assert len(open_rows(family.rejects)) == stopped.rows.rejected
    assert family.load(None, **BATCH).exit_code == 0
    assert len(family.all()) == 500


def test_a_source_that_grew(family) -> None:
    """Rows of what was there before that refer to the tail come in with the tail."""
    path = family.folder / "a.csv"
    path.write_text(lines([(1, 4), (2, None), (3, 1)]))
    assert family.load(None).rows.rejected == 2
    with path.open("a") as file:
        file.write("4,,tail\n")
    report = family.load(None)
    assert (report.rows.loaded, report.rows.already, report.exit_code) == (3, 1, 0)
    assert open_rows(family.rejects) == []


def check(family, rows: int) -> None:
    """Every row is in the table once, none a reject, and the ledger agrees."""
    assert family.all("select count(*), count(distinct id) from t") == [(rows, rows)]
    assert open_rows(family.rejects) == []
    own = "from heal.load_sources s join heal.%s using (source) where s.table_oid = 't'::regclass"
    ((by_retries,),) = family.all(f"select coalesce(sum(cardinality(l.rows)), 0) {own}" % "load_retries l")
    ((by_loads,),) = family.all(f"select coalesce(sum(loaded), 0) {own}" % "load_batches l")
    assert by_retries + by_loads == rows


@pytest.mark.timeout(120)
@pytest.mark.parametrize("flags", [("--jobs", "2"), ("--ordered",)])
def test_killed_again_and_again(family, flags) -> None:
    """The same command, killed at random moments, brings every row in once."""
    path = family.folder / "a.csv"
    path.write_text(descending(1, 2_500))
    chance = random.Random(5)
    command = ("load", "a.csv", "-t", "t", "--rejects", str(family.rejects), "--batch-bytes", "16384", *flags)
    kills = 0
    while True:
        process = begin(family, *command)
        if kills < 3:
            time.sleep(chance.uniform(0.4, 1.6))
            kills += process.poll() is None
            process.kill()
        process.communicate()
        if process.returncode in (0, 3):
            break
    assert process.returncode == 0
    check(family, 2_500)


@pytest.mark.timeout(120)
def test_several_at_once(family) -> None:
    """Runs of the same command side by side load each row once.

    One that ends first tells of rows that wait for those of the others; whoever ends last brings them in.
    """
    (family.folder / "a.csv").write_text(descending(1, 1_500))
    runs = [
        begin(
            family, "load", "a.csv", "-t", "t", "--rejects", f"{family.rejects}{n}", "--batch-bytes", "16384"
        )
        for n in range(3)
    ]
    said = [process.communicate()[0] for process in runs]
    assert {process.returncode for process in runs} <= {0, 3}, said
    assert any(process.returncode == 0 for process in runs), said
    check(family, 1_500)
