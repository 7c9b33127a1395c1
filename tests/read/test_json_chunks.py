"""JSONL: chunks, whatever their size, and what a reader gives of them."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st
from json_batches import batches, one, open_bytes

from heal_cli.errors import SourceError
from heal_cli.model import ROW, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.json import JsonReader
from heal_cli.read.jsonl_lines import count_lines, is_blank, split_lines


@pytest.mark.parametrize("batch_bytes", [1, 50, 1000, 2**20])
def test_cuts_do_not_matter(batch_bytes: int) -> None:
    """Any batch size gives the same rows, places and final digest, and chunks that follow each other."""
    data = b"".join(
        b'{"a": %d, "b": "%s"}\n' % (i, b"x" * (i % 60)) if i % 7 else b"\nbroken\n" for i in range(1, 100)
    )
    got = batches(data, batch_bytes)
    assert [b.chunk.rows for b in got] == [b.frame.height + b.broken.height for b in got]
    for before, after in pairwise(b.chunk for b in got):
        assert not data[before.stop : after.start].strip(), "only blank lines lie between chunks"
    assert got[-1].chunk.digest == xxhash.xxh3_128(data).hexdigest()
    whole = one(data)
    for name in ("frame", "broken"):
        assert pl.concat([getattr(b, name) for b in got], how="diagonal").equals(getattr(whole, name))
    places = [b.locate(pl.concat([b.frame[ROW], b.broken[ROW]]).sort()) for b in got]
    assert pl.concat(places).equals(whole.locate(pl.Series(range(1, 100))))
    for row, line, offset, raw in pl.concat(places).iter_rows():
        assert data[offset:].startswith(raw)
        assert data[:offset].count(b"\n") == line - 1, row


def test_rows_are_bounded_by_columns() -> None:
    """Sparse lines with many columns make small chunks, so that a frame stays as small as its bytes."""
    data = b"".join(b'{"k%d":1}\n' % (i % 200) for i in range(5_000))
    heights = [batch.frame.height for batch in batches(data, 100_000)]
    assert sum(heights) == 5_000
    assert max(heights) <= 100_000 // 4 // 100


def test_long_line_is_whole() -> None:
    """A line longer than the batch makes its own batch, healthy or broken."""
    big = b"x" * 300_000
    got = batches(b'{"a": "%s"}\n{"a": "%s\n{"a": "z"}\n' % (big, big), 1000)
    assert [b.frame["a"].str.len_bytes().to_list() for b in got] == [[300_000], [], [1]]
    assert got[1].locate(got[1].broken[ROW])["raw"][0] == b'{"a": "%s' % big


def test_first_line_longer_than_the_look_ahead() -> None:
    """A first record that is longer than what is looked at to tell the format is a record all the same."""
    batch = one(b'{"a": "%s"}\n{"a": "b"}\n' % (b"x" * 2**21))
    assert batch.frame["a"].str.len_bytes().to_list() == [2**21, 1]


def test_threads_agree() -> None:
    """Several threads may parse at once, also while templates are being learned."""
    lines = [json.dumps({f"k{i // 2000}": i, "x": str(i)}) for i in range(20_000)]
    reader = open_bytes("\n".join(lines).encode(), 50_000)
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(reader.parse, reader.chunks()))
    frame = pl.concat([batch.frame for batch in got], how="diagonal")
    assert frame["x"].to_list() == [str(i) for i in range(20_000)]
    assert frame.select(pl.coalesce(f"k{i}" for i in range(10))).to_series().to_list() == frame["x"].to_list()


def test_sample_is_the_first_chunk() -> None:
    """The sample is what the first chunk parses to, and the chunk still comes."""
    reader = open_bytes(b'{"a": 1}\n{"a": 2}\n')
    sample = reader.sample()
    assert reader.source.columns == ("a",)
    (chunk,) = reader.chunks()
    assert reader.parse(chunk).frame.equals(sample.frame)
    assert (chunk.first_row, chunk.first_line, chunk.start, chunk.stop) == (1, 1, 0, 18)


def test_column_takes_a_second_look(tmp_path: Path) -> None:
    """One column over the whole file, chunk by chunk; a stream cannot be read twice."""
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\n{"b": 2}\nx\n{"a": "3"}\n')
    reader = JsonReader(ByteStream(str(path)), str(path), ReadOptions(batch_bytes=9), 100)
    assert [series.to_list() for series in reader.column("a")] == [["1"], [None], [], ["3"]]
    reader.close()
    message = "'-' is a stream and cannot be read a second time. Save it to a file and load that"
    with pytest.raises(SourceError, match=message):
        next(open_bytes(b"{}\n").column("a"))


def test_damaged_archive_gives_what_was_whole(tmp_path: Path) -> None:
    """Whole lines before the damage come out, then the error."""
    path = tmp_path / "a.jsonl.gz"
    lines = b"".join(b'{"a": %d, "b": "%d"}\n' % (i, i * 7919 % 65537) for i in range(50_000))
    path.write_bytes(gzip.compress(lines)[:-40_000])
    reader = JsonReader(ByteStream(str(path)), str(path), ReadOptions(), None)
    chunks = reader.chunks()
    batch = reader.parse(next(chunks))
    with pytest.raises(SourceError):
        next(chunks)
    reader.close()
    assert batch.frame.height > 10_000
    assert batch.broken.is_empty()


@given(
    st.lists(st.sampled_from(["a", "", " ", "\t", "\r", " a", "\xa0", "é", "\0"]), max_size=8), st.booleans()
)
def test_lines_are_counted_as_they_are_split(lines: list[str], ends: bool) -> None:
    """Physical lines, and those that are not blank, whatever they begin with."""
    data = ("\n".join(lines) + "\n" * ends).encode()
    split_up = split_lines(data) if data else []
    assert count_lines(data) == (len(split_up), sum(not is_blank(line) for line in split_up))
