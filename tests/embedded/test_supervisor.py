"""A server's life as its users see it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from heal_cli import embedded
from heal_cli.embedded import supervisor
from heal_cli.errors import DatabaseUnavailable, UsageError

from .conftest import answers, as_plain_user, start_elsewhere


def test_first_start_makes_the_database(folder: Path) -> None:
    """The first start makes data folder, server and database 'heal', in UTF-8 and code-point order."""
    server = embedded.start(folder)
    query = "select datname, pg_encoding_to_char(encoding), datcollate from pg_database where datname = current_database()"
    with psycopg.connect(server.conninfo) as conn:
        assert server.is_new
        assert conn.execute(query).fetchone() == ("heal", "UTF8", "C")


def test_next_start_joins(home: Path) -> None:
    """Starting what runs finds the same server, says that it is not new, and takes no lock."""
    first = embedded.start(home)
    with supervisor.one_at_a_time(home / "start.lock"):
        second = embedded.start(home)
    assert (second.pid, second.is_new) == (first.pid, False)


def test_next_start_is_quick(home: Path) -> None:
    """Joining costs one connection: under 20 ms, the best of thirty on a busy machine."""
    embedded.start(home)
    times = []
    for _ in range(30):
        began = time.perf_counter()
        embedded.start(home)
        times.append(time.perf_counter() - began)
    assert min(times) < 0.02


def test_data_survives_a_stop(home: Path) -> None:
    """What was committed is there after stop and start."""
    with psycopg.connect(embedded.start(home).conninfo) as conn:
        conn.execute("create table if not exists kept as select 7 as n")
    assert embedded.stop(home)
    with psycopg.connect(embedded.start(home).conninfo) as conn:
        assert conn.execute("select n from kept").fetchone() == (7,)


def test_stop_without_server(folder: Path) -> None:
    """Stopping nothing is no error, says so, and makes no folder."""
    assert not embedded.stop(folder)
    assert not folder.exists()


def test_status_makes_nothing(folder: Path) -> None:
    """Asking for the status of a folder that is not there makes none."""
    found = embedded.status(folder)
    assert (found.state, found.version, found.size_bytes) == ("stopped", None, 0)
    assert not folder.exists()


def test_status_of_a_running_server(home: Path) -> None:
    """Status knows version, pid and size."""
    server = embedded.start(home)
    found = embedded.status(home)
    assert found.state == "running"
    assert found.version is not None
    assert found.version.startswith("18.")
    assert found.server == server
    assert found.size_bytes > 20 * 2**20


def test_url_and_conninfo_name_the_same(home: Path) -> None:
    """The URI leads where the key-value string leads."""
    server = embedded.start(home)
    url = conninfo_to_dict(server.url)
    assert url == {key: conninfo_to_dict(server.conninfo)[key] for key in url}
    with psycopg.connect(server.url) as conn:
        assert conn.info.dbname == "heal"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PGHOST", "elsewhere"),
        ("PGHOSTADDR", "127.0.0.1"),
        ("PGPORT", "1"),
        ("PGDATABASE", "other"),
        ("PGUSER", "other"),
        ("PGSSLMODE", "verify-full"),
        ("PGGSSENCMODE", "require"),
        ("PGCHANNELBINDING", "require"),
        ("PGREQUIREPEER", "other"),
        ("PGTARGETSESSIONATTRS", "standby"),
    ],
)
def test_variables_for_other_servers(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """What PG* says about other servers does not keep us from ours."""
    server = embedded.start(home)
    monkeypatch.setenv(name, value)
    assert answers(server)


def test_service_that_is_not_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PG* variable that keeps libpq from trying at all is an error at once, not after a long wait."""
    embedded.start(home)
    monkeypatch.setenv("PGSERVICE", "none")
    with pytest.raises(UsageError, match='definition of service "none" not found'):
        embedded.start(home)


def test_only_a_private_socket(home: Path) -> None:
    """No network address is listened on, and the socket's folder is closed to others."""
    server = embedded.start(home)
    with psycopg.connect(server.conninfo) as conn:
        assert conn.execute("show listen_addresses").fetchone() == ("",)
    assert server.socket_dir.stat().st_mode & 0o077 == 0


def test_login_is_for_its_owner(home: Path) -> None:
    """The kernel says who connects: as every role for the owner, not at all for others."""
    server = embedded.start(home)
    with psycopg.connect(server.conninfo, autocommit=True) as conn:
        conn.execute("drop role if exists clerk")
        conn.execute("create role clerk login")
        rules = conn.execute("select type, auth_method from pg_hba_file_rules").fetchall()
    assert rules == [("local", "peer")]
    with psycopg.connect(server.conninfo, user="clerk") as conn:
        assert conn.execute("select current_user").fetchone() == ("clerk",)


def test_log_holds_no_values(home: Path) -> None:
    """Refused rows leave nothing in the server's log."""
    server = embedded.start(home)
    with psycopg.connect(server.conninfo) as conn, pytest.raises(psycopg.Error):
        conn.execute("select 'top secret'::int")
    assert "secret" not in (home / "server.log").read_text()


def test_durable(home: Path) -> None:
    """Commits are flushed: nothing was traded for speed."""
    with psycopg.connect(embedded.start(home).conninfo) as conn:
        for name in ("fsync", "full_page_writes", "synchronous_commit"):
            assert conn.execute("select current_setting(%s)", [name]).fetchone() == ("on",)


def test_environment_stays_with_us(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server outlives us and does not carry our secrets along."""
    embedded.stop(home)
    monkeypatch.setenv("HEAL_DSN", "postgresql://u:hunter2@h/d")
    server = embedded.start(home)
    listing = subprocess.run(["ps", "eww", str(server.pid)], capture_output=True, text=True, check=True)
    assert "postgres" in listing.stdout
    assert "hunter2" not in listing.stdout


def test_own_session(home: Path) -> None:
    """Ctrl-C in the terminal does not reach the server: it is in a session of its own."""
    server = embedded.start(home)
    assert server.pid is not None
    assert os.getsid(server.pid) != os.getsid(0)


def test_eight_first_starts_share_one_server(folder: Path) -> None:
    """Eight processes that start at once get the same server, and one of them made it."""
    starts = [start_elsewhere(folder) for _ in range(8)]
    outcomes = [start.communicate() for start in starts]
    assert [error for _, error in outcomes] == [""] * 8
    pids, news = zip(*(said.split() for said, _ in outcomes), strict=True)
    assert len(set(pids)) == 1
    assert sorted(news) == ["0"] * 7 + ["1"]


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("name", ["sp ace ünï%20", "com,ma", 'quo"te$(x)', "x" * 150])
def test_any_folder_name(folder: Path, name: str) -> None:
    """A plain user's folder may have any name: spaces, commas, quotes, any length."""
    folder.mkdir()
    folder.chmod(0o777)

    def life() -> str:
        server = embedded.start(folder / name)
        try:
            is_inside = server.socket_dir == folder / name / "socket"
            return f"{answers(server)} {len(str(server.socket_dir)) < 100} {is_inside}"
        finally:
            embedded.stop(folder / name)

    assert as_plain_user(life) == f"True True {name not in ('com,ma', 'x' * 150)}"
    assert not (folder / name / "socket").exists()


def test_slow_start_is_waited_for(home: Path) -> None:
    """A server that does not answer for a while (here: stopped by a signal) is waited for."""
    server = embedded.start(home)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGSTOP)
    waiting = start_elsewhere(home)
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            waiting.wait(2)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert waiting.communicate()[0].split() == [str(server.pid), "0"]


def test_patience_ends(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers is an error in the end, which says how to go on."""
    server = embedded.start(home)
    assert server.pid is not None
    monkeypatch.setattr(supervisor, "WAIT_S", 0.0)
    monkeypatch.setattr(supervisor, "_answering", lambda *_: None)
    monkeypatch.setattr(supervisor, "_accepting", lambda *_: None)
    with pytest.raises(DatabaseUnavailable, match="has not come up within 0 s; its log ends with") as caught:
        embedded.start(home)
    assert caught.value.hint == "It may still be recovering: run the command again, or heal db stop first"
