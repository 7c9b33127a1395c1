"""A load that a signal stops, and the same command again, as processes of their own."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

_ROWS = 120_000


@pytest.fixture
def command(conn: psycopg.Connection, dsn: str, tmp_path: Path) -> list[str]:
    """A load of many small batches, by one connection."""
    conn.execute("create table measures (id int primary key, label text)")
    lines = (f"{number},measure number {number}\n" for number in range(_ROWS))
    (tmp_path / "measures.csv").write_text("id,label\n" + "".join(lines))
    return [
        *["load", "measures.csv", "-t", "measures", "--batch-bytes", "8KiB", "--jobs", "1", "--json", "-d"],
        dsn,
    ]


def _start(command: list[str], folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "heal_cli", *command],
        cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def _loaded(conn: psycopg.Connection) -> int:
    row = conn.execute("select count(*) from measures").fetchone()
    assert row is not None
    return int(str(row[0]))


@pytest.mark.usefixtures("hangup_counts")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)]
)
def test_a_stopped_load_goes_on_where_it_stopped(
    conn: psycopg.Connection, command: list[str], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Batches in flight are finished, the rest is left, and the same command brings each row in once."""
    load = _start(command, tmp_path)
    deadline = time.monotonic() + 60
    while not _loaded(conn) and time.monotonic() < deadline:
        time.sleep(0.02)
    load.send_signal(number)
    out, err = load.communicate(timeout=60)
    stopped = json.loads(out)
    assert err == "heal: stopping after the batches in flight; the same signal again stops at once\n"
    assert (load.returncode, stopped["exit"]) == (code, code)
    assert stopped["resume"].startswith("heal load measures.csv -t measures --batch-bytes 8KiB")
    assert 0 < stopped["rows"]["loaded"] == _loaded(conn) < _ROWS
    again = _start(command, tmp_path)
    finished = json.loads(again.communicate(timeout=120)[0])
    assert (again.returncode, finished["exit"], finished["resume"]) == (0, 0, None)
    assert finished["rows"]["already"] == stopped["rows"]["loaded"]
    assert finished["rows"]["loaded"] + finished["rows"]["already"] == _loaded(conn) == _ROWS


def test_ctrl_c_before_anything_was_written_is_one_sentence(tmp_path: Path) -> None:
    """No traceback, exit code 130."""
    program = (
        "from heal_cli.cli import load, app, session\n"
        "def interrupt(*_): raise KeyboardInterrupt\n"
        "load.read_settings = interrupt\n"
        "raise SystemExit(app.run(['load', 'a.csv', '-t', 't']))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == (
        "heal: Interrupted before anything was written.\n      Go on with: heal load a.csv -t t\n"
    )


@pytest.mark.parametrize(("place", "code"), [("app.note", 130), ("sys.exit", -signal.SIGINT)])
def test_a_second_ctrl_c_while_heal_ends_is_no_traceback(tmp_path: Path, place: str, code: int) -> None:
    """Neither while the first one is told, nor after it."""
    program = (
        "import signal, sys\n"
        "from heal_cli import __main__\n"
        "from heal_cli.cli import load, app, session\n"
        "def interrupt(*_, **__): signal.raise_signal(signal.SIGINT)\n"
        "load.read_settings = interrupt\n"
        f"{place} = interrupt\n"
        "sys.argv = ['heal', 'load', 'a.csv', '-t', 't']\n"
        "__main__.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert "Traceback" not in done.stderr


@pytest.mark.usefixtures("hangup_counts")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_sigterm_before_there_is_anything_to_finish(tmp_path: Path, number: signal.Signals) -> None:
    """A command that only waits for its server ends with a line and 143, as a load does later."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/db"
        undo = _start(["undo", "01", "--yes", "-d", dsn], tmp_path)
        client, _ = silent.accept()
        undo.send_signal(number)
        err = undo.communicate(timeout=30)[1]
        client.close()
    assert (undo.returncode, err) == (
        143,
        f"heal: Ended by {number.name}; what was not committed is rolled back\n",
    )
