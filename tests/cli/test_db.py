"""`heal db` on a server of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner

from heal_cli import embedded
from heal_cli.cli.db import app


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where the server of this module lives."""
    parent = Path(tempfile.mkdtemp(prefix="heal-t-", dir="/tmp"))
    yield parent / "pg"
    embedded.stop(parent / "pg")
    shutil.rmtree(parent)


@pytest.fixture(autouse=True)
def _names_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEAL_DATA_DIR", str(folder))


def db(*arguments: str) -> str:
    """What the command prints on stdout; it has to end with 0."""
    result = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_start_twice(folder: Path) -> None:
    """The first start starts, the second finds it running; both name folder and pid."""
    db("stop")
    assert db("start").startswith(f"PostgreSQL started in {folder} (pid ")
    assert db("start").startswith(f"PostgreSQL runs already in {folder} (pid ")


def test_stop_twice(folder: Path) -> None:
    """Stopping says what it did, or that there was nothing to do."""
    db("start")
    assert db("stop") == f"PostgreSQL stopped in {folder}\n"
    assert db("stop") == f"PostgreSQL was not running in {folder}\n"


def test_status_as_json(folder: Path) -> None:
    """--json prints one document with everything that the lines say."""
    db("start")
    document = json.loads(db("status", "--json"))
    assert document["heal"] == 1
    assert document["db"] == {
        "state": "running",
        "version": document["db"]["version"],
        "data_dir": str(folder),
        "size_bytes": document["db"]["size_bytes"],
        "pid": embedded.start(folder).pid,
        "url": db("url").strip(),
    }


def test_start_stop_and_url_have_documents(folder: Path) -> None:
    """What `status` says of the server, and whether there was something to do."""
    db("start")
    started = json.loads(db("start", "--json"))["db"]
    assert started == {
        "data_dir": str(folder),
        "pid": started["pid"],
        "url": db("url").strip(),
        "is_new": False,
    }
    assert json.loads(db("stop", "--json"))["db"] == {"data_dir": str(folder), "was_running": True}
    assert json.loads(db("stop", "--json"))["db"]["was_running"] is False
    assert json.loads(db("url", "--json"))["db"]["url"] == db("url").strip()


def test_status_of_a_stopped_server(folder: Path) -> None:
    """A stopped server has no pid and no address, but data and a version."""
    db("start")
    db("stop")
    lines = dict(line.split(maxsplit=1) for line in db("status").splitlines())
    assert lines["state"] == "stopped"
    assert (lines["version"], lines["pid"], lines["url"]) == ("18", "-", "-")


def test_url_starts_and_leads_there() -> None:
    """The URI is of a server that runs, whether it ran before or not."""
    db("stop")
    with psycopg.connect(db("url").strip()) as conn:
        assert conn.info.dbname == "heal"


def test_a_flag_wins_over_the_environment(folder: Path) -> None:
    """--data-dir names another folder than HEAL_DATA_DIR."""
    assert f"{folder}-other" in db("status", "--data-dir", f"{folder}-other")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-Atc", "select current_database() || ' ' || current_user"], "heal postgres\n"),
        (["postgres", "-Atc", "select current_database()"], "postgres\n"),
        (["-At", "-v", "n=7", "-f", "-"], "7\n"),
    ],
)
def test_psql_takes_its_own_arguments(arguments: list[str], said: str) -> None:
    """psql opens on the server, with its own arguments and input, whatever PG* says about others."""
    done = subprocess.run(
        [sys.executable, "-c", "from heal_cli.cli.db import app; app()", "psql", *arguments],
        input="select :n;",
        env={**os.environ, "PGHOSTADDR": "127.0.0.1", "PGUSER": "other", "PGCHANNELBINDING": "require"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == (said, "", 0)
