"""What psql, pgloader and dlt make of the files whose bad rows `heal load` screens.

    python tests/benchmarks/beside.py --rows 200000

A table with a primary key and a foreign key gets a clean file, one with 1 % repeated keys and one with
1 % references to nobody. A row that the constraints allow is right in the table, or lost. pgloader is
looked for on PATH, dlt (`dlt[postgres]`) in the Python that HEAL_BENCH_DLT names, or beside a `dlt` on
PATH; what is not there is left out, and said.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import psycopg
from load import TABLE, ground
from psycopg.conninfo import conninfo_to_dict

from heal_cli import embedded

TARGET: Final = "bench.messages"
COLUMNS: Final = "id, user_id, role, content, tokens, cost, is_ok, created_at"
USERS: Final = 1_000_003

FRESH: Final = f"""
    DROP SCHEMA IF EXISTS bench CASCADE;
    DROP SCHEMA IF EXISTS heal CASCADE;
    CREATE SCHEMA bench;
    CREATE TABLE bench.users (id bigint PRIMARY KEY);
    INSERT INTO bench.users SELECT generate_series(0, {USERS - 1});
    {TABLE.format(name=TARGET)};
    ALTER TABLE bench.messages ADD PRIMARY KEY (id), ADD FOREIGN KEY (user_id) REFERENCES bench.users;
    DROP TABLE IF EXISTS source;
    {TABLE.format(name="source")};
"""

# Of the rows of one key any one may be in the table, and all of it.
OUTCOME: Final = f"""
    WITH good AS (SELECT {COLUMNS} FROM source WHERE user_id >= 0),
    landed AS (SELECT count(*) AS rows FROM bench.messages),
    is_right AS (SELECT count(*) AS rows FROM (SELECT {COLUMNS} FROM bench.messages INTERSECT TABLE good) AS same)
    SELECT is_right.rows, landed.rows - is_right.rows, (SELECT count(DISTINCT id) FROM good) - is_right.rows
    FROM landed, is_right
"""

DLT: Final = """
import csv, sys, dlt
path, url, state = sys.argv[1:]
types = {"id": "bigint", "user_id": "bigint", "tokens": "bigint", "cost": "decimal", "is_ok": "bool",
         "created_at": "timestamp"}
pipeline = dlt.pipeline("bench", destination=dlt.destinations.postgres(url), dataset_name="bench", pipelines_dir=state)
with open(path, newline="") as file:
    pipeline.run(csv.DictReader(file), table_name="messages",
                 columns={name: {"data_type": type} for name, type in types.items()})
"""

PGLOADER: Final = """
LOAD CSV FROM '{path}' ({columns}) INTO {url} TARGET TABLE {target}
WITH skip header = 1, fields optionally enclosed by '"', fields terminated by ',';
"""


class Place(NamedTuple):
    """Where a tool finds its file and its server, and may leave what it likes."""

    file: Path
    conninfo: str
    state: Path

    @property
    def host(self) -> str:
        """Of the server: a folder, for its socket."""
        return str(conninfo_to_dict(self.conninfo)["host"])


Tool = Callable[[Place], list[str]]
"""The command line that loads a file into TARGET."""


def heal(place: Place) -> list[str]:
    """This one."""
    command = [sys.executable, "-m", "heal_cli", "load", str(place.file), "-t", TARGET, "--quiet"]
    return [*command, "--dsn", place.conninfo]


def psql(place: Place) -> list[str]:
    """Of the embedded server."""
    copy = f"\\copy {TARGET} from '{place.file}' csv header"
    return [str(embedded.find_binaries() / "psql"), place.conninfo, "-qc", copy]


def pgloader(place: Place) -> list[str]:
    """With its own defaults: batches of 25,000 rows, bad rows to a file."""
    url = f"postgresql://postgres@unix:{place.host}:5432/heal"
    script = place.state / "messages.load"
    script.write_text(PGLOADER.format(path=place.file, columns=COLUMNS, url=url, target=TARGET))
    return ["pgloader", "--root-dir", str(place.state), str(script)]


def dlt(place: Place) -> list[str]:
    """With the types named, since it takes a CSV cell for text; `append`, its default."""
    url = f"postgresql://postgres:none@localhost/heal?host={place.host}"
    return [find_dlt() or "", "-c", DLT, str(place.file), url, str(place.state)]


def find_dlt() -> str | None:
    """A Python that has dlt."""
    beside = shutil.which("dlt")
    return os.environ.get("HEAL_BENCH_DLT") or (str(Path(beside).with_name("python")) if beside else None)


def find_tools() -> dict[str, Tool]:
    """Those on this machine; the others are said."""
    found: dict[str, Tool] = {"heal": heal, "psql": psql}
    for name, tool, is_there in [
        ("pgloader", pgloader, shutil.which("pgloader")),
        ("dlt", dlt, find_dlt()),
    ]:
        if is_there:
            found[name] = tool
        else:
            print(f"{name} is not on this machine")
    return found


def make_files(folder: Path) -> dict[str, Path]:
    """What is wrong -> a file with that, of the clean one."""
    clean = pl.scan_csv(folder / "clean.csv", infer_schema=False)
    number = pl.int_range(pl.len()) + 1
    is_bad = (number % 100 == 0) & (number > 100)
    wrong = {
        "1 % repeated keys": pl.when(is_bad).then((number - 7).cast(pl.String)).otherwise("id").alias("id"),
        "1 % no such user": pl.when(is_bad).then(pl.lit("-1")).otherwise("user_id").alias("user_id"),
    }
    files = {"clean": folder / "clean.csv"}
    for at, (what, column) in enumerate(wrong.items()):
        files[what] = folder / f"wrong{at}.csv"
        clean.with_columns(column).collect().write_csv(files[what])
    return files


def load(tool: Tool, place: Place) -> tuple[float, int, tuple[int, ...]]:
    """Seconds of the whole process, its exit code, and rows that are right, wrong and lost."""
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        connection.execute(FRESH)
        with (
            place.file.open("rb") as file,
            connection.cursor().copy("COPY source FROM STDIN CSV HEADER") as copy,
        ):
            copy.write(file.read())
        connection.execute("CHECKPOINT")
        place.state.mkdir()
        environment = {**os.environ, "XDG_STATE_HOME": str(place.state), "RUNTIME__DLTHUB_TELEMETRY": "false"}
        command = tool(place)
        began = time.perf_counter()
        ended = subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        seconds = time.perf_counter() - began
        return seconds, ended.returncode, connection.execute(OUTCOME).fetchone() or ()


def main() -> None:
    """Print a line for each tool and file."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=200_000)
    given = asked.parse_args()
    tools = find_tools()
    with ground(given.rows) as (folder, conninfo):
        print(f"{'file':18} {'tool':9} {'seconds':>8} {'exit':>5} {'right':>9} {'wrong':>6} {'lost':>9}")
        for at, (what, file) in enumerate(make_files(folder).items()):
            for name, tool in tools.items():
                place = Place(file, conninfo, folder / f"{name}-{at}")
                seconds, code, (right, wrong, lost) = load(tool, place)
                print(f"{what:18} {name:9} {seconds:8.1f} {code:5} {right:9} {wrong:6} {lost:9}", flush=True)


if __name__ == "__main__":
    main()
