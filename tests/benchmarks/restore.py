"""What restore points cost an update, and how long an undo, and its undo, take beside the load that they take back.

    python tests/benchmarks/restore.py --rows 1000000 --rounds 3

Each round loads N rows into an empty table with a primary key, undoes that, undoes the undo, then updates all
rows with and without restore points; the two updates change places from round to round.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

import polars as pl
import psycopg
from load import fresh_table, ground, timed

UPDATE_MOST = 1.5
"""What an update with restore points may take, in updates without."""

UNDO_MOST = 3.0
"""What an undo of inserted rows may take, in their load."""

Times = dict[str, float]


def main() -> None:
    """Make the files, run the rounds, print the medians."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=1_000_000)
    asked.add_argument("--rounds", type=int, default=3)
    given = asked.parse_args()
    with ground(given.rows) as (folder, conninfo):
        for turn in range(2):
            rows = pl.scan_csv(folder / "clean.csv")
            rows.select("id", "user_id", tokens=pl.lit(turn)).sink_csv(folder / f"change{turn}.csv")
        rounds = [one_round(folder, conninfo, number, given.rows) for number in range(given.rounds)]
    show(rounds, given.rows)


def one_round(folder: Path, conninfo: str, number: int, rows: int) -> Times:
    """Seconds of each step; every one is checked by what is in the table after it."""
    fresh_table(conninfo, "messages")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("ALTER TABLE messages ADD PRIMARY KEY (id)")
    times: Times = {}
    times["load"] = heal(folder, conninfo, "load", str(folder / "clean.csv"), "-t", "messages")
    require(conninfo, "SELECT count(*) FROM messages", rows)
    times["undo"] = heal(folder, conninfo, "undo", newest_run(conninfo), "--yes")
    require(conninfo, "SELECT count(*) FROM messages", 0)
    times["undo of it"] = heal(folder, conninfo, "undo", newest_run(conninfo), "--yes")
    require(conninfo, "SELECT count(*) FROM messages", rows)
    kinds = {"update": [], "update, no restore": ["--no-restore"]}
    for turn, kind in enumerate(reversed(kinds) if number % 2 else kinds):
        vacuum(conninfo)
        change = [str(folder / f"change{turn}.csv"), "-t", "messages", "--mode", "update", *kinds[kind]]
        times[kind] = heal(folder, conninfo, "load", *change)
        require(conninfo, f"SELECT count(*) FROM messages WHERE tokens = {turn}", rows)
    return times


def heal(folder: Path, conninfo: str, *command: str) -> float:
    """Seconds of one command of heal, start of the process included."""
    state = {"XDG_STATE_HOME": str(folder / "state")}
    whole = [sys.executable, "-m", "heal_cli", *command, "--dsn", conninfo, "--quiet", "--timeout", "0"]
    return timed(whole, {0}, state)[0]


def newest_run(conninfo: str) -> str:
    """The id of the run that has just ended."""
    with psycopg.connect(conninfo) as connection:
        (run,) = connection.execute(
            "SELECT run::text FROM heal.load_runs ORDER BY run DESC LIMIT 1"
        ).fetchone() or ("",)
    return str(run)


def vacuum(conninfo: str) -> None:
    """Neither update begins with the dead rows of what was before it."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM FULL messages")
        connection.execute("CHECKPOINT")


def require(conninfo: str, query: str, rows: int) -> None:
    """No step is fast by doing less."""
    with psycopg.connect(conninfo) as connection:
        found = connection.execute(query.encode()).fetchone()
    assert found == (rows,), (query, found)


def show(rounds: list[Times], rows: int) -> None:
    """The medians, and whether they are within what was promised."""
    print(f"{rows} rows, {len(rounds)} rounds; seconds of the whole process, medians")
    for step in ("load", "undo", "undo of it", "update", "update, no restore"):
        print(f"{step:20} {median(each[step] for each in rounds):8.2f}")
    update = median(each["update"] / each["update, no restore"] for each in rounds)
    undo = median(each["undo"] / each["load"] for each in rounds)
    for what, ratio, most in (("restore points cost", update, UPDATE_MOST), ("undo takes", undo, UNDO_MOST)):
        print(f"{what} {ratio:.2f} times, {'within' if ratio <= most else 'above'} {most:g}")


if __name__ == "__main__":
    main()
