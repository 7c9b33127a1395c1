"""How long `heal load` takes beside `psql \\copy` of the clean file, start of the process included.

    python tests/benchmarks/load.py --rows 2000000 --rounds 3

Each heal run is paired with a psql run just before it; ratios are medians over the pairs. The table
that comes out is compared with what psql loaded, so that no run is fast by being wrong. "limit" is what the
machine and its server can do at all: the same rows, encoded beforehand, by two binary COPY at once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg

from heal_cli import embedded

TABLE = """CREATE TABLE {name} (
    id         bigint,
    user_id    bigint,
    role       text,
    content    text,
    tokens     integer,
    cost       numeric(10,4),
    is_ok      boolean,
    created_at timestamptz
)"""

CASES = {
    "clean CSV": ("clean.csv", []),
    "Parquet": ("clean.parquet", []),
    "JSONL": ("clean.jsonl", []),
    "messy CSV": ("messy.csv", ["--timezone", "UTC"]),
}

LIMIT = "limit"


@dataclass
class Times:
    """Pairs of one case."""

    seconds: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)
    rows: int = 0
    peak_mb: float = 0.0
    right: bool = True


def main() -> None:
    """Make the files, run the rounds, print the table."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--only", action="append", choices=[LIMIT, *CASES], help="one case, may be repeated")
    given = asked.parse_args()
    with ground(given.rows) as (folder, conninfo):
        times = run(folder, conninfo, given.rounds, given.only or [LIMIT, *CASES])
    show(times, given.rows)


@contextmanager
def ground(rows: int) -> Iterator[tuple[Path, str]]:
    """A folder with the files of that many rows, and the conninfo of a server of its own."""
    with tempfile.TemporaryDirectory(prefix="heal-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        # In a process of its own: a child's peak memory starts at its parent's.
        subprocess.run([sys.executable, Path(__file__).with_name("data.py"), folder, str(rows)], check=True)
        server = embedded.start(folder / "server")
        try:
            yield folder, server.conninfo
        finally:
            embedded.stop(folder / "server")


def run(folder: Path, conninfo: str, rounds: int, cases: list[str]) -> dict[str, Times]:
    """All rounds, interleaved."""
    times = {"psql \\copy": Times()} | {case: Times() for case in cases}
    for _ in range(rounds):
        for case in cases:
            base, _ = copy_with_psql(folder, conninfo)
            times["psql \\copy"].seconds.append(base)
            seconds, peak_mb = load(case, folder, conninfo)
            taken = times[case]
            taken.seconds.append(seconds)
            taken.ratios.append(seconds / base)
            taken.peak_mb = max(taken.peak_mb, peak_mb)
            taken.rows, is_right = compare(conninfo, is_messy=case == "messy CSV")
            taken.right &= is_right
    return times


def fresh_table(conninfo: str, name: str) -> None:
    """An empty table, and a server with nothing left to write."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(TABLE.format(name=name))
        connection.execute("CHECKPOINT")


def copy_with_psql(folder: Path, conninfo: str) -> tuple[float, float]:
    """Seconds and peak MB of psql loading the clean CSV into table `expected`."""
    fresh_table(conninfo, "expected")
    psql = embedded.find_binaries() / "psql"
    return timed(
        [str(psql), conninfo, "-qc", f"\\copy expected from '{folder / 'clean.csv'}' csv header"], {0}
    )


def load(case: str, folder: Path, conninfo: str) -> tuple[float, float]:
    """Seconds and peak MB of the case's way into table `messages`."""
    fresh_table(conninfo, "messages")
    if case == LIMIT:
        return copy_encoded(folder, conninfo)
    return load_with_heal(folder, conninfo, *CASES[case])


def copy_encoded(folder: Path, conninfo: str) -> tuple[float, float]:
    """Two psql at once, each with half of the rows in PostgreSQL's binary format."""
    halves = [folder / f"{half}.bin" for half in range(2)]
    psql = f"'{embedded.find_binaries() / 'psql'}' \"{conninfo}\" -qc"
    for half, file in enumerate(halves):
        rows = f"SELECT * FROM expected WHERE id % 2 = {half}"
        if not file.exists():
            timed(["sh", "-c", f"{psql} \"COPY ({rows}) TO STDOUT (FORMAT binary)\" > '{file}'"], {0})
    copies = [f"{psql} \"COPY messages FROM STDIN (FORMAT binary)\" < '{file}' &" for file in halves]
    return timed(["sh", "-c", f"{' '.join(copies)} wait"], {0})


def load_with_heal(folder: Path, conninfo: str, file: str, flags: list[str]) -> tuple[float, float]:
    """Seconds and peak MB of `heal load` into table `messages`."""
    command = [sys.executable, "-m", "heal_cli", "load", str(folder / file), "-t", "messages"]
    state = str(folder / "state")
    return timed([*command, "--dsn", conninfo, "--quiet", *flags], {0, 3}, {"XDG_STATE_HOME": state})


def timed(command: list[str], allowed: set[int], env: dict[str, str] | None = None) -> tuple[float, float]:
    """Wall seconds and peak resident MB of a process and its children."""
    environment = {**os.environ, **(env or {})}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users have compiled modules
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in allowed:
        raise SystemExit(f"{command} ended with {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def compare(conninfo: str, *, is_messy: bool) -> tuple[int, bool]:
    """Rows in the table, and whether every value is the right one."""
    wanted = "SELECT * FROM expected"
    if is_messy:
        columns = "id, user_id, role, content, CASE WHEN (id - 1) % 20 <> 7 THEN tokens END, cost, is_ok, created_at"
        wanted = f"SELECT {columns} FROM expected WHERE (id - 1) % 100 <> 50"
    digest = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM ({}) AS t"
    with psycopg.connect(conninfo) as connection:
        loaded = connection.execute(digest.format("SELECT * FROM messages")).fetchone()
        expected = connection.execute(digest.format(wanted)).fetchone()
    assert loaded is not None
    return loaded[0], loaded == expected


def show(times: dict[str, Times], rows: int) -> None:
    """The table of medians."""
    print(f"{rows} rows; seconds of the whole process, median; ratio to psql in the same pair, median")
    print(f"{'case':12} {'seconds':>8} {'ratio':>6} {'rows loaded':>12} {'peak MB':>8}  values")
    for case, taken in times.items():
        ratio = f"{median(taken.ratios):6.2f}" if taken.ratios else "  1.00"
        tail = (
            f"{taken.rows:12} {taken.peak_mb:8.0f}  {'right' if taken.right else 'WRONG'}"
            if taken.ratios
            else ""
        )
        print(f"{case:12} {median(taken.seconds):8.2f} {ratio} {tail}")


if __name__ == "__main__":
    main()
