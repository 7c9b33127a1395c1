"""Source columns that have no target: kept, dropped, refused or added, as told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import heal_cli
from heal_cli.errors import UsageError
from heal_cli.model import LoadReport

DATA = "id,name,shoe size\n1,Ann,38\n2,Bob,\n"


@pytest.fixture
def load(dsn: str, tmp_path: Path):
    """Load DATA into table `t` of the test's schema."""
    (tmp_path / "t.csv").write_text(DATA)

    def loaded(**options) -> LoadReport:
        return heal_cli.load(
            tmp_path / "t.csv", table="t", dsn=dsn, state_dir=str(tmp_path / "state"), **options
        )

    return loaded


def test_they_go_to_the_rescue_column(load, conn) -> None:
    """A free JSONB column named _rescued takes them, row by row, empty cells left out."""
    conn.execute("create table t (id int, name text, _rescued jsonb)")
    load()
    assert conn.execute("select id, _rescued from t order by id").fetchall() == [
        (1, {"shoe size": "38"}),
        (2, None),
    ]


def test_without_one_they_go_to_the_leftovers_file(load, conn) -> None:
    """The leftovers file holds their row numbers and values."""
    conn.execute("create table t (id int, name text)")
    report = load()
    lines = [json.loads(line) for line in Path(report.leftovers_path).read_text().splitlines()]
    assert lines[1:] == [{"rows": [1, 1], "values": {"shoe size": "38"}}]


def test_they_are_added_when_told(load, conn) -> None:
    """`add` makes a column with a type inferred from the values, and says the SQL it ran."""
    conn.execute("create table t (id int, name text)")
    report = load(unknown_columns="add")
    assert conn.execute("select id, name, shoe_size from t order by id").fetchall() == [
        (1, "Ann", 38),
        (2, "Bob", None),
    ]
    assert any("ADD COLUMN" in note for note in report.notes)
    assert report.leftovers_path is None


@pytest.mark.parametrize("kind", ["int generated always as (id * 2) stored", "int"])
def test_an_added_column_shares_no_name_with_one_that_is_there(load, conn, kind) -> None:
    """It is numbered, takes the values, and takes those of the next load, too."""
    conn.execute(f"create table t (id int, shoe_size {kind}, name text)")
    named = {"map": ["id=shoe_size"]} if kind == "int" else {}
    load(unknown_columns="add", **named)
    report = load(unknown_columns="add", again=True, **named)
    rows = conn.execute("select shoe_size_2 from t where name = 'Ann'").fetchall()
    assert (rows, report.leftovers_path) == ([(38,), (38,)], None)
    assert not any("ADD COLUMN" in note for note in report.notes)


def test_a_dry_run_adds_and_makes_nothing(load, conn) -> None:
    """`--dry-run` leaves the table as it was, and does not make a missing one."""
    conn.execute("create table t (id int, name text)")
    assert load(unknown_columns="add", dry_run=True).rows.loaded == 2
    assert conn.execute("select * from t").fetchall() == []
    conn.execute("drop table t")
    with pytest.raises(heal_cli.errors.MissingTable):
        load(create=True, dry_run=True)


def test_a_plan_says_what_create_would_make(conninfo, tmp_path) -> None:
    """The SQL, to be looked at and changed. Previously it asked for --create, which was given."""
    (tmp_path / "a.csv").write_text("Id,Full Name\n1,Ann\n")
    with pytest.raises(heal_cli.errors.MissingTable) as caught:
        heal_cli.plan(tmp_path / "a.csv", table="public.new", dsn=conninfo, create=True, key=["Id"])
    assert caught.value.message.endswith(
        ". A plan makes none; --create would run: "
        'CREATE TABLE "public"."new" ("id" bigint, "full_name" text, PRIMARY KEY ("id"))'
    )
    (tmp_path / "new.sql").write_text("create table new (id int)")
    with pytest.raises(heal_cli.errors.MissingTable, match="first; a plan makes no table"):
        heal_cli.plan(tmp_path / "a.csv", table="public.new", dsn=conninfo, ddl=str(tmp_path / "new.sql"))


def test_rows_that_have_some_are_rejected_when_told(load, conn) -> None:
    """`reject` keeps out the rows that hold a value nobody takes, and only those."""
    conn.execute("create table t (id int, name text)")
    report = load(unknown_columns="reject")
    assert conn.execute("select id from t").fetchall() == [(2,)]
    assert report.reject_reasons == {"unknown_column": 1}


def test_they_are_dropped_when_told(load, conn) -> None:
    """`drop` leaves no trace of them."""
    conn.execute("create table t (id int, name text)")
    report = load(unknown_columns="drop")
    assert (report.rows.loaded, report.leftovers_path) == (2, None)


def test_rows_without_any_keep_the_rescue_columns_default(load, conn) -> None:
    """A rescue column with a default gets it in rows that have nothing to rescue, NOT NULL or not."""
    conn.execute("create table t (id int, name text, metadata jsonb not null default '{}')")
    assert load().rows.loaded == 2
    assert conn.execute("select metadata from t order by id").fetchall() == [({"shoe size": "38"},), ({},)]


@pytest.mark.parametrize("says", ["flag", "file"])
def test_a_saved_plan_adds_no_columns(load, conn, tmp_path, says) -> None:
    """Refused before the table is changed: the plan would be for a table that it does not know."""
    conn.execute("create table t (id int, name text)")
    path = tmp_path / "plan.toml"
    kept = "add" if says == "file" else "rescue"
    path.write_text(f'heal_plan = 1\ntable = "t"\nschema_version = "x"\nunknown_columns = "{kept}"\n')
    with pytest.raises(UsageError, match="--unknown-columns add makes columns"):
        load(plan=str(path), **({"unknown_columns": "add"} if says == "flag" else {}))
    assert conn.execute(
        "select count(*) from pg_attribute where attrelid = 't'::regclass and attnum > 0"
    ).fetchone() == (2,)
