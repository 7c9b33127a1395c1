"""A source, a table, and the account of every row after whatever happened."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
import psycopg
from proxy import Proxy

from heal_cli.engine import run_load
from heal_cli.engine.replay import ReplayOptions, ReplayReport, run_replay
from heal_cli.model import FallbackOptions, LoadOptions, LoadReport, ReadOptions, WriteOptions
from heal_cli.resilience import Spool

ROWS = 2_400


@dataclass
class Outage:
    """One source for one table, over a proxy; `check` counts every row."""

    folder: Path
    direct: str  # conninfo past the proxy
    proxy: Proxy
    conn: psycopg.Connection
    table: str
    rows: int = ROWS
    reports: list[LoadReport] = field(default_factory=list)

    def __post_init__(self) -> None:
        n = pl.int_range(1, self.rows + 1, dtype=pl.Int64)
        pl.select(
            n=n,
            k=pl.when(n % 200 == 100).then(n - 50).otherwise(n),
            amount=pl.when(n % 100 == 7).then(pl.lit("unknown")).otherwise(pl.format("{}.25", n % 10_000)),
            note=pl.format("row {} of a load that meets an outage", n),
        ).write_csv(self.source)
        self.options = LoadOptions(
            sources=(str(self.source),),
            table=self.table,
            conninfo=self.proxy.conninfo,
            state_dir=str(self.folder / "state"),
            read=ReadOptions(batch_bytes=16_384),
            write=WriteOptions(jobs=2, retry_s=0.2, timeout_s=2, lock_timeout_s=2),
            rejects_path=str(self.rejects),
        )

    @property
    def source(self) -> Path:
        return self.folder / "a.csv"

    @property
    def rejects(self) -> Path:
        return self.folder / "rejects.jsonl"

    @property
    def spool(self) -> Spool:
        return Spool(self.options.state_dir)

    def load(
        self, *, stdin: BinaryIO | None = None, write: dict[str, Any] | None = None, **given: Any
    ) -> LoadReport:
        """The same load; `given` are other options."""
        options = replace(self.options, write=replace(self.options.write, **(write or {})), **given)
        self.reports.append(run_load(options, stdin=stdin))
        assert self.reports[-1].rows.is_conserved
        return self.reports[-1]

    def replay(self, should_stop: Callable[[], int] = lambda: 0, **given: Any) -> ReplayReport:
        """One round of replay, over the proxy."""
        options = ReplayOptions(self.options.state_dir, self.proxy.conninfo, **given)
        return run_replay(options, should_stop=should_stop)

    def meet_outage(self, **given: Any) -> LoadReport:
        """A load whose server goes away after its first batches and is back when it has ended."""
        self.proxy.cut_in_copy()
        report = self.load(**given)
        self.proxy.heal()
        assert self.spool.entries()
        return report

    def bounded(self, most: int) -> FallbackOptions:
        """A spool of so many bytes."""
        return FallbackOptions(spool_bytes=most)

    def check(self) -> None:
        """Nothing waits, and every row is in the table once or in the rejects once, as the ledger says."""
        assert self.spool.entries() == []
        loaded = [row[0] for row in self.conn.execute(f"select n from {self.table}")]
        lines = self.rejects.read_text().splitlines()
        seen = Counter(loaded) + Counter(json.loads(line)["row"] for line in lines)
        assert {n: times for n, times in seen.items() if times != 1} == {}
        assert set(range(1, self.rows + 1)) - set(seen) == set()
        books = self.conn.execute(
            "select sum(loaded), sum(rejected), sum(rows_read) from heal.load_batches join heal.load_sources"
            " using (source) where table_oid = %s::regclass",
            (self.table,),
        ).fetchone()
        assert books == (len(loaded), len(lines), self.rows)
