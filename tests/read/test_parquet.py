"""Parquet: what becomes of row slices."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heal_cli.errors import SourceError
from heal_cli.model import REJECTS, ROW, Format, ReadOptions
from heal_cli.read.parquet import ParquetReader
from heal_cli.read.parquet_footer import read_footer
from heal_cli.read.typed_rows import memory

NUMBERS = pl.DataFrame({"id": range(1, 10_001), "name": [f"n{i % 7}" for i in range(10_000)]})


def open_path(path: Path, batch_bytes: int = 2**24) -> ParquetReader:
    """A reader of that file."""
    return ParquetReader(path, path.name, ReadOptions(batch_bytes=batch_bytes))


def read_back(path: Path, batch_bytes: int = 2**24) -> pl.DataFrame:
    """All rows."""
    reader = open_path(path, batch_bytes)
    return pl.concat([reader.parse(chunk).frame for chunk in reader.chunks()])


def written(frame: pl.DataFrame, folder: Path, **options: int) -> Path:
    """The frame as a file."""
    path = folder / "a.parquet"
    frame.write_parquet(path, **options)
    return path


def test_types_are_kept(tmp_path: Path) -> None:
    """Values arrive in their types, decimals and nanoseconds whole, dictionaries as text."""
    when = dt.datetime(2024, 2, 29, 12, 30, 0, 123456)  # noqa: DTZ001 -- a naive time is one of the types
    frame = pl.DataFrame(
        {
            "i": pl.Series([1, None], dtype=pl.Int16),
            "u": pl.Series([2**64 - 1, None], dtype=pl.UInt64),
            "f": pl.Series([0.1, float("nan")], dtype=pl.Float32),
            "d": pl.Series([Decimal("1.10"), None], dtype=pl.Decimal(38, 2)),
            "s": ["é\n", ""],
            "c": pl.Series(["x", "y"], dtype=pl.Categorical),
            "e": pl.Series(["a", None], dtype=pl.Enum(["a", "b"])),
            "b": [b"\x00\xff", None],
            "t": [True, None],
            "date": [when.date(), None],
            "time": [when.time(), None],
            "ms": pl.Series([when, None], dtype=pl.Datetime("ms")),
            "us": pl.Series([when, None], dtype=pl.Datetime("us", "UTC")),
            "ns": pl.Series([1, None]).cast(pl.Datetime("ns")),
            "l": pl.Series([["p", "q"], None], dtype=pl.List(pl.Categorical)),
            "o": [{"k": 1, "m": [1, 2]}, None],
        }
    )
    plain = frame.with_columns(pl.col("c", "e").cast(pl.String), pl.col("l").cast(pl.List(pl.String)))
    got = read_back(written(frame, tmp_path)).drop(ROW)
    assert got.schema == plain.schema
    assert got.equals(plain)


def test_source_and_chunks(tmp_path: Path) -> None:
    """The source says its columns; chunks count rows, have no lines and no bytes, and end at the file's size."""
    path = written(NUMBERS, tmp_path)
    reader = open_path(path, 50_000)
    assert (reader.source.format, reader.source.columns) == (Format.PARQUET, ("id", "name"))
    chunks = list(reader.chunks())
    assert [(c.start, c.first_row, c.rows) for c in chunks][:2] == [
        (0, 1, chunks[0].rows),
        (chunks[0].stop, chunks[0].stop + 1, chunks[1].rows),
    ]
    assert sum(c.rows for c in chunks) == 10_000
    assert {(c.first_line, c.data) for c in chunks} == {(0, None)}
    assert chunks[-1].position == path.stat().st_size
    batch = reader.sample()
    assert batch.frame[ROW].to_list() == list(range(1, chunks[0].stop + 1))
    assert batch.broken.schema == REJECTS


@pytest.mark.parametrize("row_group_size", [700, 3000, 1_000_000])
@pytest.mark.parametrize("batch_bytes", [1000, 50_000, 2**24])
def test_groups_and_slices_do_not_matter(tmp_path: Path, row_group_size: int, batch_bytes: int) -> None:
    """Any row groups and any slices give the same rows, once each, in order."""
    path = written(NUMBERS, tmp_path, row_group_size=row_group_size)
    if batch_bytes == 1000:
        path = written(NUMBERS.head(1000), tmp_path, row_group_size=row_group_size)
    got = read_back(path, batch_bytes)
    assert got[ROW].to_list() == list(range(1, got.height + 1))
    assert got.drop(ROW).equals(NUMBERS.head(got.height))


def test_slices_are_weighed_in_memory(tmp_path: Path) -> None:
    """A dictionary that makes the file tiny does not make the slices big."""
    frame = pl.DataFrame({"text": pl.Series(["x" * 1000, "y" * 1000]).gather([0, 1] * 10_000)})
    reader = open_path(written(frame, tmp_path), 2**19)
    sizes = [memory(reader.parse(chunk).frame) for chunk in reader.chunks()]
    assert max(sizes) <= 2**21
    assert len(sizes) > 10


def test_digest_is_of_the_content(tmp_path: Path) -> None:
    """A copy under another name has the same digests; one other value has other ones from its row group on."""
    first = tmp_path / "first.parquet"
    NUMBERS.write_parquet(first, row_group_size=2000)
    (tmp_path / "copy.parquet").write_bytes(first.read_bytes())
    other = NUMBERS.with_columns(name=pl.when(pl.col("id") == 9_999).then(pl.lit("nX")).otherwise("name"))
    other.write_parquet(tmp_path / "other.parquet", row_group_size=2000)
    digests = [
        [chunk.digest for chunk in open_path(tmp_path / f"{name}.parquet", 50_000).chunks()]
        for name in ("first", "copy", "other")
    ]
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == len(digests[0])
    assert digests[0][-1] != digests[2][-1]


def test_locate_gives_rows_as_json(tmp_path: Path) -> None:
    """A row has no line and no offset; its raw form is JSON, exact in decimals, nanoseconds and odd floats."""
    frame = pl.DataFrame(
        {
            "d": [Decimal("1.10"), None],
            "n": pl.Series([1, 2]).cast(pl.Datetime("ns")),
            "f": [float("inf"), 0.5],
            "b": [b"\x01", None],
            "o": [{"k": ["é", None]}, None],
        }
    )
    batch = open_path(written(frame, tmp_path)).sample()
    places = batch.locate(pl.Series([2, 1]))
    assert places.select(ROW, "line", "offset").rows() == [(2, None, None), (1, None, None)]
    assert [json.loads(raw) for raw in places["raw"]] == [
        {"d": None, "n": "1970-01-01 00:00:00.000000002", "f": 0.5, "b": None, "o": None},
        {
            "d": "1.10",
            "n": "1970-01-01 00:00:00.000000001",
            "f": "inf",
            "b": "\\x01",
            "o": {"k": ["é", None]},
        },
    ]


def test_column_takes_a_second_look(tmp_path: Path) -> None:
    """One column over the whole file, as text."""
    reader = open_path(written(NUMBERS, tmp_path), 5_000)
    pieces = list(reader.column("id"))
    assert len(pieces) > 1
    assert pl.concat(pieces).to_list() == [str(i) for i in range(1, 10_001)]


def test_reserved_name_is_moved(tmp_path: Path) -> None:
    """A column with the name of heal's row numbers gets an underscore more."""
    got = read_back(written(pl.DataFrame({ROW: [7]}), tmp_path))
    assert got.to_dicts() == [{ROW: 1, f"{ROW}_": 7}]


def test_names_are_no_patterns(tmp_path: Path) -> None:
    """A column called like a pattern of polars gets an underscore more, and its own values."""
    frame = pl.DataFrame({"*": [1], "^a.*$": [2], "": [3], "ab": ["4"]})
    path = written(frame, tmp_path)
    assert read_back(path).to_dicts() == [{ROW: 1, "*_": 1, "^a.*$_": 2, "": 3, "ab": "4"}]
    assert [series.to_list() for series in open_path(path).column("^a.*$_")] == [["2"]]


def test_odd_path(tmp_path: Path) -> None:
    """Brackets and stars in a name are no pattern."""
    path = tmp_path / "a[1]*.parquet"
    NUMBERS.write_parquet(path)
    assert read_back(path).height == 10_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "'a.parquet' is not a Parquet file: it begins b''. Name what it is with --format"),
        (
            b"id,name\n1,x\n",
            "'a.parquet' is not a Parquet file: it begins b'id,n'. Name what it is with --format",
        ),
        (b"PAR1", "'a.parquet' is a damaged Parquet file: it ends after 4 bytes"),
        (
            b"PAR1" + bytes(100),
            "'a.parquet' is a damaged Parquet file: its end is missing. Copy or download it again",
        ),
        (
            b"PAR1\x15\x02\x02\x00\x00\x00PAR1",
            "'a.parquet' is a damaged Parquet file: its footer cannot be read",
        ),
        (b"PARE" + bytes(100), "'a.parquet' is an encrypted Parquet file, which cannot be read"),
    ],
)
def test_what_is_no_parquet(tmp_path: Path, data: bytes, message: str) -> None:
    """A file that cannot be read says what is wrong with it."""
    path = tmp_path / "a.parquet"
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        open_path(path)
    assert str(caught.value) == message


def test_no_rows(tmp_path: Path) -> None:
    """A table without rows is said to be one."""
    with pytest.raises(SourceError, match=r"^'a.parquet' has no rows$"):
        open_path(written(NUMBERS.clear(), tmp_path))


def test_footer_knows_its_groups(tmp_path: Path) -> None:
    """Row groups have the rows, and lie one after the other in the file."""
    footer = read_footer(written(NUMBERS, tmp_path, row_group_size=3000), "a")
    assert [group.rows for group in footer.groups] == [3000, 3000, 3000, 1000]
    assert footer.groups[0].span[0] == 4
    assert all(before.span[1] <= after.span[0] for before, after in pairwise(footer.groups))


def test_damaged_pages_are_found_before_polars_sees_them(tmp_path: Path) -> None:
    """A page header that cannot be is an error with its place, and no end of the process."""
    path = written(NUMBERS, tmp_path)
    content = bytearray(path.read_bytes())
    content[4] = 0
    path.write_bytes(bytes(content))
    message = "^'a.parquet' is a damaged Parquet file: the pages that begin at byte 4 cannot be read$"
    with pytest.raises(SourceError, match=message):
        open_path(path)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damaged_files_say_so(tmp_path: Path, data: st.DataObject) -> None:
    """A file with wrong bytes in it gives rows or a SourceError, never anything else."""
    path = written(NUMBERS.head(300), tmp_path, row_group_size=100)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))]))
    with suppress(SourceError):
        read_back(path, 1000)


def test_times_and_durations_keep_their_digits(tmp_path: Path) -> None:
    """A rejected row shows them whole; a plain cast cuts them at the second or fails."""
    frame = pl.select(
        t=pl.lit(3_723_000_004_000).cast(pl.Time), d=pl.lit(86_400_000_001).cast(pl.Duration("us"))
    )
    path = tmp_path / "a.parquet"
    frame.write_parquet(path)
    reader = open_path(path)
    batch = reader.sample()
    assert json.loads(batch.locate(batch.frame[ROW])["raw"][0]) == {
        "t": "01:02:03.000004",
        "d": "P1DT0.000001S",
    }
    assert next(reader.column("t")).to_list() == ["01:02:03.000004"]


def test_large_pages_are_read_for_several_chunks_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that holds more rows than a chunk is not decoded for each of them, and the rows are the same."""
    path = written(NUMBERS, tmp_path, data_page_size=10**9)
    reader = open_path(path, 4_000)
    fetched = []
    fetch = reader._fetch
    monkeypatch.setattr(reader, "_fetch", lambda *span: fetched.append(span) or fetch(*span))
    chunks = list(reader.chunks())
    frames = [reader.parse(chunk).frame for chunk in chunks]
    assert pl.concat(frames).drop(ROW).equals(NUMBERS)
    assert len(fetched) == -(-len(chunks) // 8)
    assert pl.concat(list(reader.column("id"))).to_list() == [str(n) for n in range(1, 10_001)]
