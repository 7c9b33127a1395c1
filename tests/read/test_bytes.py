"""Streams: compression, encodings and what happens when they break."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.compression import tell_compression
from heal_cli.read.csv import CsvReader
from heal_cli.read.source import open_source

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PLAIN = b"a,b\n" + b"".join(b"%d,text number %d\n" % (i, i * 7919) for i in range(20_000))


def stream_of(data: bytes, encoding: str | None = None) -> ByteStream:
    """These bytes as standard input."""
    return ByteStream("-", stdin=io.BytesIO(data), encoding=encoding)


def read_all(stream: ByteStream, size: int = 2**16) -> bytes:
    """All that is left."""
    return b"".join(iter(lambda: stream.read(size), b""))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_archives_of_several_members_are_read_whole(compress: object) -> None:
    """Compression is told by the first bytes; members follow one another."""
    packed = compress(PLAIN[:1000]) + compress(PLAIN[1000:])  # type: ignore[operator]
    stream = stream_of(packed)
    assert read_all(stream) == PLAIN
    assert stream.position == len(packed)


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstd.compress])
def test_no_read_gives_more_than_was_asked_for(compress: object) -> None:
    """An archive that unpacks to very much is unpacked bit by bit."""
    stream = stream_of(compress(b"x," * 2**22))  # type: ignore[operator]
    stream.read(2**20)
    assert max(map(len, iter(lambda: stream.read(1000), b""))) <= 1000


def test_a_truncated_archive_gives_its_whole_records_and_then_says_so() -> None:
    """What was whole is kept; the half record at the end is not taken for one."""
    reader = CsvReader(stream_of(gzip.compress(PLAIN)[:-5000]), "-", ReadOptions(batch_bytes=2**14), None)
    rows: list[tuple[object, ...]] = []
    with pytest.raises(SourceError) as caught:
        rows.extend(row for chunk in reader.chunks() for row in reader.parse(chunk).frame.rows())
    assert 1000 < len(rows) < 20_000
    assert rows == [(i + 1, str(i), f"text number {i * 7919}") for i in range(len(rows))]
    assert str(caught.value).startswith("'-' ends before its archive does, after ")


def test_damage_inside_an_archive_is_told() -> None:
    """A wrong checksum is an error, after the data."""
    packed = bytearray(gzip.compress(PLAIN))
    packed[-6] ^= 1
    with pytest.raises(SourceError, match=r"^'-' is damaged \(.*incorrect data check\), after 4"):
        read_all(stream_of(bytes(packed)))


def test_rest_behind_an_archive_is_told() -> None:
    """NULs are padding; anything else is not read as data."""
    assert read_all(stream_of(gzip.compress(b"a,b\n") + b"\0" * 100)) == b"a,b\n"
    with pytest.raises(SourceError, match="has gzip data and then something else"):
        read_all(stream_of(gzip.compress(b"a,b\n") + b"rest of it"))


def test_a_zip_of_one_file_is_read_and_other_zips_say_why_not(tmp_path: Path) -> None:
    """One member is the source; several, or an Office document, are refused by name."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.csv", PLAIN)
    stream = ByteStream(str(path))
    assert read_all(stream) == PLAIN
    stream.close()
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("other.csv", b"")
    with pytest.raises(SourceError) as caught:
        ByteStream(str(path))
    assert str(caught.value) == (
        f"{str(path)!r} is a zip archive with 2 files ('inside.csv', 'other.csv') where one is wanted. "
        "Unpack it and name the files"
    )


@settings(max_examples=60, deadline=None)
@given(
    data=st.binary(max_size=80),
    encoding=st.sampled_from(["cp1252", "latin-1", "utf-16-le", "utf-16-be", "utf-32-le", "cp1251"]),
    size=st.integers(1, 9),
)
def test_transcoding_loses_no_byte(data: bytes, encoding: str, size: int) -> None:
    """Whatever the bytes, the way back to them is exact."""
    assume(tell_compression(data) is None)
    stream = stream_of(data, encoding)
    mark = data[: stream.origin]
    try:
        text = read_all(stream, size)
    except SourceError:  # half a character at the end
        return
    assert mark + stream.original(text) == data
    assert stream.origin + stream.measure(text) == len(data)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("name\nMüller\nJosé\n", "cp1252"),
        ("price\n5 €\n", "cp1252"),
        ("имя\nмосква\nроссия\nпривет\n" * 20, "cp1251"),  # noqa: RUF001
        ("a,b\n1,é\n", "utf-16-le"),
        ("a,b\n1,é\n", "utf-8"),
    ],
)
def test_the_encoding_is_told_by_evidence(text: str, stored: str) -> None:
    """No flag is needed where the bytes speak."""
    stream = stream_of(text.encode(stored))
    assert stream.encoding.name == stored
    assert read_all(stream).decode() == text


@pytest.mark.parametrize(
    "data", [b"a,b\n1,x\xff\n2,y\n", "a,b\n1,é\n2,ü\n3,ß\n".encode() + b"4,\xe9\n", b"a,b\n1,\x81\x8d\n2,y\n"]
)
def test_a_few_invalid_bytes_leave_the_file_utf8(data: bytes) -> None:
    """They cost their rows, not the encoding."""
    assert stream_of(data).encoding.name == "utf-8"


def test_a_transcoded_pipe_is_cut_alike_however_it_gives_its_bytes() -> None:
    """Chunks depend on the text, not on the sizes that a pipe hands it out in."""

    class Dribble(io.BytesIO):
        def read(self, n: int | None = -1, /) -> bytes:
            return super().read(min(n or 0, 777) if n and n > 0 else n)

    text = "id,note\n" + "".join(f"{n},\u00e9\u00e9\u4e2d {n}\n" for n in range(4000))
    data = text.encode("utf-16")
    cuts = []
    for stdin in (io.BytesIO(data), Dribble(data)):
        reader = open_source("-", ReadOptions(batch_bytes=4096), stdin=stdin)
        cuts.append([(chunk.stop, chunk.digest) for chunk in reader.chunks()])
        reader.close()
    assert cuts[0] == cuts[1]
