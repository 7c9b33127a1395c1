"""The samples: each loads into its table and gives its right answer, by every way in."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import psycopg
import pytest

import heal_cli

SAMPLES = Path(__file__).parents[2] / "samples"

CASES = [
    ("messages.jsonl", "messages", "messages", 11, 10, {"invalid_json": 1}),
    ("hundred.jsonl", "messages", "hundred", 100, 100, {}),
    ("orders.csv", "orders", "orders", 40, 38, {"not_convertible": 2}),
    ("events.parquet", "events", "events", 200, 200, {}),
]


@pytest.fixture
def load(conninfo: str, schema: str, tmp_path: Path):
    """`heal_cli.load` into the test's schema, with its own state folder."""
    dsn = psycopg.conninfo.make_conninfo(conninfo, options=f"-c search_path={schema},public")

    def loaded(source, table: str, **options):
        return heal_cli.load(source, table=table, dsn=dsn, state_dir=str(tmp_path / "state"), **options)

    return loaded


def answer(conn: psycopg.Connection, table: str) -> str:
    """The whole table as CSV, by its first column."""
    conn.execute("set timezone = 'UTC'")
    with conn.cursor().copy(
        f"copy (select * from {table} order by 1) to stdout with (format csv, header)"
    ) as out:
        return b"".join(out).decode()


@pytest.mark.parametrize(("file", "table", "expected", "read", "loaded", "reasons"), CASES)
def test_sample_gives_its_right_answer(load, conn, file, table, expected, read, loaded, reasons) -> None:
    """Every value of every sample arrives as the answer file says, and every other row has its reason."""
    report = load(SAMPLES / file, table, ddl=str(SAMPLES / f"{table}.sql"))
    assert answer(conn, table) == (SAMPLES / "answers" / f"{expected}.csv").read_text()
    assert (report.rows.read, report.rows.loaded) == (read, loaded)
    assert report.reject_reasons == reasons
    assert report.rows.is_conserved


@pytest.mark.parametrize("compress", [gzip.compress, None], ids=["gzip", "plain"])
def test_copies_and_globs_load_the_same(load, conn, tmp_path, compress) -> None:
    """Several files by one pattern, compressed or not, load as one."""
    data = (SAMPLES / "hundred.jsonl").read_bytes()
    lines = data.splitlines(keepends=True)
    for number, part in enumerate((lines[:40], lines[40:])):
        body = b"".join(part)
        (tmp_path / f"part{number}.jsonl").write_bytes(compress(body) if compress else body)
    report = load(str(tmp_path / "part*.jsonl"), "messages", ddl=str(SAMPLES / "messages.sql"))
    assert report.rows.loaded == 100
    assert answer(conn, "messages") == (SAMPLES / "answers" / "hundred.csv").read_text()


@pytest.mark.parametrize(("file", "table"), [case[:2] for case in CASES])
def test_second_load_is_a_no_op(load, conn, file, table) -> None:
    """The same source again loads nothing, rejects nothing, and says what is there already."""
    first = load(SAMPLES / file, table, ddl=str(SAMPLES / f"{table}.sql"))
    before = answer(conn, table)
    second = load(SAMPLES / file, table)
    assert (second.rows.read, second.rows.loaded, second.rows.rejected) == (0, 0, 0)
    assert second.rows.already == first.rows.read
    assert second.exit_code == 0
    assert answer(conn, table) == before


def test_again_loads_anew(load, conn) -> None:
    """`--again` loads a source that the ledger holds, and the keys that are there become rejects."""
    load(SAMPLES / "hundred.jsonl", "messages", ddl=str(SAMPLES / "messages.sql"))
    report = load(SAMPLES / "hundred.jsonl", "messages", again=True)
    assert (report.rows.loaded, report.rows.rejected) == (0, 100)
    assert report.reject_reasons == {"unique_violation": 100}


@pytest.mark.parametrize("batch_bytes", [1024, 4096, 16 << 20])
def test_batch_size_changes_nothing(load, conn, batch_bytes) -> None:
    """The table and the reasons are the same however the source is cut."""
    report = load(SAMPLES / "orders.csv", "orders", ddl=str(SAMPLES / "orders.sql"), batch_bytes=batch_bytes)
    assert answer(conn, "orders") == (SAMPLES / "answers" / "orders.csv").read_text()
    assert report.reject_reasons == {"not_convertible": 2}


def test_rejects_name_row_line_offset_and_raw_bytes(load, tmp_path) -> None:
    """A reject record can be found in the source by each of its coordinates, byte for byte."""
    source = tmp_path / "orders.csv"
    shutil.copy(SAMPLES / "orders.csv", source)
    report = load(source, "orders", ddl=str(SAMPLES / "orders.sql"))
    records = [json.loads(line) for line in Path(report.rejects_path).read_text().splitlines()]
    data = source.read_bytes()
    assert [record["row"] for record in records] == [12, 21]
    for record in records:
        raw = record["raw"].encode()
        assert data[record["offset"] :].startswith(raw)
        assert data.splitlines()[record["line"] - 1] == raw.rstrip(b"\r\n")
    assert records[0]["column"] == "order_date"
    assert records[0]["value"] == "31.02.2024"
    assert records[0]["attempts"]
