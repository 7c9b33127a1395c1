"""Sources: which files were meant, which format they have, and what is said where none fits."""

from __future__ import annotations

import gzip
import io
import os
import threading
from pathlib import Path

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import Format, ReadOptions
from heal_cli.read import expand, open_source


def rows_of(location: str, **options: object) -> list[tuple[object, ...]]:
    """All rows of a source, row numbers included."""
    reader = open_source(location, ReadOptions(**options))  # type: ignore[arg-type]
    try:
        return [row for chunk in reader.chunks() for row in reader.parse(chunk).frame.rows()]
    finally:
        reader.close()


def test_the_format_is_told_by_content_not_by_name(tmp_path: Path) -> None:
    """A CSV file may be called anything."""
    path = tmp_path / "a.parquet"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert rows_of(str(path)) == [(1, "1", "2")]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"a": 1}\n{"a": 2}\n', Format.JSONL),
        (b'\n {"a": 1}\n', Format.JSON),
        (b'// made by hand\n[{"a": 1}]', Format.JSON),
        (b'\x1e{"a": 1}\n\x1e{"a": 2}\n', Format.JSON),
        (b"[id],[name]\n1,x\n", Format.CSV),
        (b"{x},y\n1,2\n", Format.CSV),
    ],
)
def test_json_is_told_from_csv_by_its_first_characters(data: bytes, expected: Format) -> None:
    """A brace alone makes no JSON."""
    assert open_source("-", ReadOptions(), stdin=io.BytesIO(data)).source.format is expected


def test_the_flag_wins_over_the_content() -> None:
    """`--format csv` reads a line of JSON as CSV."""
    reader = open_source("-", ReadOptions(format=Format.CSV), stdin=io.BytesIO(b'{"a"}\n{"b"}\n'))
    assert reader.source.format is Format.CSV


def test_a_name_that_looks_like_a_pattern_is_a_name_first(tmp_path: Path) -> None:
    """`a[1].csv` is that file where it exists."""
    path = tmp_path / "a[1].csv"
    path.write_bytes(b"a,b\n1,2\n")
    (tmp_path / "a1.csv").write_bytes(b"")
    assert expand([str(path)]) == (str(path),)
    assert rows_of(str(path)) == [(1, "1", "2")]


def test_patterns_become_files_in_order_each_once(tmp_path: Path) -> None:
    """Sorted within a pattern, in the order given between them; folders are no sources."""
    for name in ("b.csv", "a.csv", "c.txt"):
        (tmp_path / name).touch()
    (tmp_path / "d.csv").mkdir()
    folder = str(tmp_path)
    assert expand([f"{folder}/b.csv", f"{folder}/*.csv", "-"]) == (f"{folder}/b.csv", f"{folder}/a.csv", "-")


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """A file name of bytes that are not UTF-8 is told before anything is read, also when a pattern finds it."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/b\xff.csv")).touch()
    with pytest.raises(SourceError, match="is not UTF-8, so no ledger or report could show it"):
        expand([f"{tmp_path}/*.csv"])


def test_nothing_that_matches_shows_the_nearest_names(tmp_path: Path) -> None:
    """A typing error is answered with what is there."""
    (tmp_path / "orders.csv").touch()
    wanted, near = str(tmp_path / "order.csv"), str(tmp_path / "orders.csv")
    with pytest.raises(SourceError) as caught:
        expand([wanted])
    assert str(caught.value) == f"There is no file {wanted!r}. Nearest: {near!r}"
    with pytest.raises(SourceError) as caught:
        expand([str(tmp_path / "none" / "x.csv")])
    assert str(caught.value) == (
        f"There is no file {str(tmp_path / 'none' / 'x.csv')!r}, nor the folder {str(tmp_path / 'none')!r}"
    )
    with pytest.raises(SourceError) as caught:
        expand([str(tmp_path / "*.parquet")])
    assert str(caught.value) == f"No file matches {str(tmp_path / '*.parquet')!r}"


KNOWN = "none of the formats csv, jsonl, json, parquet, arrow"
HINT = ". If it is one of them all the same, say which with --format"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is empty. Give the file that has the records"),
        (gzip.compress(b"", mtime=0), "is empty. Give the file that has the records"),
        (
            bytes(range(256)) * 8,
            f"holds binary data, which is {KNOWN}; it begins with {bytes(range(8))!r}{HINT}",
        ),
        (b"%PDF-1.7\n", f"is a PDF document, which is {KNOWN}{HINT}"),
        (b"<!doctype html>\n<title>Log in</title>\n", f"is an HTML page, which is {KNOWN}{HINT}"),
        (b"SQLite format 3\0" + bytes(80), f"is an SQLite database, which is {KNOWN}{HINT}"),
        (
            b"\x1f\x8b\x08\x00rubbish rubbish rubbish",
            "is damaged (Error -3 while decompressing data: invalid stored block lengths), after 0 decompressed bytes; "
            "the records that were whole up to there have been read. "
            "Get the file again; a second load goes on where this one ended",
        ),
    ],
)
def test_what_is_no_source_says_what_it_is(tmp_path: Path, data: bytes, message: str) -> None:
    """Empty, foreign and damaged files end in one sentence, not in rows."""
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    with pytest.raises(SourceError) as caught:
        rows_of(str(path))
    assert str(caught.value) == f"{str(path)!r} {message}"


def test_a_directory_is_no_source(tmp_path: Path) -> None:
    """The way to name its files is shown."""
    with pytest.raises(SourceError) as caught:
        open_source(str(tmp_path), ReadOptions())
    assert (
        str(caught.value)
        == f"{str(tmp_path)!r} is a directory. Name its files, for example '{tmp_path}/*.csv'"
    )


def test_a_pipe_is_read_without_seeking(tmp_path: Path) -> None:
    """Named pipes give their bytes once and lose none to the look at the format."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(b"a,b\n1,2\n",))
    writer.start()
    assert rows_of(str(path)) == [(1, "1", "2")]
    writer.join()


def test_standard_input_that_trickles_is_read_whole() -> None:
    """A reader that gives few bytes at a time changes nothing."""

    class Trickle(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(500))

        def read(self, size: int = -1, /) -> bytes:
            block, self.rest = self.rest[:7], self.rest[7:]
            return block

    reader = open_source("-", ReadOptions(batch_bytes=100), stdin=Trickle())  # type: ignore[arg-type]
    assert sum(chunk.rows for chunk in reader.chunks()) == 500
