"""What conversions cost: a file of nothing else beside the main benchmark's messy file of as many bytes.

    python tests/benchmarks/convert.py --rows 500000 --rounds 3
    python tests/benchmarks/convert.py --rows 100000 --each

Each of the columns is written as people write one family of values, every cell of it to be converted. Both
files are loaded in turn, as whole processes; speeds are megabytes and cells of the source in a second, ratios
medians over the pairs. What comes out is compared with the values that were written, all of them.
`--each` loads nothing: nanoseconds of CPU a cell for the conversion of each column alone.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import polars as pl
import psycopg
from convert_data import COLUMNS, ENUM, rows_of
from data import SLICE, clean, messy
from load import fresh_table as fresh_messages
from load import timed

from heal_cli import embedded
from heal_cli.convert import convert, decide_format
from heal_cli.model import ColumnFormat, PgType, ValueOptions

WANTED: Final = 0.8
"""Of the speed of the main benchmark that all conversions together should reach."""

FLAGS: Final = ["--timezone", "UTC", "--quiet"]
_EACH_ROUNDS: Final = 5


def main() -> None:
    """Make the files, run the rounds, print the tables."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=500_000)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--each", action="store_true")
    given = asked.parse_args()
    if given.each:
        show_each(given.rows)
        return
    with ground(given.rows) as (folder, conninfo):
        cells = {"messy": write_messy(folder), "formats": given.rows * len(COLUMNS)}
        pairs = [
            (load(folder, conninfo, "messy"), load(folder, conninfo, "formats")) for _ in range(given.rounds)
        ]
        copy_right(folder, conninfo)
        show(folder, cells, pairs, differing(conninfo))


@contextmanager
def ground(rows: int) -> Iterator[tuple[Path, str]]:
    """A folder with the file of that many rows and its right values, and the conninfo of a server of its own."""
    with tempfile.TemporaryDirectory(prefix="heal-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with (folder / "formats.csv").open("wb") as source, (folder / "right.csv").open("wb") as right:
            for start in range(0, rows, SLICE):
                written, meant = rows_of(start, min(SLICE, rows - start))
                written.write_csv(source, include_header=start == 0)
                meant.write_csv(right, include_header=start == 0)
        server = embedded.start(folder / "server")
        try:
            yield folder, server.conninfo
        finally:
            embedded.stop(folder / "server")


def write_messy(folder: Path) -> int:
    """The messy file of as many bytes as the other; its cells."""
    wanted, rows = (folder / "formats.csv").stat().st_size, 0
    with (folder / "messy.csv").open("wb") as file:
        while file.tell() < wanted:
            part = messy(clean(rows, SLICE), rows)
            if rows:
                part = part.head(max(1, int((wanted - file.tell()) / (file.tell() / rows))))
            elif (size := len(part.head(1000).write_csv())) * SLICE / 1000 > wanted:
                part = part.head(int(wanted / size * 1000))
            part.write_csv(file, include_header=rows == 0)
            rows += part.height
    return rows * part.width


def load(folder: Path, conninfo: str, name: str) -> float:
    """Seconds of `heal load` of one of the files, the process included."""
    table = "messages" if name == "messy" else "formats"
    (fresh_messages if name == "messy" else fresh_table)(conninfo, table)
    command = [sys.executable, "-m", "heal_cli", "load", str(folder / f"{name}.csv"), "-t", table, "--again"]
    state = {"XDG_STATE_HOME": str(folder / "state")}
    return timed([*command, "--dsn", conninfo, *FLAGS], {0, 3}, state)[0]


def fresh_table(conninfo: str, name: str) -> None:
    """An empty table of all the types, and a server with nothing left to write."""
    columns = ", ".join(f"{column.name} {column.pg_type}" for column in COLUMNS)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute("DROP TYPE IF EXISTS order_state")
        connection.execute(f"CREATE TYPE order_state AS ENUM ({', '.join(map(repr, ENUM))})")
        connection.execute(f"CREATE TABLE {name} ({columns})")
        connection.execute("CHECKPOINT")


def copy_right(folder: Path, conninfo: str) -> None:
    """The right values, in PostgreSQL's own spelling, into table `expected`."""
    psql = str(embedded.find_binaries() / "psql")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE expected (LIKE formats)")
    timed([psql, conninfo, "-qc", f"\\copy expected from '{folder / 'right.csv'}' csv header"], {0})
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("ALTER TABLE expected ADD PRIMARY KEY (id)")


def differing(conninfo: str) -> dict[str, int]:
    """Columns with wrong values and how many, of the load that was last; empty where all are right."""
    said = ", ".join(
        f"count(*) FILTER (WHERE l.{column.name}::text IS DISTINCT FROM e.{column.name}::text)"
        for column in COLUMNS
    )
    with psycopg.connect(conninfo) as connection:
        row = connection.execute(
            f"SELECT {said} FROM expected AS e LEFT JOIN formats AS l USING (id)"
        ).fetchone()
    assert row is not None
    return {column.name: count for column, count in zip(COLUMNS, row, strict=True) if count}


def show(
    folder: Path, cells: dict[str, int], pairs: list[tuple[float, float]], wrong: dict[str, int]
) -> None:
    """The table of medians, the ratios, and the verdict on the values."""
    print(f"{'file':8} {'MB':>7} {'cells':>11} {'seconds':>8} {'MB/s':>7} {'cells/s':>11}")
    sizes = {name: (folder / f"{name}.csv").stat().st_size for name in cells}
    for turn, name in enumerate(cells):
        took = median(pair[turn] for pair in pairs)
        speeds = f"{sizes[name] / 1e6 / took:7.1f} {cells[name] / took:11.0f}"
        print(f"{name:8} {sizes[name] / 1e6:7.1f} {cells[name]:11} {took:8.2f} {speeds}")
    for unit, of in (("bytes", sizes), ("cells", cells)):
        speed = median(of["formats"] / mine / (of["messy"] / main) for main, mine in pairs)
        verdict = "within" if speed >= WANTED else "UNDER"
        print(f"{unit}: {speed:.2f} of the messy file's speed, {verdict} {WANTED}")
    print("values: right" if not wrong else f"values: WRONG {wrong}")


def show_each(rows: int) -> None:
    """Nanoseconds of CPU a cell for each conversion, the dearest first."""
    written, _ = rows_of(0, rows)
    costs: dict[str, float] = {}
    for column in COLUMNS:
        values, type = written[column.name], column.type
        format = decide_format(
            values.head(10_000), type, ValueOptions(timezone="UTC", units=column.units, percent="number")
        )
        seconds = min(_seconds(values, type, format) for _ in range(_EACH_ROUNDS))
        costs[column.name] = seconds / rows * 1e9
    for name, cost in sorted(costs.items(), key=lambda item: -item[1]):
        print(f"{name:12} {cost:7.0f} ns  {written[name][1]!r}")
    print(f"{'all':12} {sum(costs.values()):7.0f} ns a row of {len(costs)} cells")


def _seconds(values: pl.Series, type: PgType, format: ColumnFormat) -> float:
    began = time.process_time()
    convert(values, type, format, allow=frozenset())
    return time.process_time() - began


if __name__ == "__main__":
    main()
