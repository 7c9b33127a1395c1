"""All or nothing, budgets and limits."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

import heal_cli
from heal_cli.errors import BudgetExceeded, ConservationError
from heal_cli.model import LoadReport, Rows


@pytest.fixture
def load(conn: psycopg.Connection, dsn: str, tmp_path: Path):
    """Load texts as files, in batches of 1 KiB, into table `t (id int, note text)`."""
    conn.execute("create table t (id int, note text)")

    def loaded(*texts: str, **options) -> LoadReport:
        paths = [tmp_path / f"{number}.csv" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text)
        state = str(tmp_path / "state")
        return heal_cli.load(paths, table="t", dsn=dsn, state_dir=state, batch_bytes=1024, **options)

    return loaded


def rows(first: int, last: int) -> str:
    """A file of rows, every hundredth of which cannot be loaded."""
    return "id,note\n" + "".join(f"{'x' if n % 100 == 50 else n},row {n}\n" for n in range(first, last))


def count(conn: psycopg.Connection) -> int:
    """Rows in the table."""
    row = conn.execute("select count(*) from t").fetchone()
    assert row is not None
    return int(row[0])


def test_atomic_over_budget_commits_nothing(load, conn) -> None:
    """--atomic with too many rejects leaves the table as it was, and a later load starts from nothing."""
    with pytest.raises(BudgetExceeded, match="committed nothing"):
        load(rows(0, 1000), rows(1000, 2000), atomic=True, max_rejects=5)
    assert count(conn) == 0
    report = load(rows(0, 1000), rows(1000, 2000), atomic=True)
    assert (report.rows.loaded, report.rows.rejected) == (1980, 20)
    assert count(conn) == 1980


def test_two_equal_files_are_loaded_once_in_one_transaction(load, conn) -> None:
    """--atomic knows the second copy by what the first one, not yet committed, left in the ledger."""
    report = load(rows(0, 1000), rows(0, 1000), atomic=True)
    assert (report.rows.loaded, report.rows.rejected, report.rows.already) == (990, 10, 1000)
    assert count(conn) == 990


def test_books_that_do_not_agree_are_not_committed(load, conn, monkeypatch) -> None:
    """--atomic checks the ledger before its commit: rows that nobody accounts for do not stay."""
    monkeypatch.setattr(
        "heal_cli.pipeline.closing.run_totals", lambda connection, run: Rows(read=1, loaded=1)
    )
    with pytest.raises(ConservationError):
        load(rows(0, 1000), atomic=True)
    assert count(conn) == 0


def test_a_dry_run_says_what_is_there(load, conn) -> None:
    """--dry-run counts rows that are loaded already as the load would, and leaves no trace in the ledger."""
    load(rows(0, 1000))
    report = load(rows(0, 1500), dry_run=True)
    assert (report.rows.loaded, report.rows.rejected, report.rows.already) == (495, 5, 1000)
    assert any("begins with 1,000 rows" in note for note in report.notes)
    assert load(rows(0, 1000), dry_run=True).rows.already == 1000
    assert load(rows(0, 1500)).rows.loaded == 495
    assert count(conn) == 1485


def test_a_budget_stops_and_a_larger_one_goes_on(load, conn) -> None:
    """--max-rejects ends with 4 and keeps what is committed; the same command allowing more finishes."""
    stopped = load(rows(0, 3000), max_rejects=3)
    assert stopped.exit_code == 4
    assert count(conn) == stopped.rows.loaded < 2970
    report = load(rows(0, 3000))
    assert count(conn) == 2970
    assert stopped.rows.rejected + report.rows.rejected == 30


def test_the_same_budget_is_not_given_twice(load, conn) -> None:
    """A source whose rejects have passed --max-rejects stays stopped, until more is allowed or they are loaded."""
    stopped = load(rows(0, 3000), max_rejects=3)
    there = count(conn)
    again = load(rows(0, 3000), max_rejects=3)
    assert (again.exit_code, again.rows.read, count(conn)) == (4, 0, there)
    assert (stopped.resume, again.resume) == (None, None)
    told = f"Stopped: {stopped.rows.rejected} rows of the sources were rejected, more than --max-rejects 3 allows; "
    way_out = (
        "the same command goes on once heal rejects retry has loaded enough of them, or with more allowed"
    )
    assert [report.notes[-1] for report in (stopped, again)] == [told + way_out] * 2
    assert load(rows(0, 3000), max_rejects=stopped.rows.rejected + 3).exit_code == 4
    assert load(rows(0, 3000), max_rejects=30).exit_code == 3
    assert count(conn) == 2970


@pytest.mark.parametrize(
    ("bad", "were"), [(1, "1 row of the sources was"), (2, "2 rows of the sources were")]
)
def test_a_budget_passed_in_the_last_batch_stops_nothing(load, conn, bad, were) -> None:
    """All was read: nothing is left for the same command, which says the same again. Previously it was to go on."""
    text = "id,note\n1,a\n" + "x,b\n" * bad
    first = load(text, max_rejects=0)
    for report in (first, load(text, max_rejects=0)):
        assert report.exit_code == 4
        assert report.notes[-1] == (
            f"At the end {were} rejected, more than --max-rejects 0 allows; all others are loaded"
        )
    assert report.notes[0].endswith(f" or after it; its rejects: heal rejects show {first.run}")
    assert "all rows were loaded or rejected by run" in report.notes[0]
    assert count(conn) == 1


def test_a_budget_passed_before_the_last_source_stops_before_it(load, conn) -> None:
    """What the sources behind it hold is left, though all of the one that passed the budget is read."""
    bad, good = "id,note\n1,a\nx,b\n", "id,note\n2,c\n"
    report = load(bad, good, max_rejects=0)
    assert report.notes[-1].startswith("Stopped: 1 row of the sources was rejected")
    assert count(conn) == 1


def test_a_budget_counts_one_row_as_one(load) -> None:
    """--atomic says so in the words for one. Previously '1 of 1 rows were'."""
    with pytest.raises(BudgetExceeded, match="1 of 1 row was rejected, more than --max-rejects 0 allows"):
        load("id,note\nx,b\n", max_rejects=0, atomic=True)


def test_a_dry_run_is_the_whole_run_rolled_back(load, conn) -> None:
    """--dry-run counts as the run would, and leaves neither rows nor a memory of them."""
    report = load(rows(0, 1000), dry_run=True)
    assert (report.rows.loaded, report.rows.rejected, report.dry_run) == (990, 10, True)
    assert (
        "A dry run: all of it was rolled back, but sequences do not go back, nor does what triggers did elsewhere"
        in report.notes
    )
    assert count(conn) == 0
    assert load(rows(0, 1000)).rows.loaded == 990


def test_a_limited_load_takes_the_first_rows_once(load, conn) -> None:
    """--limit N loads rows 1 to N, and the same command again nothing."""
    assert load(rows(0, 1000), limit=120).rows.loaded == 119
    assert load(rows(0, 1000), limit=120).rows.already == 120
    assert count(conn) == 119


def test_a_share_once_passed_stays_passed(load) -> None:
    """A percentage that clean batches in flight bring down again still stops the run, and says so."""
    bad = "id,note\n" + "".join(f"{'x' if n < 1400 and n % 4 == 0 else n},row {n}\n" for n in range(40_000))
    report = load(bad, max_rejects="10%")
    assert report.exit_code == 4
    assert report.rows.read < 40_000


@pytest.mark.parametrize(("share", "code"), [("0%", 4), ("4.8%", 4), ("5%", 3), ("100%", 3)])
def test_a_share_of_a_small_source_counts_at_its_end(load, conn, share, code) -> None:
    """A source of fewer rows than a percentage needs is judged once, when all of its rows are read."""
    report = load(rows(0, 100) + "x,\n" * 4, max_rejects=share)
    assert (report.exit_code, report.rows.read, report.rows.rejected) == (code, 104, 5)
    assert count(conn) == 99


def test_a_share_of_a_small_source_is_all_or_nothing(load, conn) -> None:
    """--atomic commits none of a small source of which too large a share was rejected."""
    with pytest.raises(BudgetExceeded, match="5 of 104 rows were rejected, more than --max-rejects 1%"):
        load(rows(0, 100) + "x,\n" * 4, max_rejects="1%", atomic=True)
    assert count(conn) == 0
