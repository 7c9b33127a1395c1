"""Exactly once through any crash: real kills of the client, a backend and the server."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from crash import Crash

from heal_cli import embedded


@pytest.fixture
def crashing() -> Iterator:
    """Makes crashes, each with a server of its own that is stopped at the end."""
    made: list[Crash] = []
    with tempfile.TemporaryDirectory(prefix="heal-crash-", dir="/tmp") as name:
        Path(name).chmod(0o755)

        def make(**given) -> Crash:
            made.append(Crash(Path(name), **given))
            return made[-1]

        yield make
        for crash in made:
            embedded.stop(crash.data_dir)


@pytest.mark.timeout(1800)
def test_every_row_once_through_25_kills(crashing) -> None:
    """Killed 25 times at random moments, each source row is in the table once or in the rejects once; crash.py is the long form."""
    crash = crashing(rows=300_000, seed=1)
    crash.run_to_the_end(25)
    crash.check()


@pytest.mark.timeout(600)
def test_ordered_load_equals_an_undisturbed_one(crashing) -> None:
    """With --ordered the table of a killed load equals that of an undisturbed one, row for row."""
    crash = crashing(rows=40_000, seed=2, flags=("--ordered",))
    crash.run_to_the_end(0)
    undisturbed = rows_in_order(crash)
    crash.again()
    crash.run_to_the_end(3)
    crash.check()
    assert rows_in_order(crash) == undisturbed


def rows_in_order(crash: Crash) -> list[tuple]:
    """The table in the order in which it was written."""
    with psycopg.connect(crash.server().conninfo) as connection:
        return connection.execute("SELECT n, k, amount, note, at FROM kept ORDER BY ctid").fetchall()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("runs", [2, 8])
def test_several_at_once_load_a_file_once(crashing, runs: int) -> None:
    """Two and eight heal on one file at the same time share its batches: each row once."""
    crash = crashing(rows=40_000, seed=3)
    codes = [process.wait(timeout=300) for process in [crash.begin() for _ in range(runs)]]
    assert set(codes) <= {0, 3}
    crash.check()
