"""Arrow IPC: files and streams."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heal_cli.errors import SourceError
from heal_cli.model import ROW, Format, ReadOptions
from heal_cli.read import SourceReader, open_source

FRAME = pl.DataFrame(
    {
        "a": range(5000),
        "b": [f"text {i}" for i in range(5000)],
        "c": pl.Series(["x", "y"] * 2500, dtype=pl.Categorical),
        "d": [{"k": [i]} for i in range(5000)],
    }
)
PLAIN = FRAME.with_columns(pl.col("c").cast(pl.String))


def stream_of(frame: pl.DataFrame, pieces: int = 1) -> bytes:
    """The frame as a stream of so many record batches."""
    file = io.BytesIO()
    size = frame.height // pieces
    pl.concat([frame[i * size : (i + 1) * size] for i in range(pieces)], rechunk=False).write_ipc_stream(file)
    return file.getvalue()


def read_back(reader: SourceReader) -> pl.DataFrame:
    """All rows."""
    return pl.concat(reader.parse(chunk).frame for chunk in reader.chunks())


@pytest.mark.parametrize("compression", ["uncompressed", "lz4", "zstd"])
def test_a_file_is_read_in_slices(tmp_path: Path, compression: str) -> None:
    """Every row once, typed, dictionaries as text."""
    path = tmp_path / "a.feather"
    FRAME.write_ipc(path, compression=compression)  # type: ignore[call-overload]
    reader = open_source(str(path), ReadOptions(batch_bytes=2**15))
    assert reader.source.format is Format.ARROW
    assert len(list(reader.chunks())) > 3
    rows = read_back(reader)
    assert rows.drop(ROW).equals(PLAIN)
    assert rows[ROW].to_list() == list(range(1, 5001))
    assert next(reader.column("c"))[0] == "x"


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_stream_is_read_by_record_batch(pack: object) -> None:
    """From standard input too, and compressed."""
    data = pack(stream_of(FRAME))  # type: ignore[operator]
    reader = open_source("-", ReadOptions(), stdin=io.BytesIO(data))
    assert reader.source.format is Format.ARROW
    assert read_back(reader).drop(ROW).equals(PLAIN)


def test_a_stream_that_is_cut_off_says_so() -> None:
    """What was whole is kept."""
    data = stream_of(FRAME)
    with pytest.raises(SourceError, match="ends in the middle of a record batch"):
        open_source("-", ReadOptions(), stdin=io.BytesIO(data[: len(data) // 2]))


def test_a_file_in_an_archive_says_what_to_do(tmp_path: Path) -> None:
    """Its footer comes last, so it cannot be read from a stream."""
    path = tmp_path / "a.feather.gz"
    FRAME.write_ipc(tmp_path / "a.feather")
    path.write_bytes(gzip.compress((tmp_path / "a.feather").read_bytes()))
    with pytest.raises(SourceError, match="is an Arrow IPC file inside a stream or an archive"):
        open_source(str(path), ReadOptions())


@settings(max_examples=30)
@given(st.data())
def test_damaged_streams_say_so(data: st.DataObject) -> None:
    """Bytes lost at the end never end in a traceback."""
    whole = stream_of(FRAME.head(20))
    cut = data.draw(st.integers(5, len(whole) - 1))
    try:
        rows = read_back(open_source("-", ReadOptions(format=Format.ARROW), stdin=io.BytesIO(whole[:cut])))
    except SourceError:
        return
    assert rows.drop(ROW).equals(PLAIN.head(20))
