"""`heal.audit_log`: a row for each transaction, in that transaction where it commits."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

import heal_cli
from heal_cli.errors import HealError, WriteError
from heal_cli.write.batch import Writer

ROWS = "id,name\n" + "".join(f"{n},row {n}\n" for n in range(1, 301))
AUDIT = "select kind, rows, outcome, sqlstate from heal.audit_log where run = '{}' order by entry"


@pytest.fixture
def audited(retrying):
    """A table, and what the log says of a run."""
    retrying.conn.execute("create table t (id int primary key, name text)")
    retrying.log = lambda run: retrying.all(AUDIT.format(run))
    return retrying


def test_each_batch_has_one(audited) -> None:
    """Who, which run, what it did to how many rows, and how long it took."""
    run = audited.load(ROWS, batch_bytes="1KiB").run
    batches = audited.all(f"select loaded from heal.load_batches where run = '{run}' order by batch")
    assert len(batches) > 1
    assert sorted(audited.log(run)) == sorted(("insert", rows, "committed", None) for (rows,) in batches)
    user = audited.all("select current_user::text, session_user::text")
    assert audited.all(f"select distinct role, login from heal.audit_log where run = '{run}'") == user
    assert audited.all(
        f"select bool_and(seconds between 0 and 60) from heal.audit_log where run = '{run}'"
    ) == [(True,)]


def test_a_transaction_of_several_savepoints_has_one(audited) -> None:
    """Bad rows cut a batch into savepoints; the row counts all that the transaction loaded."""
    audited.conn.execute("alter table t add check (id <> 50)")
    run = audited.load(ROWS).run
    assert audited.log(run) == [("insert", 299, "committed", None)]


def test_an_atomic_run_is_one_transaction(audited) -> None:
    """However many batches it has."""
    run = audited.load(ROWS, batch_bytes="1KiB", atomic=True).run
    assert audited.log(run) == [("insert", 300, "committed", None)]


def test_a_dry_run_leaves_none(audited) -> None:
    """It changes nothing."""
    audited.load("id,name\n1000,x\n", name="b.csv")
    before = audited.all("select count(*) from heal.audit_log")
    audited.load(ROWS, dry_run=True)
    assert audited.all("select count(*) from heal.audit_log") == before


def test_changes_undo_and_retries(audited) -> None:
    """Each kind by its name."""
    audited.load(ROWS)
    update = audited.load("id,name\n1,a\n2,b\n", mode="update", name="b.csv").run
    assert audited.log(update) == [("update", 2, "committed", None)]
    undo = heal_cli.undo(update, **audited.options)
    assert audited.log(undo.run) == [("undo", 2, "committed", None)]
    audited.load("id,name\n#3,c\n", name="c.csv", null=[])
    audited.conn.execute("delete from t where id = 100")
    retry = audited.retry(null=["#3"])
    assert [row[2:] for row in audited.log(retry.run)] in ([], [("committed", None)])


def test_a_failed_transaction_is_told_when_the_run_ends(audited, monkeypatch) -> None:
    """One that was tried again and then held leaves both: what failed and what committed."""
    failures = [psycopg.errors.SerializationFailure("could not serialize")]
    commit = Writer._commit

    def failing(self, connection):
        if failures:
            connection.rollback()
            raise _with_state(failures.pop())
        commit(self, connection)

    monkeypatch.setattr(Writer, "_commit", failing)
    run = audited.load(ROWS).run
    assert audited.all("select count(*) from t") == [(300,)]
    assert sorted(audited.log(run)) == [
        ("insert", 300, "committed", None),
        ("insert", 300, "failed", "40001"),
    ]


def test_a_refused_undo_is_told(audited) -> None:
    """Nothing happened, and that is on record, too."""
    run = audited.load(ROWS).run
    audited.conn.execute("update t set name = 'mine' where id = 5")
    with pytest.raises(WriteError):
        heal_cli.undo(run, **audited.options)
    told = "select kind, rows, outcome from heal.audit_log order by entry desc limit 1"
    assert audited.all(told) == [("undo", 0, "failed")]


def test_pruning_is_told(audited, capsys) -> None:
    """It takes away what undo needs."""
    from heal_cli.cli.app import run as command

    audited.load(ROWS)
    update = audited.load("id,name\n1,a\n2,b\n", mode="update", name="b.csv").run
    assert command(["runs", "prune", "--older-than", "0", "--dsn", audited.dsn, "--yes"]) == 0
    assert audited.log(update) == [("update", 2, "committed", None), ("prune", 2, "committed", None)]


def test_what_the_database_cannot_take_goes_to_the_emergency_log(audited, monkeypatch) -> None:
    """And replay brings it home, once."""

    def lost(self, connection):
        raise _with_state(psycopg.errors.AdminShutdown("terminating connection"), connection)

    monkeypatch.setattr(Writer, "_commit", lost)
    report = audited.load(ROWS, retry="0s")
    assert report.rows.spooled == 300
    log = Path(audited.options["state_dir"]) / "fallback" / "emergency.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    (event,) = [event for event in events if event["kind"] == "audit"]
    assert (event["details"]["rows"], event["details"]["sqlstate"]) == (300, "57P01")
    monkeypatch.undo()
    for _ in range(2):
        heal_cli_replay(audited)
    assert sorted(audited.log(report.run)) == [
        ("insert", 300, "committed", None),
        ("insert", 300, "in doubt", "57P01"),
    ]


def heal_cli_replay(audited) -> None:
    """`heal replay-fallback`."""
    from heal_cli.cli.app import run as command

    command(["replay-fallback", "--dsn", audited.dsn, "--state-dir", audited.options["state_dir"], "--quiet"])


def _with_state(error: psycopg.Error, connection: psycopg.Connection | None = None) -> psycopg.Error:
    """As the server would send it, the connection gone where one is named."""
    if connection is not None:
        connection.close()
    return error


def test_ddl_is_told(audited, tmp_path) -> None:
    """A table that was made, by flag or script, columns that were added, and a table that was taken back."""
    made = audited.load("id,v\n1,x\n", create=True, table="made").run
    assert audited.log(made) == [("create", 0, "committed", None), ("insert", 1, "committed", None)]
    (tmp_path / "t.sql").write_text("create table scripted (id int, v text);")
    scripted = audited.load("id,v\n2,x\n", ddl=str(tmp_path / "t.sql"), table="scripted", name="b.csv").run
    assert audited.log(scripted)[0] == ("ddl", 0, "committed", None)
    added = audited.load("id,v,more\n3,x,1\n", unknown_columns="add", table="made", name="c.csv").run
    assert audited.log(added)[0] == ("add columns", 0, "committed", None)
    with pytest.raises(HealError):
        audited.load("id,v\n1,x\n2\n", create=True, atomic=True, max_rejects="0", table="gone", name="d.csv")
    told = "select kind from heal.audit_log order by entry desc limit 2"
    assert audited.all(told) == [("drop",), ("create",)]


def test_failed_retries_go_to_the_emergency_log(audited, monkeypatch) -> None:
    """What a retry could not commit is told by replay, when neither database nor ledger can be reached."""
    audited.conn.execute(
        "create table parent (id int primary key); alter table t add foreign key (id) references parent"
    )
    audited.load("id,name\n1,a\n")
    audited.conn.execute("insert into parent values (1)")

    def lost(self, connection):
        raise _with_state(psycopg.errors.AdminShutdown("terminating connection"), connection)

    def away(*_args):
        raise psycopg.OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "_commit", lost)
        patch.setattr("heal_cli.pipeline.retry_worker.record_failed", away)
        with pytest.raises(HealError):
            audited.retry(retry="0s")
    log = Path(audited.options["state_dir"]) / "fallback" / "emergency.jsonl"
    events = [json.loads(line) for line in log.read_text().splitlines()]
    assert [event["details"]["kind"] for event in events if event["kind"] == "audit"] == ["retry"]
    heal_cli_replay(audited)
    told = "select kind, rows, outcome, sqlstate from heal.audit_log order by entry desc limit 1"
    assert audited.all(told) == [("retry", 1, "in doubt", "57P01")]
