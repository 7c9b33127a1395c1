"""What the ledger costs: `heal load` of one clean CSV by a role that may use schema `heal`, and by one that may not.

    python tests/benchmarks/ledger.py --rows 2000000 --rounds 5

The two loads of a pair follow each other, the first of a pair is the second of the next; the cost is the
median over the pairs, start of the process included.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from statistics import median

import psycopg
from load import fresh_table, ground, timed
from psycopg.conninfo import make_conninfo

ROLES = {"with": "keeps_books", "without": "keeps_none"}
MOST = 1.03
"""What a ledger may cost, as a share of the load without it."""


def main() -> None:
    """Make the file and the roles, run the rounds, print the medians."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("--rows", type=int, default=2_000_000)
    asked.add_argument("--rounds", type=int, default=5)
    given = asked.parse_args()
    with ground(given.rows) as (folder, conninfo):
        make_roles(conninfo)
        pairs = [pair(folder, conninfo, number, given.rows) for number in range(given.rounds)]
    show(pairs, given.rows)


def make_roles(conninfo: str) -> None:
    """Two roles that differ in the right to make schema `heal`."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        for role in ROLES.values():
            connection.execute(f"CREATE ROLE {role} LOGIN")
        connection.execute(
            f"DO $$BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {ROLES['with']}', current_database()); END$$"
        )


def pair(folder: Path, conninfo: str, number: int, rows: int) -> dict[str, float]:
    """Seconds of a load with and one without a ledger."""
    kinds = list(ROLES) if number % 2 else list(reversed(ROLES))
    return {kind: seconds(folder, conninfo, ROLES[kind], rows) for kind in kinds}


def seconds(folder: Path, conninfo: str, role: str, rows: int) -> float:
    """How long a load by this role takes; all rows have to be there, and in the ledger that it keeps."""
    fresh_table(conninfo, "messages")
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(f"GRANT SELECT, INSERT ON messages TO {role}")
    dsn = make_conninfo(conninfo, user=role)
    command = [sys.executable, "-m", "heal_cli", "load", str(folder / "clean.csv"), "-t", "messages"]
    taken, _ = timed([*command, "--dsn", dsn, "--quiet"], {0}, {"XDG_STATE_HOME": str(folder / "state")})
    with psycopg.connect(conninfo) as connection:
        assert connection.execute("SELECT count(*) FROM messages").fetchone() == (rows,)
        if role == ROLES["with"]:
            booked = "SELECT sum(loaded) FROM heal.load_batches JOIN heal.load_sources USING (source)"
            found = connection.execute(f"{booked} WHERE table_oid = 'messages'::regclass").fetchone()
            assert found == (rows,)
    return taken


def show(pairs: list[dict[str, float]], rows: int) -> None:
    """The medians, and whether the cost is within `MOST`."""
    cost = median(each["with"] / each["without"] for each in pairs)
    print(f"{rows} rows, {len(pairs)} pairs; seconds of the whole process, medians")
    for kind in ROLES:
        print(f"{kind:8} a ledger {median(each[kind] for each in pairs):8.2f}")
    verdict = "within" if cost <= MOST else "above"
    print(f"cost {100 * (cost - 1):+.1f} %, {verdict} {100 * (MOST - 1):.0f} %")


if __name__ == "__main__":
    main()
