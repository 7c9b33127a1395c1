"""A retry reads rejected rows as their source was read: its format, encoding, marks and what it settled."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest


def test_json_lines(retrying) -> None:
    """Absent keys take their default, as in the load."""
    retrying.conn.execute("create table t (id int, n smallint, note text default 'none')")
    retrying.load('{"id":1,"n":5}\n{"id":2,"n":70000}\n{"id":3,"n":70001,"note":null}\n', name="a.jsonl")
    retrying.conn.execute("alter table t alter n type int")
    assert retrying.retry().loaded == 2
    assert retrying.all() == [(1, 5, "none"), (2, 70000, "none"), (3, 70001, None)]


def test_parquet(retrying) -> None:
    """Typed rows come back from their JSON form with the same values."""
    columns = (
        "id int, n smallint, at timestamptz, day date, amount numeric(20,3), ok bool, raw bytea, tags text[]"
    )
    retrying.conn.execute(f"create table t ({columns})")
    retrying.conn.execute(f"create table whole ({columns.replace('smallint', 'int')})")
    frame = pl.select(
        id=pl.int_range(1, 4),
        n=pl.Series([1, 70_000, 80_000]),
        at=pl.Series(["2024-03-01 12:30:00.123456"]).str.to_datetime(time_zone="UTC").first(),
        day=pl.date(2024, 3, 4),
        amount=pl.lit("12345678901234.567").cast(pl.Decimal(20, 3)),
        ok=pl.lit(True),
        raw=pl.lit(b"\x00\xff"),
        tags=pl.lit(pl.Series([["a", "b,c"]])).first(),
    )
    frame.write_parquet(retrying.folder / "a.parquet")
    assert retrying.load(None, name="a.parquet").rows.rejected == 2
    retrying.load(None, name="a.parquet", table="whole", rejects=str(retrying.folder / "other.jsonl"))
    retrying.conn.execute("alter table t alter n type int")
    assert retrying.retry().loaded == 2
    assert retrying.all() == retrying.all("select * from whole order by 1")


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_another_encoding(retrying, encoding) -> None:
    """Records are read in the encoding of their source."""
    retrying.conn.execute("create table t (id int, name varchar(3))")
    retrying.load("id,name\n1,Jör\n2,Jörg Müller\n3,Ümit\n".encode(encoding))
    retrying.conn.execute("alter table t alter name type text")
    assert retrying.retry().loaded == 2
    assert retrying.all() == [(1, "Jör"), (2, "Jörg Müller"), (3, "Ümit")]


def test_broken_records_stay_apart(retrying) -> None:
    """A record with an open quote does not swallow the ones after it."""
    retrying.conn.execute("create table t (id int, note varchar(3))")
    text = "id,note\n" + "".join(f"{n},ok\n" for n in range(1, 50))
    retrying.load(text + '50,"open\n51,long one\n52,"a ""b"" c"\n53,"two\nlines"\n')
    retrying.conn.execute("alter table t alter note type text")
    assert retrying.retry().loaded == 3
    found = retrying.all("select * from t where id > 49 order by 1")
    assert found == [(51, "long one"), (52, 'a "b" c'), (53, "two\nlines")]


def test_what_the_whole_source_settled_holds_for_its_rejects(retrying) -> None:
    """Dates that a later batch asked about are read by the answer that the load had found."""
    retrying.conn.execute("create table t (id int primary key, d date, n int check (n > 0))")
    lines = [f"{n},2024-01-{n % 28 + 1:02},1" for n in range(20_000)]
    lines += ["20000,03/04/2024,-1", "20001,13/04/2024,1"]
    report = retrying.load("\n".join(["id,d,n", *lines]) + "\n", batch_bytes=65536)
    assert (report.rows.loaded, report.rows.rejected) == (20_001, 1)
    retrying.conn.execute("alter table t drop constraint t_n_check")
    assert (retrying.retry().loaded, retrying.all("select d from t where id = 20000")) == (
        1,
        [(date(2024, 4, 3),)],
    )


def test_rows_of_copy_and_of_a_wrapping_are_retried_as_they_were_read(retrying, conn) -> None:
    """Backslashes are decoded again, and what an export has wrapped is taken out again."""
    conn.execute("create table t (nr int check (nr < 9), name text)")
    retrying.load("1\ta\\tb\n2\t\\N\n9\tc\\\\\n", name="copy.txt")
    conn.execute("alter table t drop constraint t_nr_check")
    retrying.retry()
    assert retrying.all() == [(1, "a\tb"), (2, None), (9, "c\\")]
    conn.execute("truncate t; alter table t add constraint small check (nr < 9)")
    hits = [f'{{"_index": "p", "_id": "x{n}", "_source": {{"nr": {n}, "name": "n{n}"}}}}\n' for n in (1, 9)]
    retrying.load("".join(hits), name="hits.jsonl")
    conn.execute("alter table t drop constraint small")
    retrying.retry()
    assert retrying.all() == [(1, "n1"), (9, "n9")]


def test_marks_of_a_column_hold_for_its_rejects(retrying) -> None:
    """Units, marks of spreadsheets and lists, days as numbers, slips of the pen: a reject is read as its source was."""
    columns = "id int primary key, weight_kg numeric, zip text, tags text[], day date, grade grade, n int"
    retrying.conn.execute("create type grade as enum ('excellent', 'poor')")
    retrying.conn.execute(f"create table t ({columns} check (n <> 7)); create table whole ({columns})")
    lines = [f"{i};{i} kg;'0{i}134;a|b;{46020 + i};excellent;{i}" for i in range(1, 40)]
    lines[6] = lines[6].replace("excellent", "excelent")
    text = "\n".join(["id;weight_kg;zip;tags;day;grade;n", *lines]) + "\n"
    assert retrying.load(text).rows.rejected == 1
    retrying.load(None, table="whole", rejects=str(retrying.folder / "other.jsonl"))
    retrying.conn.execute("alter table t drop constraint t_n_check")
    assert retrying.retry().loaded == 1
    assert retrying.all() == retrying.all("select * from whole order by 1")
