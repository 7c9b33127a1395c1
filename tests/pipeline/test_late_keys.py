"""Keys that first come behind the first batch go where they would have gone from the start."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from heal_cli.engine import run_load
from heal_cli.model import LoadOptions, LoadReport, ReadOptions

ROWS = 2_000


@pytest.fixture
def load(dsn: str, tmp_path: Path):
    """Load ROWS plain objects and then these into table `t`, in batches of 4 KiB, from standard input."""

    def loaded(*last: dict[str, Any], **options: Any) -> LoadReport:
        objects = [{"id": i, "name": f"n{i}"} for i in range(ROWS)]
        lines = "".join(json.dumps(each) + "\n" for each in (*objects, *last))
        told = LoadOptions(
            ("-",), "t", dsn, read=ReadOptions(batch_bytes=4096), state_dir=str(tmp_path / "state"), **options
        )
        return run_load(told, stdin=io.BytesIO(lines.encode()))

    return loaded


def test_a_late_key_goes_to_the_column_of_its_name(load, conn) -> None:
    """Written in another case too; rows before and after keep what the server gives."""
    conn.execute("create table t (id int primary key, name text, is_ok bool, n int default 7, d date)")
    report = load({"id": 9000, "isOk": "yes", "n": 5}, {"id": 9001, "d": "2024-02-03"})
    assert (report.rows.loaded, report.rows.rejected) == (ROWS + 2, 0)
    found = conn.execute(
        "select id, is_ok, n, d::text from t where id >= %s order by 1", [ROWS - 1]
    ).fetchall()
    assert found == [(ROWS - 1, None, 7, None), (9000, True, 5, None), (9001, None, 7, "2024-02-03")]
    assert report.plan is not None
    assert report.plan.unmatched_source == ()
    assert report.leftovers_path is None


def test_a_late_key_without_a_column_is_told(load, conn) -> None:
    """It goes to the leftovers, and the report names it as one of the sample."""
    conn.execute("create table t (id int primary key, name text)")
    report = load({"id": 9000, "shoe size": 38})
    assert report.rows.loaded == ROWS + 1
    assert report.plan is not None
    assert report.plan.unmatched_source == ("shoe size",)
    assert Path(report.leftovers_path or "").read_text().count("shoe size") == 1


def test_a_late_value_that_does_not_fit_is_a_reject(load, conn) -> None:
    """As it would be in the sample."""
    conn.execute("create table t (id int primary key, name text, n int)")
    report = load({"id": 9000, "n": "abc"}, {"id": 9001, "n": 5})
    assert report.reject_reasons == {"not_convertible": 1}
    assert conn.execute("select n from t where id > 8999").fetchall() == [(5,)]


def test_two_late_keys_of_one_name_are_left_over(load, conn) -> None:
    """Which of them is meant nobody knows."""
    conn.execute("create table t (id int primary key, name text, is_ok bool)")
    report = load({"id": 9000, "isOk": True, "is_OK": False})
    assert report.plan is not None
    assert sorted(report.plan.unmatched_source) == ["isOk", "is_OK"]
    assert conn.execute("select is_ok from t where id = 9000").fetchall() == [(None,)]
