"""Faults without end: rows counted after each, how quick spooling is, and how soon a watcher brings home.

    python tests/benchmarks/outage.py --seconds 600

Each round is a load that meets one fault at a random moment, then replays of which some are killed at a
random moment, too, until nothing waits; then every source row has to be in the table once or in the
rejects once, as the ledger says.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import median

import psycopg

sys.path.insert(0, str(Path(__file__).parents[1] / "engine"))

from cluster import Cluster
from proxy import Proxy
from server_away import Outage

from heal_cli.engine import run_load
from heal_cli.errors import HealError
from heal_cli.model import LoadReport, ReadOptions, WriteOptions

TABLE = "public.kept"
SPEED_ROWS = 400_000


class Rounds:
    """One server, and what was done to it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "data").make()
        self.random = random.Random(seed)
        self.faults: Counter[str] = Counter()
        self._rounds = 0

    def outage(self, proxy: Proxy, conn: psycopg.Connection, rows: int = 2_400) -> Outage:
        """A fresh table, source and state folder."""
        conn.execute(f"drop table if exists {TABLE}; drop schema if exists heal cascade")
        conn.execute(f"create table {TABLE} (n bigint, k bigint unique, amount numeric(12,2), note text)")
        self._rounds += 1
        folder = self.folder / str(self._rounds)
        folder.mkdir()
        return Outage(folder, self.cluster.conninfo, proxy, conn, TABLE, rows)

    def round(self) -> None:
        """One load with its fault, then replays, some of them killed, to the end."""
        with (
            psycopg.connect(self.cluster.conninfo, autocommit=True) as conn,
            Proxy(self.cluster.conninfo) as proxy,
        ):
            outage = self.outage(proxy, conn)
            self.strike(outage)
            proxy.heal()
            while outage.spool.entries():
                if self.random.random() < 0.5:
                    self.kill_replay(outage)
                else:
                    outage.replay()
            outage.replay()  # events
            outage.load()  # goes on where a fault ended the load itself; else nothing is left to do
            outage.check()

    def strike(self, outage: Outage) -> None:
        """A load and one of the faults."""
        faults: dict[str, Callable[[], None]] = {
            "cut": lambda: outage.proxy.cut_after(self.random.randrange(20_000, 200_000)),
            "reset": lambda: outage.proxy.cut_after(self.random.randrange(20_000, 200_000), how="reset"),
            "away from the start": lambda: setattr(outage.proxy, "mode", "refuse"),
            "connections ended": lambda: None,
            "backends killed": lambda: None,
        }
        kind = self.random.choice(list(faults))
        self.faults[kind] += 1
        faults[kind]()
        after = self.random.randrange(1, 8)
        seen: list[object] = []

        def look(progress: object) -> None:
            seen.append(progress)
            if len(seen) == after and kind == "connections ended":
                outage.proxy.drop()
            elif len(seen) == after and kind == "backends killed":
                self.kill_backends(outage.conn)

        with suppress(HealError):
            run_load(outage.options, on_progress=look)
        if kind == "backends killed":  # PostgreSQL restarts all of its processes
            self.wait_for_server()
            outage.conn = psycopg.connect(self.cluster.conninfo, autocommit=True)

    def kill_backends(self, conn: psycopg.Connection) -> None:
        """As the kernel does when memory runs out."""
        with suppress(psycopg.OperationalError, ProcessLookupError):
            found = conn.execute(
                "select pid from pg_stat_activity where application_name like 'heal/%'"
            ).fetchall()
            for (pid,) in found[:1]:
                os.kill(int(pid), signal.SIGKILL)

    def wait_for_server(self) -> None:
        """It comes back by itself."""
        while True:
            with suppress(psycopg.OperationalError):
                self.cluster.execute("select 1")
                return
            time.sleep(0.1)

    def kill_replay(self, outage: Outage) -> None:
        """`kill -9` at a random moment of its work."""
        self.faults["replay killed"] += 1
        process = begin(outage, "replay-fallback")
        waiting = len(outage.spool.entries())
        while len(outage.spool.entries()) == waiting and process.poll() is None:
            time.sleep(0.002)
        time.sleep(self.random.uniform(0, 0.2))
        process.kill()
        process.communicate()

    def speeds(self) -> float:
        """Speed of spooling as a share of the speed of loading the same rows."""
        shares = []
        for _ in range(2):
            with (
                psycopg.connect(self.cluster.conninfo, autocommit=True) as conn,
                Proxy(self.cluster.conninfo) as proxy,
            ):
                outage = self.outage(proxy, conn, SPEED_ROWS)
                outage.options = replace(
                    outage.options,
                    conninfo=self.cluster.conninfo,
                    read=ReadOptions(),
                    write=WriteOptions(retry_s=0),
                )
                began = time.perf_counter()
                run_load(outage.options)
                loading = time.perf_counter() - began
                outage = self.outage(proxy, conn, SPEED_ROWS)
                outage.options = replace(outage.options, read=ReadOptions(), write=WriteOptions(retry_s=0))
                proxy.cut_after(100_000)
                began = time.perf_counter()
                report: LoadReport = run_load(outage.options)
                assert report.rows.spooled > 0.9 * SPEED_ROWS, report.rows
                shares.append(loading / (time.perf_counter() - began))
        return median(shares)

    def recovery_s(self) -> float:
        """Longest time of three between the server's return and the last row brought home by --watch."""
        longest = 0.0
        for _ in range(3):
            with (
                psycopg.connect(self.cluster.conninfo, autocommit=True) as conn,
                Proxy(self.cluster.conninfo) as proxy,
            ):
                outage = self.outage(proxy, conn)
                proxy.cut_after(100_000)
                outage.load()
                process = begin(outage, "replay-fallback", "--watch")
                time.sleep(self.random.uniform(5, 8))
                proxy.heal()
                began = time.perf_counter()
                while outage.spool.entries():
                    time.sleep(0.02)
                longest = max(longest, time.perf_counter() - began)
                process.terminate()
                process.communicate()
                outage.check()
        return longest


def begin(outage: Outage, *command: str) -> subprocess.Popen[bytes]:
    """heal in a process of its own, over the proxy."""
    state = ("--state-dir", outage.options.state_dir, "--dsn", outage.proxy.conninfo)
    return subprocess.Popen(
        [sys.executable, "-m", "heal_cli", *command, *state], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def main() -> None:
    """Rounds for so long, then the two measures."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--seconds", type=float, default=600)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="heal-outage-", dir="/tmp") as name:
        Path(name).chmod(0o755)
        rounds = Rounds(Path(name), given.seed)
        try:
            print(f"spooling keeps {rounds.speeds():.2f} of the speed of loading {SPEED_ROWS:,} rows")
            print(f"--watch had all rows home {rounds.recovery_s():.1f} s after the server was back, at most")
            until = time.monotonic() + given.seconds
            while time.monotonic() < until:
                rounds.round()
        finally:
            rounds.cluster.remove()
    total = sum(rounds.faults.values())
    print(f"{total} faults {dict(rounds.faults)}, seed {given.seed}: no row lost or doubled")


if __name__ == "__main__":
    main()
