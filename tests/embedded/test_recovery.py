"""Whatever was killed, whatever was left behind: the next start works."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from heal_cli import embedded
from heal_cli.embedded import locks
from heal_cli.errors import DatabaseUnavailable

from .conftest import answers, start_elsewhere

_PID_FILE = "{pid}\n{data}\n1795372016\n5432\n{base}/socket\n\n  2154818        17\nready   \n"


@pytest.fixture
def bystander() -> Iterator[int]:
    """Pid of a living process that is no server of ours."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def zombie() -> Iterator[int]:
    """Pid of a process that has ended and was not waited for."""
    process = subprocess.Popen(["true"])
    while (
        Path(f"/proc/{process.pid}/stat").exists()
        and " Z " not in Path(f"/proc/{process.pid}/stat").read_text()
    ):
        time.sleep(0.01)
    yield process.pid
    process.wait()


@pytest.mark.parametrize("after_s", [0.6, 0.9, 1.2])
def test_killed_first_start(folder: Path, after_s: float) -> None:
    """kill -9 in the middle of the first start leaves nothing that the next one trips over."""
    first = start_elsewhere(folder)
    time.sleep(after_s)
    first.kill()
    first.communicate()
    assert answers(embedded.start(folder))
    assert not list(folder.glob("data.new-*"))


@pytest.mark.parametrize("after_s", [0.3, 0.5])
def test_killed_server_during_start(home: Path, after_s: float) -> None:
    """kill -9 of the server while another process starts it: both starts end with a server."""
    _kill(home)
    other = start_elsewhere(home)
    time.sleep(after_s)
    _kill(home)
    assert answers(embedded.start(home))
    assert other.communicate()[1] == ""


def test_killed_server_loses_nothing(home: Path) -> None:
    """kill -9 of the server, and the next start recovers what was committed."""
    with psycopg.connect(embedded.start(home).conninfo, autocommit=True) as conn:
        conn.execute("drop table if exists kept")
        conn.execute("create table kept as select generate_series(1, 10000) as n")
    _kill(home)
    with psycopg.connect(embedded.start(home).conninfo) as conn:
        assert conn.execute("select count(*) from kept").fetchone() == (10000,)


@pytest.mark.parametrize(
    "kind", ["reused", "zombie", "partial", "empty", "garbage", "ours", "huge", "link", "pipe"]
)
def test_stale_pid_file(home: Path, bystander: int, zombie: int, kind: str) -> None:
    """A pid file that a dead server left, whole or not, whoever has its pid now, is no obstacle."""
    embedded.stop(home)
    pid_file = home / "data" / "postmaster.pid"
    pid = {"reused": bystander, "zombie": zombie, "ours": os.getpid(), "huge": 10**30}.get(kind)
    if kind == "link":
        pid_file.symlink_to("/etc/passwd")
    elif kind == "pipe":
        os.mkfifo(pid_file)
    else:
        whole = _PID_FILE.format(pid=pid, data=home / "data", base=home)
        pid_file.write_text({"partial": str(bystander), "empty": "", "garbage": "\0\0\n"}.get(kind, whole))
        owner = (home / "data").stat()
        os.chown(pid_file, owner.st_uid, owner.st_gid)
    assert embedded.status(home).state == "stopped"
    assert answers(embedded.start(home))


def test_server_started_by_hand(home: Path) -> None:
    """A server that somebody else started on the same data is not disturbed."""
    server = embedded.start(home)
    pid_file = home / "data" / "postmaster.pid"
    kept = pid_file.read_text()
    (home / "alive.lock").rename(home / "alive.lock.aside")
    try:
        shutil.move(server.socket_dir, home / "aside")
        with pytest.raises(
            DatabaseUnavailable, match=f"A server that heal did not start uses .* \\(pid {server.pid}\\)"
        ):
            embedded.start(home)
        assert pid_file.read_text() == kept
    finally:
        (home / "alive.lock.aside").rename(home / "alive.lock")
        embedded.stop(home)
        shutil.rmtree(home / "aside")


def test_lost_socket(home: Path) -> None:
    """A server whose socket somebody removed is reported at once, and can be stopped."""
    server = embedded.start(home)
    shutil.rmtree(server.socket_dir)
    with pytest.raises(DatabaseUnavailable, match="runs, but its socket is gone"):
        embedded.start(home)
    assert embedded.status(home).state == "not answering"
    assert embedded.stop(home)


def test_lost_database(home: Path) -> None:
    """Database 'heal' is made again if it was dropped."""
    server = embedded.start(home)
    with psycopg.connect(server.conninfo, dbname="postgres", autocommit=True) as conn:
        conn.execute("drop database heal")
    assert answers(embedded.start(home))


def test_living_processes_are_waited_for(home: Path) -> None:
    """As long as one process of the old server lives no new one is launched."""
    embedded.stop(home)
    survivor = locks.claim(home / "alive.lock")
    assert survivor is not None
    start = start_elsewhere(home)
    time.sleep(1.5)
    assert not (home / "socket").exists()
    os.close(survivor)
    assert start.communicate()[0].split()[1:] == ["1"]


def test_copied_folder_is_another_server(folder: Path) -> None:
    """A copy of a folder, its pid file and socket link included, does not lead to the original's server."""
    long = folder / ("x" * 120)
    original = embedded.start(long)
    copy = folder / ("y" * 120)
    subprocess.run(["cp", "-a", long, copy], check=True)
    assert embedded.status(copy).state == "stopped"
    assert (
        embedded.status(long).server
        == embedded.start(long)
        == original.__class__(original.data_dir, original.socket_dir, original.pid)
    )


def test_failed_start_shows_the_log(home: Path) -> None:
    """A server that cannot start is an error with the end of its log."""
    embedded.stop(home)
    settings = home / "data" / "postgresql.conf"
    kept = settings.read_text()
    settings.write_text(f"{kept}\nshared_buffers = many\n")
    try:
        with pytest.raises(DatabaseUnavailable, match='invalid value for parameter "shared_buffers": "many"'):
            embedded.start(home)
        assert not (home / "socket").exists()
    finally:
        settings.write_text(kept)


def _kill(home: Path) -> None:
    """SIGKILL to the postmaster, if there is one."""
    try:
        os.kill(int((home / "data" / "postmaster.pid").read_text().split("\n")[0]), 9)
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return
