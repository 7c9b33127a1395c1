"""Kill a load at random moments, run the same command until it ends, count every source row.

The tests run a short form; the long one by hand:

    python tests/benchmarks/crash.py --kills 200
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
import psycopg

from heal_cli import embedded

KINDS = ("client", "backend", "postmaster", "immediate")
TABLE = "CREATE TABLE kept (n bigint, k bigint UNIQUE, amount numeric(12,2), note text, at timestamptz)"
RUNS_AT_MOST = 400


@dataclass
class Crash:
    """One source, one server of its own, and what was done to them."""

    folder: Path
    rows: int
    seed: int
    flags: tuple[str, ...] = ()
    kills: Counter[str] = field(default_factory=Counter)
    runs: int = 0

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.source = self.folder / "source.csv"
        self.rejects = self.folder / "rejects.jsonl"
        self.data_dir = self.folder / "server"
        self.make_source()
        self.fresh_table()

    def make_source(self) -> None:
        """Rows with 1 % that no conversion accepts and 0.5 % whose key an earlier row has."""
        n = pl.int_range(1, self.rows + 1, dtype=pl.Int64)
        pl.select(
            n=n,
            k=pl.when(n % 200 == 100).then(n - 50).otherwise(n),
            amount=pl.when(n % 100 == 7).then(pl.lit("unknown")).otherwise(pl.format("{}.25", n % 10_000)),
            note=pl.format("row {} of a load that is killed again and again", n),
            at=pl.lit("2024-05-01 12:00:00+00"),
        ).write_csv(self.source)

    def server(self) -> embedded.Server:
        """The server, started again if it was killed."""
        return embedded.start(self.data_dir)

    def fresh_table(self) -> None:
        """An empty target and no ledger."""
        with psycopg.connect(self.server().conninfo, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS kept; DROP SCHEMA IF EXISTS heal CASCADE")
            connection.execute(TABLE)
            # No test cuts the power: a killed server loses nothing without fsync either.
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")

    @property
    def last_report(self) -> dict:
        """What the last run printed before it ended by itself."""
        return json.loads((self.folder / f"run-{self.runs}.json").read_text())

    def begin(self) -> subprocess.Popen[bytes]:
        """The same command, every time."""
        self.runs += 1
        with (self.folder / f"run-{self.runs}.json").open("wb") as report:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "heal_cli", "load", str(self.source), "-t", "kept"),
                    *("--dsn", self.server().conninfo, "--rejects", str(self.rejects), "--json"),
                    # Nobody starts the server again while a run waits for it.
                    *("--batch-bytes", "131072", "--retry", "1", *self.flags),
                ],
                stdout=report,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "XDG_STATE_HOME": str(self.folder / "state")},
            )

    def kill(self, kind: str, process: subprocess.Popen[bytes]) -> None:
        """End the client, a backend, or the whole server, as nobody should."""
        self.kills[kind] += 1
        server = self.server()
        assert server.pid is not None
        if kind == "client":
            process.kill()
        elif kind == "backend":
            with psycopg.connect(server.conninfo, autocommit=True) as connection:
                found = connection.execute(
                    "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'heal/%'"
                ).fetchall()
            if found:
                os.kill(self.random.choice(found)[0], signal.SIGKILL)
        elif kind == "postmaster":
            os.kill(server.pid, signal.SIGKILL)
        else:
            os.kill(server.pid, signal.SIGQUIT)

    def run_to_the_end(self, kills: int) -> None:
        """Kill it that many times on its way, then let it finish with the right exit code."""
        left = kills
        while self.runs < RUNS_AT_MOST:
            process = self.begin()
            if left:
                time.sleep(self.random.uniform(0.3, 2.0))
                if process.poll() is None:
                    self.kill(self.random.choice(KINDS), process)
                    left -= 1
            code = process.wait(timeout=300)
            if code in {0, 3}:
                if not left:
                    self.judge(code)
                    return
                self.again()
        raise AssertionError(f"not done after {self.runs} runs")

    def judge(self, code: int) -> None:
        """3, for the rejects of the whole source; 0 only where a killed run had noted that it had done it all."""
        with psycopg.connect(self.server().conninfo) as connection:
            noted_before = connection.execute(
                "SELECT s.finished_at < r.started_at FROM heal.load_sources s, heal.load_runs r WHERE r.run = %s",
                (self.last_report["run"],),
            ).fetchone()
        assert noted_before is not None
        assert code == (0 if noted_before[0] else 3), self.last_report["rows"]

    def again(self) -> None:
        """The load ended before all kills were spent: check it and begin anew."""
        self.check()
        self.rejects.unlink(missing_ok=True)
        self.fresh_table()

    def check(self) -> None:
        """Every source row is in the table once or in the rejects once, and the ledger agrees."""
        with psycopg.connect(self.server().conninfo) as connection:
            loaded = [row[0] for row in connection.execute("SELECT n FROM kept")]
            books = connection.execute(
                "SELECT sum(rows_read), sum(loaded), sum(rejected) FROM heal.load_batches"
            ).fetchone()
        rejected = [json.loads(line)["row"] for line in self.rejects.read_text().splitlines()]
        seen = Counter(loaded) + Counter(rejected)
        wrong = {n: count for n, count in seen.items() if count != 1}
        missing = set(range(1, self.rows + 1)) - set(seen)
        assert not wrong, f"not once: {dict(list(wrong.items())[:5])}"
        assert not missing, f"lost: {sorted(missing)[:5]}"
        assert books is not None
        assert [int(count) for count in books] == [self.rows, len(loaded), len(rejected)]


def main() -> None:
    """The long form."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--rows", type=int, default=300_000)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="heal-crash-") as name:
        Path(name).chmod(0o755)
        crash = Crash(Path(name), given.rows, given.seed)
        try:
            crash.run_to_the_end(given.kills)
            crash.check()
        finally:
            embedded.stop(crash.data_dir)
    print(
        f"{sum(crash.kills.values())} kills {dict(crash.kills)} in {crash.runs} runs, seed {given.seed}: no row lost or doubled"
    )


if __name__ == "__main__":
    main()
