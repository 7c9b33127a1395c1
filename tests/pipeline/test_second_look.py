"""A shape that the sample did not show is settled by the whole file, before any of its rows is loaded."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import psycopg
import pytest

import heal_cli
from heal_cli.engine import run_load
from heal_cli.model import LoadOptions, ReadOptions

ROWS = 20_000


@pytest.fixture
def days(conn: psycopg.Connection, dsn: str) -> str:
    """Connection string of a schema with an empty table `days`."""
    conn.execute("create table days (id int primary key, d date)")
    return dsn


def _write(path: Path, *last: str) -> Path:
    """ISO dates first, then dates that fit both orders, then a few that may prove one."""
    lines = [f"{n},2024-01-{n % 28 + 1:02}" for n in range(ROWS)]
    lines += [f"{ROWS + n},03/04/2024" for n in range(ROWS)]
    lines += [f"{2 * ROWS + n},{text}" for n, text in enumerate(last)]
    path.write_text("\n".join(["id,d", *lines]) + "\n")
    return path


def test_a_proof_at_the_end_reads_the_middle(conn: psycopg.Connection, days: str, tmp_path: Path) -> None:
    """Slashed dates in the middle of the file are read by the one date at its end that has a single order."""
    path = _write(tmp_path / "d.csv", "13/04/2024")
    report = heal_cli.load(path, table="days", dsn=days, state_dir=str(tmp_path), batch_bytes=65536)
    assert report.rows.rejected == 0
    found = conn.execute("select distinct d from days where id >= %s order by 1", [ROWS]).fetchall()
    assert found == [(date(2024, 4, 3),), (date(2024, 4, 13),)]


def test_without_a_proof_they_are_rejects_with_the_question(
    conn: psycopg.Connection, days: str, tmp_path: Path
) -> None:
    """A file that never says which comes first loads its other rows."""
    path = _write(tmp_path / "d.csv")
    report = heal_cli.load(path, table="days", dsn=days, state_dir=str(tmp_path), batch_bytes=65536)
    assert (report.rows.loaded, report.reject_reasons) == (ROWS, {"ambiguous": ROWS})


def _late(path: Path, first: str, *last: str) -> Path:
    """One kind of dates for several batches, then others."""
    lines = [f"{n},{first}" for n in range(ROWS)]
    lines += [f"{ROWS + n},{text}" for n, text in enumerate(last * 9)]
    path.write_text("\n".join(["id,d", *lines]) + "\n")
    return path


def test_dates_with_another_mark_have_their_own_order(
    conn: psycopg.Connection, days: str, tmp_path: Path
) -> None:
    """Points that are day-first, as the sample has them, do not make slashes further down day-first."""
    path = _late(tmp_path / "d.csv", "13.02.2024", "03/04/2024", "01/25/2024")
    report = heal_cli.load(path, table="days", dsn=days, state_dir=str(tmp_path), batch_bytes=65536)
    assert report.rows.rejected == 0
    found = conn.execute("select distinct d from days order by 1").fetchall()
    assert found == [(date(2024, 1, 25),), (date(2024, 2, 13),), (date(2024, 3, 4),)]


def test_what_speaks_against_the_order_later_is_told(
    conn: psycopg.Connection, days: str, tmp_path: Path
) -> None:
    """Once the rest of a file contradicts its beginning no more dates are guessed, and a note says what was loaded."""
    path = _late(tmp_path / "d.csv", "13/02/2024", "01/25/2024", "03/04/2024")
    report = heal_cli.load(path, table="days", dsn=days, state_dir=str(tmp_path), batch_bytes=65536)
    assert conn.execute("select distinct d from days").fetchall() == [(date(2024, 2, 13),)]
    assert report.reject_reasons["ambiguous"] >= 18
    assert (
        "Column 'd': rows were loaded with dates in DMY order before the rest of the file spoke against it; "
        f"heal undo {report.run} takes them back"
    ) in report.notes


def _amounts(path: Path, *rest: str) -> Path:
    """Dollars for several batches, then others."""
    lines = [f"{n},$5" for n in range(ROWS)] + [f"{ROWS + n},{text}" for n, text in enumerate(rest)]
    path.write_text("\n".join(["id,v", *lines]) + "\n")
    return path


def test_a_second_currency_is_a_question_wherever_it_comes(
    conn: psycopg.Connection, days: str, tmp_path: Path
) -> None:
    """Euros behind thousands of dollars are not loaded as if they were dollars, within a batch or behind many."""
    conn.execute("create table amounts (id int primary key, v numeric)")
    path = _amounts(tmp_path / "v.csv", *["€5"] * 5)
    report = heal_cli.load(path, table="amounts", dsn=days, state_dir=str(tmp_path), dry_run=True)
    assert report.reject_reasons == {"ambiguous": ROWS + 5}
    report = heal_cli.load(path, table="amounts", dsn=days, state_dir=str(tmp_path), batch_bytes=65536)
    assert conn.execute("select count(*) from amounts where id >= %s", [ROWS]).fetchone() == (0,)
    assert report.reject_reasons["ambiguous"] >= 5
    assert (
        "Column 'v': rows were loaded with amounts in USD before the rest of the file spoke against it; "
        f"heal undo {report.run} takes them back"
    ) in report.notes


def test_standard_input_is_not_read_twice(days: str, tmp_path: Path) -> None:
    """From a pipe the rows of a shape first met later are rejects with the question: none is guessed."""
    content = _write(tmp_path / "d.csv", "13/04/2024").read_bytes()
    options = LoadOptions(
        sources=("-",),
        table="days",
        conninfo=days,
        state_dir=str(tmp_path),
        read=ReadOptions(batch_bytes=65536),
    )
    report = run_load(options, command="heal load -", stdin=io.BytesIO(content))
    assert report.rows.loaded == ROWS
    assert report.reject_reasons == {"ambiguous": ROWS + 1}
