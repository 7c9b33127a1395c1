"""What rejected rows cost: the same million rows, clean and with violations, loaded in turn.

    python tests/benchmarks/screen.py CONNINFO [--rows 1000000] [--rounds 3]

Reach: 1 % of unique violations at most 1.6 times the clean load, 10 % at most 2.5; 1 % of foreign-key
violations at most 1.8. What psql, pgloader and dlt make of such files: `beside.py`.
"""

from __future__ import annotations

import argparse
import statistics
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl
import psycopg

from heal_cli.model import REJECTS, ROW, Chunk, Healed, WriteOptions
from heal_cli.schema import introspect, schema_version
from heal_cli.write import (
    BatchRef,
    NewSource,
    RunNote,
    Target,
    Writer,
    add_source,
    begin_run,
    ledger_migrations,
    migrate,
    newest_source,
)

BATCH_ROWS: Final = 130_000  # about 16 MiB of such a file
USERS: Final = 1_000_003

TABLES: Final = """
    CREATE SCHEMA IF NOT EXISTS heal_bench;
    CREATE TABLE IF NOT EXISTS heal_bench.users (id bigint PRIMARY KEY);
    INSERT INTO heal_bench.users SELECT generate_series(0, 1000002) ON CONFLICT DO NOTHING;
    DROP TABLE IF EXISTS heal_bench.messages;
    CREATE TABLE heal_bench.messages (id bigint PRIMARY KEY, user_id bigint {reference}, role text,
        content text, tokens integer, cost numeric(10,4), is_ok boolean, created_at timestamptz)
"""

_CLEAN = pl.col(ROW) < 0


def every(share: int) -> pl.Expr:
    """One row in so many, spread over the batch; never the first."""
    return (pl.col(ROW) % share == 0) & (pl.col(ROW) > share)


CASES: Final = {
    "clean": ("", _CLEAN, _CLEAN),
    "unique 1 %": ("", every(100), _CLEAN),
    "unique 10 %": ("", every(10), _CLEAN),
    "clean, foreign key": ("REFERENCES heal_bench.users", _CLEAN, _CLEAN),
    "foreign key 1 %": ("REFERENCES heal_bench.users", _CLEAN, every(100)),
}


def rows(start: int, height: int, twice: pl.Expr, orphan: pl.Expr) -> pl.DataFrame:
    """Rows `start + 1` and on; `twice` repeats the key of an earlier row, `orphan` has no user."""
    number = pl.int_range(start, start + height, dtype=pl.Int64)
    frame = pl.select(
        (number + 1).alias(ROW),
        id=number + 1,
        user_id=number * 7919 % USERS,
        role=pl.lit("assistant"),
        content=pl.format("message {} of a conversation that is sixty characters long", number),
        tokens=(number * 31 % 4097).cast(pl.Int32),
        cost=(number * 1237 % 99_999_999).cast(pl.Decimal(10, 0)).cast(pl.Decimal(10, 4), strict=False),
        is_ok=number % 3 == 0,
        created_at=((number + 1_700_000_000) * 1_000_000).cast(pl.Datetime("us", "UTC")),
    )
    return frame.with_columns(
        id=pl.when(twice).then(pl.col("id") - 7).otherwise("id"),
        user_id=pl.when(orphan).then(-pl.col("id")).otherwise("user_id"),
    )


def seconds(conninfo: str, case: str, batches: list[pl.DataFrame], options: WriteOptions) -> float:
    """Write time of one load, from the first batch to the last commit."""
    reference, _, _ = CASES[case]
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute(TABLES.format(reference=reference))
        conn.execute("CHECKPOINT")
        migrate(conn, ledger_migrations())
        table = introspect(conn, "heal_bench.messages")
        run = str(uuid.uuid4())
        begin_run(conn, RunNote(run, "benchmark", "0", table.oid, "t", table.version, "", ""))
        chunk = Chunk(0, 0, 1, 1, 1, run, BATCH_ROWS, 1, b"")
        new = NewSource(table.oid, None, "bench", None, "{}", chunk, table.version, run)
        claimed = add_source(conn, new, newest=newest_source(conn, table.oid))
        assert claimed is not None
        source = claimed.source
        writer = Writer(Target(conninfo, table, options, run, True, lambda c: schema_version(c, table.oid)))
        began = time.perf_counter()
        rejected = 0
        for index, frame in enumerate(batches):
            healed = Healed((frame,), REJECTS.to_frame(), (), frame[ROW], None)
            ref = BatchRef(source, "bench", replace(chunk, index=index, rows=frame.height))
            rejected += writer.write(healed, ref, lambda rejects, rows, attempt: None).rejects.height
        took = time.perf_counter() - began
        writer.close()
    print(f"{case:20} {took:6.2f} s  {rejected:6} rejected")
    return took


def main() -> None:
    """Print the median time of each case and its ratio to the clean load with the same constraints."""
    parser = argparse.ArgumentParser(description=Path(__file__).name)
    parser.add_argument("conninfo")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    took: dict[str, list[float]] = {case: [] for case in CASES}
    for _ in range(given.rounds):
        for case, (_, twice, orphan) in CASES.items():
            starts = range(0, given.rows, BATCH_ROWS)
            batches = [rows(start, min(BATCH_ROWS, given.rows - start), twice, orphan) for start in starts]
            took[case].append(seconds(given.conninfo, case, batches, WriteOptions(timeout_s=300)))
    clean = ""
    for case, times in took.items():
        clean = case if case.startswith("clean") else clean
        ratio = statistics.median(t / c for t, c in zip(times, took[clean], strict=True))
        print(f"{case:20} {statistics.median(times):6.2f} s  {ratio:5.2f} x")


if __name__ == "__main__":
    main()
