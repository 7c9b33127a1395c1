"""Bringing home what was spooled: exactly once, whoever kills it, whatever the table has become meanwhile."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from server_away import Outage

from heal_cli.engine import run_load
from heal_cli.engine.replay import ReplayOptions, run_replay
from heal_cli.errors import DatabaseUnavailable, ReplayIsRunning, WriteError
from heal_cli.model import Rows
from heal_cli.record import iter_rejects
from heal_cli.resilience import breaker_states, hold_lock


def begin_replay(outage: Outage) -> subprocess.Popen[bytes]:
    """`heal replay-fallback` as cron runs it."""
    state = ("--state-dir", outage.options.state_dir)
    return subprocess.Popen(
        [sys.executable, "-m", "heal_cli", "replay-fallback", "--dsn", outage.direct, *state],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=outage.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip


def test_killed_at_any_moment(outage: Outage) -> None:
    """kill -9 at random moments of the work, and then to the end: each row once."""
    outage.meet_outage()
    chance = random.Random(3)
    waiting = len(outage.spool.entries())
    for _ in range(2):
        process = begin_replay(outage)
        seen = chance.randrange(1, 3)
        until = time.monotonic() + 60
        while len(outage.spool.entries()) > waiting - seen and process.poll() is None:
            assert time.monotonic() < until
            time.sleep(0.002)
        time.sleep(chance.uniform(0, 0.03))
        process.kill()
        process.communicate()
        waiting = len(outage.spool.entries())
    outage.replay()
    outage.check()


def test_connections_that_are_cut_while_idle_end_nothing(outage: Outage) -> None:
    """Between two batches all connections go, and the server is there: nothing is in doubt, and replay goes on."""
    outage.meet_outage()
    options = ReplayOptions(outage.options.state_dir, outage.proxy.conninfo)
    report = run_replay(options, should_stop=lambda: outage.proxy.drop() or 0)
    assert (report.exit_code, report.left) == (3, 0)
    outage.check()


def spool_children_first(outage: Outage) -> tuple[str, Rows]:
    """A table whose rows refer to later rows of the source, one to none; most of them wait in the spool."""
    table = f"{outage.table}_tree"
    outage.conn.execute(f"create table {table} (id int primary key, parent int references {table}, v text)")
    rows = [f"{n},{n - 1 if n % 100 else ''},{'v' * 90}\n" for n in range(1_199, -1, -1)]
    outage.source.write_text("id,parent,v\n" + "".join([*rows, f"5000,9999,{'v' * 90}\n"]))

    def go_away(_progress: object) -> None:
        outage.proxy.mode = "refuse"
        outage.proxy.drop()

    spooled = run_load(replace(outage.options, table=table), on_progress=go_away).rows
    assert min(spooled.rejected, spooled.spooled) > 0
    outage.proxy.heal()
    return table, spooled


def states(outage: Outage, table: str) -> list[str]:
    """How the ledger says that the runs on the table ended."""
    query = f"select state from heal.load_runs where table_oid = '{table}'::regclass order by run"
    return [state for (state,) in outage.conn.execute(query)]


def test_rows_that_refer_to_later_ones_come_in_when_all_are_home(outage: Outage) -> None:
    """Children before their parents: refused by the load or by replay, they are loaded when the last batch is."""
    table, spooled = spool_children_first(outage)
    home = outage.replay()
    assert outage.conn.execute(f"select count(*) from {table}").fetchone() == (1_200,)
    assert spooled.loaded + home.rows.loaded == 1_200
    assert (home.rows.is_conserved, home.rows.rejected, home.exit_code) == (True, 1, 3)
    assert any("refused for references to later rows" in note for note in home.notes)
    assert [record.row for record in iter_rejects(outage.rejects) if record.settled is None] == [1_201]
    assert states(outage, table) == ["done", "done"]
    assert outage.load(table=table).rows.already == 1_201


def test_late_references_that_a_signal_stops(outage: Outage) -> None:
    """The ledger says so of that run; the next replay goes on with the rest."""
    table, spooled = spool_children_first(outage)
    answers = iter([0] * (len(outage.spool.entries()) + 4))
    home = outage.replay(should_stop=lambda: next(answers, 15))
    assert spooled.loaded < spooled.loaded + home.rows.loaded < 1_200
    assert states(outage, table)[-1] == "stopped"
    outage.replay()
    assert states(outage, table) == ["done", "stopped", "done"]
    assert outage.conn.execute(f"select count(*) from {table}").fetchone() == (1_200,)


def test_late_references_that_fail(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of them that ended with an error is on record as failed; the rows stay rejects."""
    table, _ = spool_children_first(outage)

    def fail(worker: object, *given: object) -> None:
        raise WriteError("no")

    monkeypatch.setattr("heal_cli.pipeline.retry_worker.RetryWorker.process", fail)
    assert any("were not tried again: no" in note for note in outage.replay().notes)
    assert states(outage, table) == ["done", "failed"]


def test_two_at_once(outage: Outage) -> None:
    """Of two replays one does the work, and the other says so and ends with 75."""
    outage.meet_outage()
    with hold_lock(outage.options.state_dir):
        second = begin_replay(outage)
        out, err = second.communicate(timeout=60)
        assert (second.returncode, out) == (75, b"")
        assert b"Another replay is at work" in err
        with pytest.raises(ReplayIsRunning):
            outage.replay()
    outage.replay()
    outage.check()


def test_cron_is_told_in_a_line_or_not_at_all(outage: Outage, capsys: pytest.CaptureFixture[str]) -> None:
    """One summary line when something came home, silence when nothing waits."""
    from heal_cli.cli.app import run

    outage.meet_outage()
    batches = len(outage.spool.entries())
    events = len((Path(outage.options.state_dir) / "fallback/emergency.jsonl").read_text().splitlines())
    replay = ("replay-fallback", "--dsn", outage.direct, "--state-dir", outage.options.state_dir)
    assert run(replay) == 3
    out, _ = capsys.readouterr()
    assert out.startswith(f"{events} events and {batches} batches restored, 0 left (")
    assert len(out.splitlines()) == 1
    assert run(replay) == 0
    assert capsys.readouterr() == ("", "")
    outage.check()


def test_a_changed_table_is_planned_for_anew(outage: Outage) -> None:
    """A column that was retyped and one that was added: rows fit, or are rejects in the file of their run."""
    outage.meet_outage()
    outage.conn.execute(
        f"alter table {outage.table} alter amount type numeric(6,2), add seen timestamptz default now(),"
        f" add check (n % 500 <> 1)"
    )
    report = outage.replay()
    assert report.rows.rejected > 0
    outage.check()
    reasons = {json.loads(line)["reason"] for line in outage.rejects.read_text().splitlines()}
    assert {"check_violation", "not_convertible", "unique_violation"} <= reasons
    runs = {json.loads(line)["run"] for line in outage.rejects.read_text().splitlines()}
    assert runs == {outage.reports[0].run}


def test_a_table_that_no_plan_covers_keeps_its_rows_waiting(outage: Outage) -> None:
    """A new column that nothing fills stops the replay of its rows, and a default lets them go on."""
    outage.meet_outage()
    outage.conn.execute(f"delete from {outage.table}")
    outage.conn.execute(f"alter table {outage.table} add must integer not null")
    waiting = len(outage.spool.entries())
    report = outage.replay()
    assert (report.left, report.batches, report.exit_code) == (waiting, 0, 1)
    outage.conn.execute(f"alter table {outage.table} alter must set default 1")
    assert outage.replay().batches == waiting
    assert outage.spool.entries() == []


def damaged(data: bytes, damage: str) -> bytes:
    """A file of the spool as a disk, a full disk or a hand would leave it."""
    middle = len(data) // 2
    flipped = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
    return {"flip": flipped, "cut": data[:-20], "tamper": data.replace(b".kept", b".cept")}[damage]


@pytest.mark.parametrize(
    ("name", "damage"), [("rows.parquet", "flip"), ("rows.parquet", "cut"), ("manifest.json", "tamper")]
)
def test_a_damaged_batch_is_set_aside(outage: Outage, name: str, damage: str) -> None:
    """The others come home, and what is damaged is kept with its reason and never loaded."""
    outage.meet_outage()
    entries = outage.spool.entries()
    path = entries[1].path / name
    path.write_bytes(damaged(path.read_bytes(), damage))
    report = outage.replay()
    assert (report.exit_code, report.batches) == (1, len(entries) - 1)
    ((name, reason),) = report.aside
    assert (name, "checksum" in reason) == (entries[1].name, True)
    assert [entry.name for entry in outage.spool.set_aside_entries()] == [name]
    assert outage.load().rows.spooled == 0  # the source is still there: the same command fills the gap
    outage.check()


def test_poison_goes_aside_after_its_tries(outage: Outage) -> None:
    """A table that was made anew takes nothing; after --max-attempts the batches leave the way of others."""
    outage.meet_outage()
    waiting = len(outage.spool.entries())
    outage.conn.execute(f"drop table {outage.table}; create table {outage.table} (n bigint)")
    first = outage.replay(max_attempts=2)
    assert (first.left, first.aside) == (waiting, [])
    second = outage.replay(max_attempts=2)
    assert (second.left, len(second.aside)) == (0, waiting)
    assert all("dropped and made again" in reason for _, reason in second.aside)


def test_another_database_is_left_alone(outage: Outage, server: str) -> None:
    """What is for one database waits while another is replayed to."""
    outage.meet_outage()
    waiting = len(outage.spool.entries())
    report = run_replay(ReplayOptions(outage.options.state_dir, server))
    assert (report.elsewhere, report.left, report.exit_code) == (waiting, waiting, 0)
    outage.replay()
    outage.check()


def test_a_replay_has_seen_that_the_server_works(outage: Outage) -> None:
    """The breaker that the outage opened is closed by what came home, not only by the next load."""
    outage.meet_outage()
    (breaker,) = breaker_states(outage.options.state_dir)
    assert breaker.state == "open"
    outage.replay()
    (breaker,) = breaker_states(outage.options.state_dir)
    assert breaker.state == "closed"


def test_a_server_that_is_still_away(outage: Outage) -> None:
    """Replay says 5 and leaves all as it is, not even a try counted."""
    outage.meet_outage()
    waiting = [entry.name for entry in outage.spool.entries()]
    outage.proxy.mode = "refuse"
    report = outage.replay()
    assert (report.exit_code, report.left) == (5, len(waiting))
    assert all(entry.tries.tries == 0 for entry in outage.spool.entries())
    outage.proxy.heal()
    outage.replay()
    outage.check()


def test_one_table_that_is_away_holds_back_no_other(outage: Outage) -> None:
    """A foreign server or a full tablespace costs its own table one try a round, and the others nothing."""
    table, other = outage.table, f"{outage.table}_too"
    outage.conn.execute(f"create table {other} (like {table} including all)")
    outage.meet_outage()
    first = len(outage.spool.entries())
    outage.proxy.cut_in_copy()
    outage.load(table=other, again=True, rejects_path=str(outage.folder / "too.jsonl"))
    outage.proxy.heal()
    second = len(outage.spool.entries()) - first
    outage.conn.execute(
        "create function full_disk() returns trigger language plpgsql as"
        " $$ begin raise exception 'no space left on device' using errcode = '53100'; end $$;"
        f"create trigger full_disk before insert on {table} execute function full_disk()"
    )
    report = outage.replay()
    assert (report.exit_code, report.batches, report.left) == (5, second, first)
    assert len(report.notes) == 1
    assert "no space left on device" in report.notes[0]
    outage.conn.execute(f"drop trigger full_disk on {table}")
    assert outage.replay().batches == first
    outage.check()


def test_the_server_goes_away_again(outage: Outage) -> None:
    """A replay that is cut in the middle goes on where it was."""
    outage.meet_outage()
    outage.proxy.cut_in_copy()
    assert outage.replay().exit_code == 5
    outage.proxy.heal()
    outage.replay()
    outage.check()


def test_events_come_home_once(outage: Outage) -> None:
    """The run's end and the source's are in the ledger after replay, and the run is done."""
    outage.meet_outage()
    log = next(Path(outage.options.state_dir).glob("fallback/emergency.jsonl"))
    kept = log.read_bytes()
    outage.replay()
    log.write_bytes(kept)  # as if replay had been killed before it took the lines out
    outage.replay()
    rows = outage.conn.execute(
        "select kind, count(*) from heal.restored_events where run = %s group by 1 order by 1",
        (outage.reports[0].run,),
    ).fetchall()
    assert {("run", 1), ("source", 1)} <= {*rows}
    assert dict(rows) == Counter(json.loads(line)["kind"] for line in kept.splitlines())
    state = outage.conn.execute(
        "select state, (report->'rows'->>'spooled')::int from heal.load_runs where run = %s",
        (outage.reports[0].run,),
    ).fetchone()
    assert state == ("done", outage.reports[0].rows.spooled)
    assert outage.load().rows.already == outage.rows


def test_dry_run_checks_and_changes_nothing(outage: Outage) -> None:
    """--dry-run counts what waits and finds damage, and everything still waits."""
    outage.meet_outage()
    waiting = len(outage.spool.entries())
    report = outage.replay(dry_run=True)
    assert (report.left, report.rows.spooled) == (waiting, outage.reports[0].rows.spooled)
    assert len(outage.spool.entries()) == waiting


def test_watch_brings_home_within_seconds(outage: Outage) -> None:
    """--watch notices by itself that the server is back, and ends when asked to."""
    outage.meet_outage()
    state = ("--state-dir", outage.options.state_dir)
    outage.proxy.mode = "refuse"
    process = subprocess.Popen(
        [sys.executable, "-m", "heal_cli", "replay-fallback", "--watch", "--dsn", outage.proxy.conninfo, *state],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=outage.folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    time.sleep(2)
    outage.proxy.heal()
    until = time.monotonic() + 60
    while outage.spool.entries() and time.monotonic() < until:
        time.sleep(0.05)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 143
    outage.check()


def test_a_longer_source_took_its_place(outage: Outage) -> None:
    """The file grew and was loaded again before the replay: what was spooled is there already."""
    outage.meet_outage()
    waiting = len(outage.spool.entries())
    more = range(outage.rows + 1, outage.rows + 301)
    with outage.source.open("a") as file:
        file.writelines(f"{n},{n},1.25,row {n}\n" for n in more)
    outage.rows += len(more)
    outage.load()
    report = outage.replay()
    assert (report.batches, report.rows.loaded, report.aside) == (waiting, 0, [])
    assert report.left_events == 0
    outage.check()


def test_a_changed_table_does_not_ask_one_batch_what_the_source_has_said(outage: Outage) -> None:
    """Dates that fit two orders are read by the order that the whole source proves, also when the table changed."""
    days = ["25/12/2024", *(["03/04/2024"] * (outage.rows - 1))]
    lines = [f"{n},{n},1,{day}" for n, day in enumerate(days, start=1)]
    outage.source.write_text("\n".join(["n,k,amount,day", *lines]) + "\n")
    outage.conn.execute(f"alter table {outage.table} add day date")

    def cut(progress: object) -> None:
        outage.proxy.mode = "refuse"
        outage.proxy.drop()

    report = run_load(outage.options, on_progress=cut)
    assert min(report.rows.loaded, report.rows.spooled) > 0
    outage.proxy.heal()
    outage.conn.execute(f"alter table {outage.table} add seen timestamptz default now()")
    assert outage.replay().rows.rejected == 0
    found = outage.conn.execute(f"select day, count(*) from {outage.table} group by 1 order by 1").fetchall()
    assert found == [(date(2024, 4, 3), outage.rows - 1), (date(2024, 12, 25), 1)]


def test_outages_are_no_tries(outage: Outage, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often the server goes away in the middle of a batch, that batch is not given up for it."""
    outage.meet_outage()

    def away(*_: object) -> None:
        raise DatabaseUnavailable("the disk of the server is full")

    with monkeypatch.context() as patch:
        patch.setattr("heal_cli.pipeline.restore.Restorer.restore", away)
        for _ in range(30):
            assert outage.replay(max_attempts=1).exit_code == 5
    assert outage.replay(max_attempts=1).aside == []
    outage.check()


def test_a_renamed_table_is_found(outage: Outage) -> None:
    """The rows are for the table that was there, by whatever name it goes now, and not for a namesake."""
    outage.meet_outage()
    bare = outage.table.split(".")[1]
    outage.conn.execute(f"alter table {outage.table} rename to other; create table {bare} (n bigint)")
    outage.table = outage.table.replace(bare, "other")
    assert outage.replay().aside == []
    outage.check()
