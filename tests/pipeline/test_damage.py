"""Sources that break off, and disks that fill up: what was whole is loaded, and the rest comes in later."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

import heal_cli
from heal_cli.errors import SourceError


@pytest.fixture
def dsn(conn: psycopg.Connection, dsn: str) -> str:
    """The test's schema, with table `t (id int, note text)`."""
    conn.execute("create table t (id int, note text)")
    return dsn


def ids(conn: psycopg.Connection) -> list[int]:
    """What is in the table."""
    return [row[0] for row in conn.execute("select id from t order by id").fetchall()]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_truncated_archive_loads_what_is_whole(dsn, conn, tmp_path, jobs) -> None:
    """Every record before the damage is committed before the load fails, and the whole file brings the rest."""
    text = "id,note\n" + "".join(f"{n},{n * 7919 % 10007} noise {n**7 % 99991}\n" for n in range(5000))
    packed = gzip.compress(text.encode(), mtime=0)
    path = tmp_path / "t.csv.gz"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    options = {
        "table": "t",
        "dsn": dsn,
        "state_dir": str(tmp_path / "state"),
        "batch_bytes": 8192,
        "jobs": jobs,
    }
    with pytest.raises(SourceError, match="ends before its archive does") as told:
        heal_cli.load(path, **options)
    given = int(told.value.message.split(" after ")[1].split(" ")[0].replace(",", ""))
    whole = text.encode()[:given].count(b"\n") - 1
    assert ids(conn) == list(range(whole))
    assert told.value.message.endswith(f"have been read ({whole:,} loaded)")
    with pytest.raises(SourceError, match=rf"\(0 loaded, {whole:,} loaded by an earlier run\)"):
        heal_cli.load(path, **options)
    with pytest.raises(SourceError, match=r"\(nothing was committed\)"):
        heal_cli.load(path, **options, atomic=True, again=True)
    path.write_bytes(packed)
    assert heal_cli.load(path, **options).rows.already == whole
    assert ids(conn) == list(range(5000))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 200 KB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this account may not mount a file system")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_for_rejects_stops_and_resumes(dsn, conn, tmp_path, small_disk) -> None:
    """No batch is committed whose rejects were not kept; with space again each row is there once."""
    path = tmp_path / "t.csv"
    path.write_text("id,note\n" + "".join(f"{n if n % 4 else 'x'},row {n}\n" for n in range(1, 8001)))
    rejects = small_disk / "r.jsonl"
    command = [
        *(
            sys.executable,
            "-m",
            "heal_cli",
            "load",
            str(path),
            "-t",
            "t",
            "-d",
            dsn,
            "--rejects",
            str(rejects),
        ),
        *("--batch-bytes", "8192", "--state-dir", str(tmp_path / "state")),
    ]
    full = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert (full.returncode, "No space left on device" in full.stderr) == (1, True)
    assert "run the same command again" in full.stderr
    assert 0 < len(ids(conn)) < 6000
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert done.returncode == 3, done.stderr
    assert ids(conn) == [n for n in range(1, 8001) if n % 4]
    rejected = [json.loads(line)["row"] for line in rejects.read_text().splitlines()]
    assert sorted(rejected) == list(range(4, 8001, 4))
