"""Zip archives whose end is lost: what was whole is read, and it is said where it ended."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read import expand
from heal_cli.read.bytes import ByteStream
from heal_cli.read.source import open_source

ROWS = [f"{i},text number {i * 7919}" for i in range(20_000)]
PLAIN = ("a,b\n" + "".join(f"{row}\n" for row in ROWS)).encode()


class _Pipe(io.RawIOBase):
    """What cannot seek, so that sizes stand behind the files."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        self.data += data  # type: ignore[operator]
        return len(data)  # type: ignore[arg-type]


def pack(*files: bytes, piped: bool = False, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of these files, `1.csv` and so on."""
    target: io.BytesIO | _Pipe = _Pipe() if piped else io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for number, data in enumerate(files, 1):
            archive.writestr(f"{number}.csv", data)
    return bytes(target.data) if isinstance(target, _Pipe) else target.getvalue()


def load(name: str) -> tuple[list[str], str]:
    """The records that were read, and how it ended."""
    reader = open_source(name, ReadOptions(batch_bytes=2**14))
    rows: list[str] = []
    try:
        for chunk in reader.chunks():
            frame = reader.parse(chunk).frame
            rows += [f"{a},{b}" for a, b in zip(frame["a"], frame["b"], strict=True)]
    except SourceError as error:
        return rows, str(error)
    finally:
        reader.close()
    return rows, ""


@pytest.mark.parametrize(
    ("piped", "method"),
    [(False, zipfile.ZIP_DEFLATED), (True, zipfile.ZIP_DEFLATED), (False, zipfile.ZIP_STORED)],
)
def test_a_truncated_file_is_read_as_far_as_it_is_whole(tmp_path: Path, piped: bool, method: int) -> None:
    """All whole records come, then the error; sizes may stand before the file or behind it."""
    path = tmp_path / "a.zip"
    path.write_bytes(pack(PLAIN, piped=piped, method=method)[:-30_000])
    rows, error = load(*expand([str(path)]))
    assert rows == ROWS[: len(rows)]
    assert len(rows) > 5_000
    assert error.startswith(f"{str(path)!r} ends before its archive does, after ")


@pytest.mark.parametrize("piped", [False, True])
def test_files_before_the_cut_are_whole(tmp_path: Path, piped: bool) -> None:
    """Each is a source of its own; only the one that was cut fails."""
    path = tmp_path / "a.zip"
    path.write_bytes(pack(PLAIN, PLAIN, b"a,b\n1,x\n", piped=piped)[: -len(pack(PLAIN)) + 20_000])
    names = expand([str(path)])
    assert names == (f"{path}/1.csv", f"{path}/2.csv")
    assert load(names[0]) == (ROWS, "")
    rows, error = load(names[1])
    assert rows == ROWS[: len(rows)]
    assert "2.csv' ends before its archive does" in error


@pytest.mark.parametrize("piped", [False, True])
def test_an_archive_that_lost_its_directory_alone_lost_no_record(tmp_path: Path, piped: bool) -> None:
    """Cut within the directory every file is whole; cut before it, others may be missing."""
    path = tmp_path / "a.zip"
    packed = pack(PLAIN, PLAIN, piped=piped)
    directory = packed.index(b"PK\1\2")
    path.write_bytes(packed[: directory + 50])
    assert [load(name) for name in expand([str(path)])] == [(ROWS, ""), (ROWS, "")]
    path.write_bytes(packed[:directory])
    (_, first), (rows, last) = (load(name) for name in expand([str(path)]))
    assert (first, rows) == ("", ROWS)
    assert "is the last file of an archive without its end" in last


@pytest.mark.parametrize("size", [4, 12, 33])
def test_an_archive_without_a_file_is_refused(tmp_path: Path, size: int) -> None:
    """So little is left that nothing can be read."""
    path = tmp_path / "a.zip"
    path.write_bytes(pack(PLAIN)[:size])
    with pytest.raises(SourceError, match="is a zip archive that cannot be read: it ends before its first"):
        expand([str(path)])


def test_every_cut_gives_whole_records_or_an_error(tmp_path: Path) -> None:
    """Wherever it is cut, no record is changed and no traceback comes."""
    path = tmp_path / "a.zip"
    packed = pack(PLAIN[:600], PLAIN[:300], piped=True)
    for size in range(4, len(packed), 7):
        path.write_bytes(packed[:size])
        try:
            names = expand([str(path)])
            read = [ByteStream(name) for name in names]
        except SourceError:
            continue
        for stream in read:
            data = b""
            try:
                while block := stream.read(100):
                    data += block
            except SourceError:
                pass
            stream.close()
            assert PLAIN.startswith(data)
