"""What a load says beside its numbers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from heal_cli.engine import run_load
from heal_cli.model import LoadOptions, LoadReport, ValueOptions


@pytest.fixture
def load(dsn: str, tmp_path: Path):
    """Load a text, as a file or as standard input, into table `t` of the test's schema."""

    def loaded(text: str, *, source: str | None = None, **options) -> LoadReport:
        if source is None:
            source = str(tmp_path / "t.csv")
            Path(source).write_text(text)
        asked = LoadOptions((source,), "t", dsn, str(tmp_path / "state"), **options)
        return run_load(asked, stdin=io.BytesIO(text.encode()))

    return loaded


def _notes(report: LoadReport) -> list[str]:
    return [note for note in report.notes if not note.startswith("Made schema heal")]


def test_a_source_that_was_loaded_says_when_and_by_whom(load, conn) -> None:
    """A no-op names the run that loaded the source, that run's rejects, and the way to load it anew."""
    conn.execute("create table t (id int)")
    first = load("id\n1\nx\n")
    (note,) = _notes(load("id\n1\nx\n"))
    assert f" by run {first.run}; its rejects: heal rejects show {first.run}; --again loads it anew" in note


def test_one_row_is_one_row(load, conn) -> None:
    """A note counts in words that people use."""
    conn.execute("create table t (id int)")
    reports = [load("id\n1\n2\n", limit=1) for _ in range(2)]
    (note,) = _notes(reports[1])
    assert ": the first 1 row was loaded or rejected by run " in note


def test_standard_input_without_a_name_is_loaded_each_time(load, conn) -> None:
    """Two equal streams are two sources, unless --source-id says that they are one."""
    conn.execute("create table t (id int)")
    assert [load("id\n1\n", source="-").rows.loaded for _ in range(2)] == [1, 1]
    assert [load("id\n1\n", source="-", source_id="feed").rows.loaded for _ in range(2)] == [1, 0]


def test_a_generated_column_that_is_left_out_is_told(load, conn) -> None:
    """What the plan notes is in the report of the load too."""
    conn.execute("create table t (id int, twice int generated always as (id * 2) stored)")
    (note,) = _notes(load("id,twice\n1,5\n"))
    assert note.startswith("Source column 'twice' is left out: column 'twice' of ")
    assert note.endswith(".t is generated, PostgreSQL computes it")


def test_a_question_is_told_where_rows_were_rejected_for_it(load, conn) -> None:
    """An ambiguous column names itself and the flag that answers."""
    conn.execute("create table t (id int, day date)")
    (note,) = _notes(load("id,day\n1,02/01/2024\n2,03/04/2024\n"))
    assert note.startswith("Column 'day': ")
    assert "--date-order" in note


def test_another_spelling_of_a_key_is_no_heal(load, conn, tmp_path) -> None:
    """`ID` in one record where others have `id` is the same name, and its row is not healed."""
    conn.execute("create table t (id int)")
    (tmp_path / "t.jsonl").write_text('{"id": 1}\n{"ID": 2}\n')
    report = load("", source=str(tmp_path / "t.jsonl"))
    assert (report.rows.loaded, report.rows.healed, report.heals) == (2, 0, ())


def test_a_load_of_one_column_only_is_told(load, conn) -> None:
    """Rows of a key and nulls, with all else in the leftovers, are said to be such."""
    conn.execute("create table t (id text, name text, age int)")
    (note,) = _notes(load('{"_id": "a", "payload": {"x": 1}}\n{"_id": "b", "payload": {"x": 2}}\n'))
    assert note.startswith("Only column 'id' of ")
    assert note.endswith(
        "matches 'name', 'age', and its 'payload' would be left over; name columns with --map SOURCE=TARGET"
    )


def test_a_word_for_null_that_stays_text_is_told(load, conn) -> None:
    """SQL clients write NULL; in a text column nobody but the user knows that it is none."""
    conn.execute("create table t (id int, region text, city text)")
    text = "id,region,city\n1,NULL,x\nNULL,RJ,null\n"
    assert _notes(load(text)) == ["The text 'NULL' stays text in 'region'; --null 'NULL' makes it NULL"]
    conn.execute("truncate t")
    assert _notes(load(text, again=True, values=ValueOptions(nulls=("NULL",)))) == []
    assert conn.execute("select region from t where id = 1").fetchone() == (None,)


def test_row_numbers_without_a_name_are_told(load, conn) -> None:
    """That the names were shifted by one column is said beside the numbers, with the flag that says otherwise."""
    conn.execute("create table t (id int, v numeric)")
    report = load("id,v\n1,7,34.5\n2,8,35.6\n3,9,36.7\n")
    assert [note.partition(": ")[2] for note in _notes(report)] == [
        "column 1 is taken for row numbers, since the header has no name for them; if the names belong to other"
        " columns, give all of them with --columns"
    ]
