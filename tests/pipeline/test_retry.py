"""Promises of `heal rejects retry`: each row once, by the mapping of its run, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import heal_cli
from heal_cli.errors import HealError, PlanError, UsageError, WriteError
from heal_cli.patterns import State, Verdict, decide, ensure
from heal_cli.record import iter_rejects

CSV = "Id;Betrag;note\n1;1,50;a\n2;12,555;b\n3;2,25;far too long\n4;many;d\n"


@pytest.fixture
def messy(retrying):
    """Row 2 has a digit too many, row 3 too long a text, row 4 no number."""
    retrying.conn.execute("create table t (id int primary key, betrag numeric(10,2), note varchar(5))")
    report = retrying.load(CSV)
    assert (report.rows.loaded, report.rows.rejected) == (1, 3)
    return retrying


def left(path: Path) -> dict[int | None, str]:
    """Row -> reason of what is still a reject."""
    return {record.row: record.reason for record in iter_rejects(path) if record.settled is None}


def test_a_mended_table_takes_the_rows(messy) -> None:
    """Rows whose cause is gone are loaded and marked; the others stay with a retry more."""
    messy.conn.execute("alter table t alter note type text")
    report = messy.retry()
    assert (report.tried, report.loaded, report.rejected, report.exit_code) == (3, 1, 2, 3)
    assert messy.all("select id, note from t order by 1") == [(1, "a"), (3, "far too long")]
    records = {record.row: record for record in iter_rejects(messy.rejects)}
    assert [records[row].settled for row in (2, 3, 4)] == [None, report.run, None]
    assert [records[row].retries for row in (2, 3, 4)] == [1, 0, 1]


def test_a_flag_answers_and_the_rest_of_the_mapping_stays(messy) -> None:
    """The decimal comma that the whole file proved holds for a lone rejected value, too."""
    report = messy.retry(allow=["round"])
    assert (report.loaded, report.exit_code) == (1, 3)
    assert str(messy.all("select betrag from t where id = 2")) == "[(Decimal('12.56'),)]"
    assert [heal.rule for heal in report.heals if heal.lossy] == ["round"]


def test_a_signal_stops_between_batches(messy) -> None:
    """What is not tried yet stays as it is, the exit code is the signal's, and a note says how to go on."""
    from heal_cli.load_options import to_load_options
    from heal_cli.pipeline.retry import RetryOptions, retry_rejects
    from heal_cli.settings import load_settings

    before = messy.rejects.read_bytes()
    load = to_load_options(load_settings({"dsn": messy.dsn}), (), "", conninfo=messy.dsn)
    report = retry_rejects(RetryOptions(messy.rejects, load), should_stop=lambda: 15)
    assert (report.exit_code, report.tried) == (143, 0)
    assert report.notes == ("Stopped before the end of the file; the same command goes on",)
    assert messy.rejects.read_bytes() == before


def test_a_signal_in_the_middle_keeps_what_is_done(retrying) -> None:
    """Batches that were loaded are marked, those after them wait for the next retry."""
    from heal_cli.load_options import to_load_options
    from heal_cli.pipeline.retry import RetryOptions, retry_rejects
    from heal_cli.settings import load_settings

    retrying.conn.execute("create table t (id int, note varchar(3))")
    retrying.load("id,note\n" + "".join(f"{n},too long\n" for n in range(300)), batch_bytes=1024)
    retrying.conn.execute("alter table t alter note type text")
    load = to_load_options(load_settings({"dsn": retrying.dsn}), (), "", conninfo=retrying.dsn)
    answers = iter([0, 0, 15])
    report = retry_rejects(RetryOptions(retrying.rejects, load), should_stop=lambda: next(answers))
    assert report.exit_code == 143
    assert 0 < report.loaded < 300
    assert retrying.state_of(report.run) == "stopped"
    assert len(left(retrying.rejects)) == 300 - report.loaded
    assert retrying.retry().loaded == 300 - report.loaded


def test_one_that_fails_is_on_record_as_failed(messy) -> None:
    """What ended it was no row's fault: the ledger does not go on saying that it runs."""
    messy.conn.execute(
        "create function refuse() returns trigger language plpgsql as"
        " $$ begin perform missing(); return new; end $$;"
        "create trigger refuse before insert on t execute function refuse(); alter table t alter note type text"
    )
    with pytest.raises(WriteError):
        messy.retry()
    assert messy.all("select state from heal.load_runs where table_oid = 't'::regclass order by run") == [
        ("done",),
        ("failed",),
    ]


def test_connections_that_are_cut_while_idle_end_nothing(retrying) -> None:
    """Between two batches all connections go, and the server is there: the retry ends as any other."""
    from heal_cli.load_options import to_load_options
    from heal_cli.pipeline.retry import RetryOptions, retry_rejects
    from heal_cli.settings import load_settings

    retrying.conn.execute("create table p (id int primary key); create table t (n int, p int references p)")
    retrying.load("n,p\n" + "".join(f"{n},1\n" for n in range(1, 601)), batch_bytes=1024)
    retrying.conn.execute("insert into p values (1)")
    load = to_load_options(load_settings({"dsn": retrying.dsn}), (), "", conninfo=retrying.dsn)
    ours = "application_name like 'heal/%' and datname = current_database()"

    def cut() -> int:
        retrying.conn.execute(f"select pg_terminate_backend(pid, 5000) from pg_stat_activity where {ours}")
        return 0

    report = retry_rejects(RetryOptions(retrying.rejects, load), should_stop=cut)
    assert (report.loaded, report.exit_code) == (600, 0)
    assert retrying.all("select count(*) from t") == [(600,)]


def test_the_file_keeps_its_time(messy) -> None:
    """The newest rejects file is that of the newest run, whichever was retried last."""
    os.utime(messy.rejects, (1_700_000_000, 1_700_000_000))
    messy.retry(allow=["truncate"])
    assert messy.rejects.stat().st_mtime == 1_700_000_000
    assert messy.rejects.stat().st_mode & 0o777 == 0o600


def test_a_second_retry_loads_nothing_again(messy) -> None:
    """However often it is run: what is settled is left alone, also when the marks are lost."""
    before = messy.rejects.read_bytes()
    messy.conn.execute("alter table t alter note type text, drop constraint t_pkey")
    messy.retry()
    messy.rejects.write_bytes(before)  # as after a kill between the last commit and the new file
    report = messy.retry()
    assert (report.loaded, report.settled) == (0, 1)
    assert len(messy.all()) == 2
    assert set(left(messy.rejects)) == {2, 4}


def test_all_loaded_ends_with_0(messy) -> None:
    """Nothing remains, and a load of the file is still a no-op."""
    messy.conn.execute("alter table t alter note type text, alter betrag type text")
    report = messy.retry()
    assert (report.loaded, report.exit_code, dict(report.remaining)) == (3, 0, {})
    assert messy.load(None).rows.already == 4
    assert len(messy.all()) == 4
    assert messy.retry().tried == 0


@pytest.mark.parametrize(
    ("only", "tried"),
    [
        ({"reasons": ["too_long"]}, 1),
        ({"rows": [(2, 3)]}, 2),
        ({"rows": [(9, 9)]}, 0),
        ({"reasons": ["x"]}, 0),
    ],
)
def test_only_a_part(messy, only, tried) -> None:
    """--reason and --rows leave all others as they are."""
    report = messy.retry(**only)
    assert report.tried == tried
    assert sum(record.retries for record in iter_rejects(messy.rejects)) == tried


def test_a_missing_parent(retrying) -> None:
    """Rows without a parent are loaded once it is there."""
    retrying.conn.execute("create table p (id int primary key); create table t (id int, p int references p)")
    retrying.load("id,p\n1,1\n2,2\n")
    retrying.conn.execute("insert into p values (2)")
    assert retrying.retry().loaded == 1
    assert retrying.all() == [(2, 2)]


def test_duplicates_are_tried_by_name_only(retrying) -> None:
    """What --on-conflict left out is no reject; named, it may still replace the row that is there."""
    retrying.conn.execute("create table t (id int primary key, note text)")
    retrying.load("id,note\n1,a\n1,b\n", on_conflict="ignore")
    assert (retrying.retry().tried, retrying.retry().exit_code) == (0, 0)
    report = retrying.retry(reasons=["duplicate_ignored"], on_conflict="update")
    assert (report.loaded, retrying.all()) == (1, [(1, "b")])


def test_a_reject_that_is_a_duplicate_now(retrying) -> None:
    """With --on-conflict ignore a unique violation becomes a duplicate, and no reject remains."""
    retrying.conn.execute("create table t (id int primary key, note text)")
    retrying.load("id,note\n1,a\n1,b\n")
    report = retrying.retry(on_conflict="ignore")
    assert (report.loaded, report.duplicates, report.exit_code) == (0, 1, 0)
    assert left(retrying.rejects) == {2: "duplicate_ignored"}


def test_a_new_column_takes_what_had_none(retrying) -> None:
    """After ALTER TABLE ADD COLUMN the rejected values find it."""
    retrying.conn.execute("create table t (id int, note text)")
    retrying.load("id,note,colour\n1,a,red\n2,b,blue\n", unknown_columns="reject")
    assert set(left(retrying.rejects).values()) == {"unknown_column"}
    retrying.conn.execute("alter table t add column colour text")
    assert retrying.retry().loaded == 2
    assert retrying.all() == [(1, "a", "red"), (2, "b", "blue")]


@pytest.mark.parametrize(("is_revoked", "loaded"), [(False, 2), (True, 0)])
def test_a_revoked_pattern_places_nothing(retrying, is_revoked, loaded) -> None:
    """A column that came later takes what a pattern gives it, but not by one that was revoked here."""
    retrying.conn.execute("create table messages (id int, note text)")
    retrying.load("id,sender\n1,user\n2,user\n", table="messages", unknown_columns="reject")
    retrying.conn.execute("alter table messages add column role text")
    if is_revoked:
        assert ensure(retrying.conn)
        decide(retrying.conn, [Verdict("messages_sender_to_role", State.REVOKED, "not here")])
    assert retrying.retry().loaded == loaded


def test_a_rename_moves_a_column(retrying) -> None:
    """--map places a source column elsewhere, for the retried rows only."""
    retrying.conn.execute("create table t (id int, total numeric, remark text)")
    retrying.load("id,total,zzz\n1,5,x\n2,none of it,y\n")
    retrying.conn.execute("alter table t drop column total")
    assert retrying.retry(map=["total=remark"]).loaded == 1
    assert retrying.all("select id, remark from t where id = 2") == [(2, "none of it")]


def test_a_rename_of_a_column_that_is_not_there(retrying) -> None:
    """All columns of the source are looked through for the nearest. Previously it was said to have none."""
    retrying.conn.execute("create table t (id int, total numeric)")
    retrying.load("id,total\n1,5\n2,none of it\n")
    with pytest.raises(UsageError) as refused:
        retrying.retry(map=["totl=total"])
    assert (
        str(refused.value) == "--map totl=total: the source has no column 'totl'. Nearest are 'total', 'id'"
    )


def test_a_plan_that_covers_no_more(messy) -> None:
    """A new required column that nothing fills is said, and nothing is loaded or lost."""
    messy.conn.execute("delete from t; alter table t add column must int not null")
    before = messy.rejects.read_bytes()
    with pytest.raises(PlanError, match="must"):
        messy.retry()
    assert messy.rejects.read_bytes() == before


def test_a_table_made_again_is_another_one(messy) -> None:
    """Rejects of a dropped table are not put into its namesake."""
    messy.conn.execute("drop table t; create table t (id int, betrag text, note text)")
    with pytest.raises(HealError, match="is gone"):
        messy.retry()


def test_leftovers_of_a_retry_are_kept(retrying) -> None:
    """Values without a column go to the retry's own leftovers file."""
    retrying.conn.execute("create table t (id smallint, note text)")
    retrying.load("id,note,zzz\n1,a,x\n70000,b,y\n")
    retrying.conn.execute("alter table t alter id type int")
    report = retrying.retry()
    assert report.leftovers_path is not None
    text = Path(report.leftovers_path).read_text()
    assert report.run in text
    assert '{"zzz":"y"}' in text


def test_rejects_of_another_database_are_refused(messy) -> None:
    """Lines that the ledger does not hold are never loaded."""
    messy.rejects.write_text(messy.rejects.read_text().replace('"run":"0', '"run":"f'))
    with pytest.raises(UsageError, match="holds nothing of"):
        messy.retry()
    assert len(messy.all()) == 1


def test_lines_of_attempts_that_never_committed_do_not_count(messy) -> None:
    """A crashed attempt's line of a row that was loaded after all is left alone."""
    messy.conn.execute("alter table t drop constraint t_pkey")
    line = messy.rejects.read_text().splitlines()[0].replace('"attempt":1', '"attempt":77')
    with messy.rejects.open("a") as file:
        file.write(line + "\n")
    assert messy.retry().unknown == 1


def test_an_undone_batch_is_not_retried(messy) -> None:
    """What the ledger holds no more will be loaded anew, by a load."""
    messy.conn.execute("delete from heal.load_batches")
    with pytest.raises(UsageError, match="holds nothing of"):
        messy.retry(allow=["truncate"])


def test_an_undone_retry_makes_rejects_again(messy) -> None:
    """The ledger decides, not the mark in the file."""
    messy.retry(allow=["truncate"])
    messy.conn.execute("delete from t where id = 3; delete from heal.load_retries")
    assert messy.retry(allow=["truncate"]).loaded == 1
    assert len(messy.all()) == 2


def test_again_has_rejects_of_its_own(messy) -> None:
    """A file that is loaded anew rejects anew; its rejects and the old ones are told apart."""
    messy.retry(allow=["truncate"])
    messy.conn.execute("delete from t")
    report = messy.load(None, again=True)
    assert (report.rows.loaded, report.rows.rejected) == (1, 3)
    assert messy.retry(allow=["truncate"], reasons=["too_long"]).loaded == 1
    assert messy.all("select id from t order by 1") == [(1,), (3,)]


def test_a_table_altered_meanwhile(messy, monkeypatch) -> None:
    """A schema change between plan and write plans again."""
    from heal_cli.pipeline import retry_worker

    heal_batch = retry_worker.heal_batch

    def altered(*given):
        monkeypatch.undo()
        messy.conn.execute("alter table t alter note type text")
        return heal_batch(*given)

    monkeypatch.setattr(retry_worker, "heal_batch", altered)
    assert messy.retry().loaded == 1


def test_without_a_ledger(messy, schema) -> None:
    """It is refused with what would be lost; told to go on, it needs the table and the file."""
    conn = messy.conn
    conn.execute(
        "drop schema heal cascade; drop role if exists poor; create role poor login; grant all on t to poor"
    )
    conn.execute(f"grant usage on schema {schema} to poor")
    messy.options["dsn"] += " user=poor"
    try:
        with pytest.raises(UsageError, match="another retry has"):
            messy.retry(allow=["truncate"])
        report = messy.retry(allow=["truncate"], yes=True, table="t")
        assert report.loaded == 1
        assert messy.retry(allow=["truncate"], yes=True, table="t").loaded == 0
    finally:
        conn.execute("drop owned by poor; drop role poor")


def test_the_function_is_exported() -> None:
    """The API can do what the command does."""
    assert "retry" in heal_cli.__all__
