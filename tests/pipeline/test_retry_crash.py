"""Retries that are killed or run together: each rejected row is loaded once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from heal_cli.errors import RecordError
from heal_cli.record import iter_rejects

ROWS = 2_400


@pytest.fixture
def orphans(retrying):
    """Every third of many rows lacked its parent, which is there now."""
    conn = retrying.conn
    conn.execute("create table p (id int primary key); create table t (n int, p int references p)")
    conn.execute("insert into p values (1)")
    text = "n,p\n" + "".join(f"{n},{2 if n % 3 == 0 else 1}\n" for n in range(1, ROWS + 1))
    report = retrying.load(text, batch_bytes=8192)
    assert report.rows.rejected == ROWS // 3
    conn.execute("insert into p values (2)")
    return retrying


def begin(retrying, *arguments: str) -> subprocess.Popen[bytes]:
    """A retry, or another command, in a process of its own."""
    given = arguments or ("rejects", "retry", str(retrying.rejects))
    return subprocess.Popen(
        [sys.executable, "-m", "heal_cli", *given, "--dsn", retrying.dsn, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HEAL_STATE_DIR": retrying.options["state_dir"]},
        cwd=retrying.folder,
    )


def check(retrying, rows: int = ROWS) -> None:
    """Every row is in the table once or a reject once, and the ledger agrees."""
    loaded = [n for (n,) in retrying.all("select n from t")]
    rejected = [record.row for record in iter_rejects(retrying.rejects) if record.settled is None]
    assert sorted(loaded + rejected) == list(range(1, rows + 1))
    own = "from heal.load_sources s join heal.%s using (source) where s.table_oid = 't'::regclass"
    ((by_retries,),) = retrying.all(f"select coalesce(sum(cardinality(l.rows)), 0) {own}" % "load_retries l")
    ((by_loads,),) = retrying.all(f"select sum(loaded) {own}" % "load_batches l")
    assert by_retries + by_loads == len(loaded)


@pytest.mark.timeout(120)
def test_killed_again_and_again(orphans) -> None:
    """kill -9 of the client and ends of its backend at random moments cost no row and double none."""
    chance = random.Random(4)
    kills = 0
    while True:
        process = begin(orphans)
        if kills < 4:
            time.sleep(chance.uniform(0.3, 1.1))
            if chance.random() < 0.3:
                orphans.all(
                    "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'heal/%'"
                )
                time.sleep(0.1)
            process.kill()
            kills += 1
        process.communicate()
        if process.returncode in (0, 3):
            break
    check(orphans)
    assert len(orphans.all()) == ROWS


@pytest.mark.timeout(120)
def test_two_at_once(orphans) -> None:
    """Two retries of one file share its rows, and the file says what the ledger holds."""
    reports = [process.communicate()[0] for process in [begin(orphans) for _ in range(2)]]
    counts = [json.loads(report)["rows"]["loaded"] for report in reports]
    assert sum(counts) == ROWS // 3
    check(orphans)
    assert len(orphans.all()) == ROWS


@pytest.mark.timeout(120)
def test_a_retry_beside_a_load_that_is_killed_and_resumed(retrying) -> None:
    """Rejects of a half-done load may be retried; the load goes on behind them, and its rejects are not lost."""
    conn, chance = retrying.conn, random.Random(5)
    conn.execute("create table p (id int primary key); create table t (n int, p int references p)")
    conn.execute("insert into p values (1)")
    source = retrying.folder / "a.csv"
    source.write_text("n,p\n" + "".join(f"{n},{2 if n % 3 == 0 else 1}\n" for n in range(1, ROWS + 1)))
    load = ("load", str(source), "-t", "t", "--rejects", str(retrying.rejects), "--batch-bytes", "2048")
    for _ in range(3):
        loading = begin(retrying, *load)
        await_progress(retrying, loading)
        beside = begin(retrying)
        time.sleep(chance.uniform(0, 0.3))
        loading.kill()
        loading.communicate()
        conn.execute("insert into p values (2) on conflict do nothing")
        beside.communicate()
    for arguments in (load, ()):
        process = begin(retrying, *arguments)
        process.communicate()
        assert process.returncode in (0, 3)
    check(retrying)
    assert len(retrying.all()) == ROWS


def await_progress(retrying, process: subprocess.Popen[bytes]) -> None:
    """Wait until the load has committed something, or ended."""
    count = "select count(*) from heal.load_batches"
    before = (
        retrying.all(count)
        if retrying.all("select to_regclass('heal.load_batches')") != [(None,)]
        else [(0,)]
    )
    while process.poll() is None:
        time.sleep(0.02)
        known = retrying.all("select to_regclass('heal.load_batches')") != [(None,)]
        if known and retrying.all(count) > before:
            return


def test_a_full_disk_leaves_the_old_file(orphans, monkeypatch) -> None:
    """Where the new file cannot be made the old one stays, and the next retry marks what is loaded."""
    before = orphans.rejects.read_bytes()

    def full(self: Path, target: Path) -> Path:
        raise OSError(28, os.strerror(28))

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", full)
        with pytest.raises(RecordError, match="No space left"):
            orphans.retry()
    assert orphans.rejects.read_bytes() == before
    assert not list(orphans.folder.glob(".rejects*"))
    report = orphans.retry()
    assert (report.loaded, report.settled, report.exit_code) == (0, ROWS // 3, 0)
    check(orphans)
