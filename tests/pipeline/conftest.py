"""A table, files, loads and retries, through the Python API."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

import heal_cli
from heal_cli.model import LoadReport
from heal_cli.record import RetryReport, UndoReport


class Retrying:
    """Loads a file into table `t` and retries its rejects."""

    def __init__(self, conn: psycopg.Connection, dsn: str, folder: Path) -> None:
        self.conn, self.dsn, self.folder = conn, dsn, folder
        self.options = {"dsn": dsn, "state_dir": str(folder / "state")}
        self.rejects = folder / "rejects.jsonl"

    def load(self, content: str | bytes | None, *, name: str = "a.csv", **options) -> LoadReport:
        """Load a text, or what is in the file already."""
        path = self.folder / name
        if content is not None:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        options = {**self.options, "rejects": str(self.rejects), **options}
        return heal_cli.load(path, table=options.pop("table", "t"), **options)

    def retry(self, **options) -> RetryReport:
        """Retry its rejects."""
        return heal_cli.retry(self.rejects, **{**self.options, **options})

    def undo(self, run: str, **options) -> UndoReport:
        """Take a run back."""
        return heal_cli.undo(run, **{**self.options, **options})

    def all(self, query: str = "select * from t order by 1") -> list[tuple]:
        """Rows of a query."""
        return self.conn.execute(query).fetchall()

    def state_of(self, run: str) -> str:
        """How the ledger says that a run ended."""
        ((state,),) = self.all(f"select state from heal.load_runs where run = '{run}'")
        return state


@pytest.fixture
def retrying(conn: psycopg.Connection, dsn: str, tmp_path: Path) -> Retrying:
    """In a schema of its own."""
    return Retrying(conn, dsn, tmp_path)


OLD = [(n, f"old {n}", n) for n in range(1, 7)]
"""The rows of `changing` before anything changed them."""


@pytest.fixture
def changing(retrying: Retrying) -> Retrying:
    """Six rows by id, and a loader into their table."""
    retrying.conn.execute(
        "create table t (id int primary key, name text not null, n int);"
        "insert into t select g, 'old ' || g, g from generate_series(1, 6) g"
    )
    return retrying


@pytest.fixture
def take_away(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a folder one of another user of the machine, that this one may not look into; root as little as others."""

    def taken(folder: Path) -> None:
        def refusing(call: Callable[..., Any]) -> Callable[..., Any]:
            def refused(path: Any, *args: Any, **options: Any) -> Any:
                if isinstance(path, str | Path) and folder in Path(path).parents:
                    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
                return call(path, *args, **options)

            return refused

        monkeypatch.setattr(os, "open", refusing(os.open))
        monkeypatch.setattr(os, "stat", refusing(os.stat))
        access = os.access
        monkeypatch.setattr(
            os, "access", lambda path, mode: folder not in Path(path).parents and access(path, mode)
        )

    return taken
