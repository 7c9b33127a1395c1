"""The same tables and files on two servers: PostgreSQL 18 (embedded) and Debian's, where it is installed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

import heal_cli
from heal_cli.model import LoadReport

DEBIAN = Path("/usr/lib/postgresql")
"""Debian's servers stand side by side here, each under its major version."""


@pytest.fixture(scope="session", params=["embedded", "debian"])
def server(request: pytest.FixtureRequest, server: str, start_server: Callable[..., str]) -> str:
    """Conninfo of the suite's server, then of the oldest that Debian's packages installed."""
    if request.param == "embedded":
        return server
    found = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        pytest.skip(f"no older server: nothing under {DEBIAN}; apt-get install postgresql-15")
    return start_server(found[0].parent)


@dataclass(frozen=True)
class Loaded:
    """What came of one load."""

    report: LoadReport
    records: tuple[dict[str, Any], ...]  # of the rejects file

    @property
    def reasons(self) -> dict[int, str]:
        """Row number -> reason."""
        return {record["row"]: record["reason"] for record in self.records if "settled" not in record}

    @property
    def constraints(self) -> dict[int, str | None]:
        """Row number -> the constraint that refused it."""
        return {record["row"]: record["constraint"] for record in self.records}

    def said(self, row: int) -> str:
        """Everything that was said of one reject."""
        return "\n".join(next(r["attempts"] for r in self.records if r["row"] == row))


class Lab:
    """One schema of one server; files are loaded into its tables as a user would."""

    def __init__(self, conn: psycopg.Connection[Any], conninfo: str, folder: Path) -> None:
        self.conn = conn
        (self.schema,) = conn.execute("select current_schema()").fetchone() or ("",)
        self.dsn = make_conninfo(conninfo, options=f"-c search_path={self.schema},public")
        self.folder = folder
        self._files = 0

    def extension(self, name: str) -> None:
        """Have it in schema public; the test is skipped where the server lacks it."""
        known = self.conn.execute("select from pg_available_extensions where name = %s", (name,)).fetchone()
        if known is None:
            pytest.skip(f"this server has no extension {name}")
        self.conn.execute(
            sql.SQL("create extension if not exists {} schema public").format(sql.Identifier(name))
        )

    def file(self, columns: Mapping[str, Sequence[Any]]) -> Path:
        """A CSV file of these columns; None is an empty cell."""
        self._files += 1
        path = self.folder / f"{self._files}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(columns)
            writer.writerows(zip(*columns.values(), strict=True))
        return path

    def load(self, source: Path | Mapping[str, Sequence[Any]], table: str = "t", **options: Any) -> Loaded:
        """Load a file, or one made of these columns."""
        path = source if isinstance(source, Path) else self.file(source)
        options = {"dsn": self.dsn, "state_dir": str(self.folder), **options}
        report = heal_cli.load(path, table=table, **options)
        rows = report.rows
        assert rows.read == rows.loaded + rows.duplicates + rows.rejected
        records: tuple[dict[str, Any], ...] = ()
        written = self.folder / "rejects" / f"{table}.{report.run}.rejects.jsonl"
        if written.exists():
            records = tuple(map(msgspec.json.decode, written.read_bytes().splitlines()))
        return Loaded(report, records)

    def rows(self, query: str = "select * from t order by 1") -> list[tuple[Any, ...]]:
        """What a query finds."""
        return self.conn.execute(query).fetchall()


@pytest.fixture
def lab(conn: psycopg.Connection[Any], conninfo: str, tmp_path: Path) -> Lab:
    """Tables are made over `lab.conn`."""
    return Lab(conn, conninfo, tmp_path)
