"""Sources without a record: a day without sales is no failure, a file that is none is."""

from __future__ import annotations

import gzip

import polars as pl
import pytest

import heal_cli
from heal_cli.errors import NoRecords


@pytest.fixture
def sales(retrying):
    """A table, and the folder its sources are in."""
    retrying.conn.execute("create table t (id int, city text)")
    return retrying


@pytest.mark.parametrize(
    ("name", "content", "note"),
    [
        (
            "a.csv",
            b"ID,City\n",
            "'{path}' has a header and no records. If its first line is a record, say --no-header",
        ),
        ("a.json", b" [ ]\n", "'{path}' holds no record"),
        ("a.csv.gz", gzip.compress(b"id;name\n", mtime=0), "'{path}' has a header"),
    ],
)
def test_a_source_that_says_it_has_none_is_done(sales, name, content, note) -> None:
    """It ends with 0 and a note; nothing was read."""
    report = sales.load(content, name=name)
    assert (report.exit_code, report.rows.read, report.sources) == (0, 0, ())
    assert report.notes[0].startswith("No rows: " + note.format(path=sales.folder / name))


@pytest.mark.parametrize(
    "write", [pl.DataFrame.write_parquet, pl.DataFrame.write_ipc, pl.DataFrame.write_ipc_stream]
)
def test_a_schema_without_rows_is_done(sales, write) -> None:
    """Parquet, Arrow files and streams."""
    write(pl.DataFrame(schema={"id": pl.Int32(), "place": pl.String()}), sales.folder / "a.bin")
    report = sales.load(None, name="a.bin")
    assert (report.exit_code, report.notes) == (0, (f"No rows: '{sales.folder / 'a.bin'}' has no rows",))


@pytest.mark.parametrize("content", [b"", b"\n\n", b"John,Smith\n", gzip.compress(b"", mtime=0)])
def test_a_source_that_may_be_cut_off_or_a_record_fails(sales, content) -> None:
    """Nothing at all, and a line with no name of the table, may be another thing."""
    with pytest.raises(NoRecords):
        sales.load(content)


def test_without_a_table_there_is_nothing_to_make_one_from(retrying) -> None:
    """--create needs records."""
    with pytest.raises(NoRecords, match="has a header and no records"):
        retrying.load("id,city\n", create=True)


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"dry_run": True}])
def test_among_others_an_empty_one_costs_nothing(sales, options) -> None:
    """The others are loaded, the empty ones are named, wherever they stand."""
    files = {
        "a.csv": "",
        "b.csv": "id,city\n1,Rome\n",
        "c.csv": "\n",
        "d.csv": "id,city\n",
        "e.csv": "id,city\n2,Oslo\n",
    }
    for name, text in files.items():
        (sales.folder / name).write_text(text)
    report = heal_cli.load(sales.folder / "*.csv", table="t", **sales.options, **options)
    assert (report.exit_code, report.rows.loaded) == (0, 2)
    assert sum(note.startswith("No rows: ") for note in report.notes) == 3


def test_a_table_is_made_from_the_first_that_has_records(retrying) -> None:
    """An empty file or a header alone does not decide its types."""
    (retrying.folder / "a.csv").write_text("id,city\n")
    (retrying.folder / "b.csv").write_text("id,city\n1,Rome\n")
    report = heal_cli.load(retrying.folder / "*.csv", table="t", create=True, **retrying.options)
    assert (report.exit_code, retrying.all("select id + 1, city from t")) == (0, [(2, "Rome")])


def test_a_plan_is_of_the_first_that_has_records(sales) -> None:
    """An empty file before it is a note."""
    (sales.folder / "a.csv").write_text("")
    (sales.folder / "b.csv").write_text("id,city\n1,Rome\n")
    report = heal_cli.plan(sales.folder / "*.csv", table="t", dsn=sales.options["dsn"])
    assert (report.sampled.read, len(report.notes)) == (1, 1)
    assert report.notes[0].startswith(f"No rows: '{sales.folder / 'a.csv'}' is empty")


def test_a_plan_touches_no_state_folder(sales) -> None:
    """It writes nothing, so there need be no place. Previously it made folders, or failed where it could not."""
    (sales.folder / "a.csv").write_text("id,city\n1,Rome\n")
    for state in (sales.folder / "a.csv" / "state", sales.folder / "new"):
        report = heal_cli.plan(
            sales.folder / "a.csv", table="t", dsn=sales.options["dsn"], state_dir=str(state)
        )
        assert report.sampled.read == 1
    assert not (sales.folder / "new").exists()


def test_files_of_one_shape_need_no_plan_of_their_own(sales) -> None:
    """A value taken from inside of an object makes no other shape; another column does. Previously both did."""
    sales.conn.execute("alter table t add user_name text")
    for name, more in (("a", ""), ("b", ""), ("c", ', "x": 1')):
        (sales.folder / f"{name}.jsonl").write_text(f'{{"id": 1, "user": {{"name": "Ann"}}{more}}}\n')
    report = heal_cli.plan(sales.folder / "*.jsonl", table="t", dsn=sales.options["dsn"])
    assert len(report.notes) == 1
    assert report.notes[0].endswith("a.jsonl'; see its plan alone")


@pytest.mark.parametrize(
    ("header", "targets", "exit_code"), [("ID,City\n", ["id", "city"], 0), ("John,Smith\n", [], 6)]
)
def test_a_header_alone_is_planned(sales, header, targets, exit_code) -> None:
    """Its names are matched as those of a file with records; the note says that there are none."""
    (sales.folder / "a.csv").write_text(header)
    report = heal_cli.plan(sales.folder / "a.csv", table="t", dsn=sales.options["dsn"])
    assert ([column.column.name for column in report.plan.columns], report.exit_code) == (targets, exit_code)
    assert report.notes[0].startswith(f"No rows: '{sales.folder / 'a.csv'}' has a header and no records")


@pytest.mark.parametrize(
    ("write", "format"), [(pl.DataFrame.write_parquet, "parquet"), (pl.DataFrame.write_ipc, "arrow")]
)
def test_a_schema_alone_is_planned(sales, write, format) -> None:
    """Parquet and Arrow files without rows."""
    write(pl.DataFrame(schema={"id": pl.Int32(), "city": pl.String()}), sales.folder / "a.bin")
    report = heal_cli.plan(sales.folder / "a.bin", table="t", dsn=sales.options["dsn"])
    assert [source.format for source in report.sources] == [format]
    assert [column.column.name for column in report.plan.columns] == ["id", "city"]
