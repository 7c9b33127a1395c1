"""A table, a ledger and a writer, for frames of any columns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from heal_cli.convert import wire_dtype
from heal_cli.model import REJECTS, ROW, Chunk, Healed, Rows, TableSchema, WriteOptions, Written
from heal_cli.schema import introspect, schema_version
from heal_cli.write import (
    BatchRef,
    NewSource,
    RunNote,
    Target,
    Writer,
    add_source,
    begin_run,
    earlier_sources,
    ledger_migrations,
    migrate,
    newest_source,
    run_totals,
)


def new_run(conn: psycopg.Connection, table: TableSchema) -> str:
    """A run that the ledger knows."""
    run = str(uuid.uuid4())
    begin_run(conn, RunNote(run, "test", "0", table.oid, "t", table.version, "r.jsonl", "l.jsonl"))
    return run


def new_chunk() -> Chunk:
    """The first batch of some content."""
    return Chunk(0, 0, 100, 1, 1, uuid.uuid4().hex, 10, 100, b"")


def source_of(conn: psycopg.Connection, table: TableSchema, chunk: Chunk, run: str) -> int:
    """The ledger's number for the content that this chunk begins, the same for all runs."""
    while True:
        newest = newest_source(conn, table.oid)
        for earlier in earlier_sources(conn, table.oid, None):
            if earlier.first_digest == chunk.digest:
                return earlier.source
        new = NewSource(table.oid, None, "a.csv", None, "{}", chunk, table.version, run)
        if claimed := add_source(conn, new, newest=newest):  # None: another came between
            return claimed.source


def writer_of(
    conninfo: str, table: TableSchema, run: str, options: WriteOptions | None = None, *, ledger: bool = True
) -> Writer:
    """A writer for one table and run."""
    version_of = lambda connection: schema_version(connection, table.oid)  # noqa: E731
    return Writer(Target(conninfo, table, options or WriteOptions(), run, ledger, version_of))


@dataclass
class Loaded:
    """What came of one batch."""

    written: Written
    recorded: list[pl.DataFrame]
    totals: Rows
    run: str

    @property
    def rejects(self) -> dict[int, tuple[str, str | None, str | None]]:
        """Row -> reason, SQLSTATE, constraint."""
        frame = self.written.rejects
        return {row[0]: row[1:4] for row in frame.iter_rows()}

    def attempts(self, row: int) -> list[str]:
        """What was said of a rejected row."""
        return self.written.rejects.filter(pl.col(ROW) == row)["attempts"][0].to_list()


class Lab:
    """Loads batches into tables of one schema, each with a writer of its own run."""

    def __init__(self, conninfo: str, conn: psycopg.Connection) -> None:
        self.conn = conn
        self.conninfo = conninfo
        self.user_conninfo = conninfo
        self._writers: list[Writer] = []
        (self.schema,) = conn.execute("select current_schema()").fetchone() or ("",)
        migrate(conn, ledger_migrations())

    def close(self) -> None:
        for writer in self._writers:
            writer.close()

    def log_in(self, role: str, password: str = "secret") -> None:
        """Load as another role from now on."""
        self.user_conninfo = make_conninfo(self.conninfo, user=role, password=password)

    def frame(self, table: TableSchema, columns: Mapping[str, Sequence[Any]]) -> pl.DataFrame:
        """Rows 1, 2, ... in the dtypes that values travel in."""
        series = {name: pl.Series(values) for name, values in columns.items()}
        height = max(len(values) for values in columns.values())
        typed = {name: values.cast(wire_dtype(table.column(name).type)) for name, values in series.items()}
        return pl.DataFrame({ROW: pl.int_range(1, height + 1, dtype=pl.Int64, eager=True), **typed})

    def load(
        self,
        columns: Mapping[str, Sequence[Any]],
        *,
        table: str = "t",
        options: WriteOptions | None = None,
        ledger: bool = True,
        run: str | None = None,
    ) -> Loaded:
        """One batch of one part; `run` goes on with an earlier one."""
        conninfo = self.user_conninfo
        with psycopg.connect(conninfo, autocommit=True) as connection:
            target = introspect(connection, f"{self.schema}.{table}")
        frame = self.frame(target, columns)
        chunk = Chunk(0, 0, 1, 1, 1, uuid.uuid4().hex, frame.height, 1, b"")
        with psycopg.connect(self.conninfo, autocommit=True) as books:
            run = run or new_run(books, target)
            source = source_of(books, target, chunk, run)
        writer = writer_of(conninfo, target, run, options, ledger=ledger)
        self._writers.append(writer)
        recorded: list[pl.DataFrame] = []
        healed = Healed((frame,), REJECTS.to_frame(), (), frame[ROW], None)
        written = writer.write(
            healed, BatchRef(source, "a.csv", chunk), lambda rejects, rows, attempt: recorded.append(rejects)
        )
        writer.close()
        with psycopg.connect(self.conninfo, autocommit=True) as books:
            totals = run_totals(books, run) if ledger else Rows()
        return Loaded(written, recorded, totals, run)

    def rows(self, columns: str = "*", table: str = "t", order: str = "1") -> list[tuple[Any, ...]]:
        """What is in the table."""
        return self.conn.execute(f"select {columns} from {table} order by {order}").fetchall()


@pytest.fixture
def table(conn: psycopg.Connection, schema: str) -> TableSchema:
    """A table, and a ledger in its database."""
    conn.execute("create table t (id bigint)")
    migrate(conn, ledger_migrations())
    return introspect(conn, f"{schema}.t")


@pytest.fixture
def lab(conninfo: str, conn: psycopg.Connection) -> Iterator[Lab]:
    """Tables are made over `lab.conn`; writers are closed at the end."""
    made = Lab(conninfo, conn)
    yield made
    made.close()


@pytest.fixture
def fallback(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every row that had to be found without the screen: empty when the queries explained all."""
    from heal_cli.write.savepoints import Savepoints

    cuts: list[object] = []
    original: Callable[..., None] = Savepoints._cut_down

    def noting(self: Savepoints, trial: Any, segment: Any, error: Any) -> None:
        cuts.append(error)
        original(self, trial, segment, error)

    monkeypatch.setattr(Savepoints, "_cut_down", noting)
    return cuts
