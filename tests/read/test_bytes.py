"""Streams: compression, encodings and what happens when they break."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import sys
import zipfile
import zlib
from pathlib import Path

import lz4.frame
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heal_cli.errors import SourceError
from heal_cli.model import ReadOptions
from heal_cli.read import compression, expand
from heal_cli.read.bytes import ByteStream
from heal_cli.read.compression import tell_compression
from heal_cli.read.csv import CsvReader
from heal_cli.read.encoding_guess import guess_encoding
from heal_cli.read.jsonl_lines import LineCutter
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


@pytest.mark.parametrize(
    "compress", [gzip.compress, bz2.compress, lzma.compress, zstd.compress, lz4.frame.compress]
)
def test_archives_of_several_members_are_read_whole(compress: object) -> None:
    """Compression is told by the first bytes; members follow one another."""
    packed = compress(PLAIN[:1000]) + compress(PLAIN[1000:])  # type: ignore[operator]
    stream = stream_of(packed)
    assert read_all(stream) == PLAIN
    assert stream.position == len(packed)


@pytest.mark.parametrize(
    "compress", [gzip.compress, bz2.compress, lzma.compress, zstd.compress, lz4.frame.compress]
)
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
        f"Name one, as in {path}/inside.csv"
    )


def test_a_zip_of_several_files_stands_for_them(tmp_path: Path) -> None:
    """Each is a source, in the archive's order; compressed ones are unpacked, what macOS adds is left out."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("b/two.csv", b"a,b\n2,x\n")
        archive.writestr("__MACOSX/b/._two.csv", b"\0")
        archive.writestr("one.csv.gz", gzip.compress(b"a,b\n1,y\n"))
    names = expand([str(path)])
    assert names == (f"{path}/b/two.csv", f"{path}/one.csv.gz")
    texts = []
    for name in names:
        stream = ByteStream(name)
        texts.append(read_all(stream))
        stream.close()
    assert texts == [b"a,b\n2,x\n", b"a,b\n1,y\n"]


def test_members_whose_names_are_no_paths_are_read(tmp_path: Path) -> None:
    """What climbs out of the archive, or begins with a slash, is a name and nothing else. Previously a KeyError."""
    path = tmp_path / "a.zip"
    members = ["../../out.csv", "/etc/x.csv", "b//c.csv", "./d.csv", "e\x1b[31m.csv"]
    with zipfile.ZipFile(path, "w") as archive:
        for number, member in enumerate(members):
            archive.writestr(member, b"a,b\n%d,x\n" % number)
    found = []
    for name in expand([str(path)]):
        stream = ByteStream(name)
        found.append(read_all(stream))
        stream.close()
    assert found == [b"a,b\n%d,x\n" % number for number in range(5)]
    assert list(tmp_path.iterdir()) == [path]


def test_a_member_that_is_not_there_is_a_missing_file(tmp_path: Path) -> None:
    """Told with what the archive holds. Previously a KeyError."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", b"a\n1\n")
    with pytest.raises(SourceError) as caught:
        ByteStream(f"{path}/two.csv")
    assert str(caught.value) == f"There is no file '{path}/two.csv'. The archive holds 'one.csv'"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_zip_with_two_files_of_one_name_is_refused(tmp_path: Path) -> None:
    """The first could not be reached by its name. Previously its rows were left out in silence."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", b"a\n1\n")
        archive.writestr("x.csv", b"a\n2\n")
    with pytest.raises(SourceError) as caught:
        expand([str(path)])
    assert str(caught.value) == (
        f"{str(path)!r} is a zip archive with 2 files called 'x.csv', of which one alone can be reached. "
        "Unpack it and load the files"
    )


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_an_archive_made_to_fill_the_disk_is_stopped(
    compress: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file of records is a thousand times its archive."""
    monkeypatch.setattr(compression, "BOMB_BYTES", 2**20)
    monkeypatch.setattr(compression, "BOMB_RATIO", 100)
    stream = stream_of(compress(bytes(2**24)))  # type: ignore[operator]
    with pytest.raises(SourceError, match="unpacks to more than 100 times its size"):
        read_all(stream)
    assert read_all(stream_of(compress(PLAIN))) == PLAIN  # type: ignore[operator]


@settings(max_examples=60)
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


_GERMAN = "name;ort\nMüller;Köln\nGroß;Düren\n"
_FRENCH = "nom,prix\nHélène,12 €\nFrançois,3 €\n"
_POLISH = "imię,miasto\nZażółć,Łódź\nWójcik,Kraków\nSławomir,Gdańsk\n"
_RUSSIAN = "имя,город\nИван,Москва\nПётр,Казань\n"  # noqa: RUF001
_JAPANESE = "名前,都市\n山田太郎,東京\n佐藤花子,大阪です\n"
_CHINESE = "姓名,城市\n王小明,北京\n李华,上海\n"


@pytest.mark.parametrize(
    ("text", "stored", "found"),
    [
        ("name\nMüller\nJosé\n", "cp1252", "cp1252"),
        ("id,name\n1,Jürgen\n2,Ada\n", "cp1252", "cp1252"),
        ("city\nÉ\n", "cp1252", "cp1252"),
        ("price\n5 €\n", "cp1252", "cp1252"),
        ("said\nit’s “fine” – ok…\n", "cp1252", "cp1252"),  # noqa: RUF001
        (_GERMAN, "latin-1", "cp1252"),
        ("id,dose\n1,5 µg\n", "cp1252", "cp1252"),
        ("id,v\n1,±0.5\n", "cp1252", "cp1252"),
        ("id,d\n1,Ø 5 mm\n", "cp1252", "cp1252"),
        (_GERMAN, "cp850", "cp850"),
        ("nr,name\n1,MÜLLER\n2,GRÖßE\n", "cp850", "cp850"),
        (_FRENCH, "iso8859-15", "iso8859-15"),
        (_POLISH, "cp1250", "cp1250"),
        (_POLISH, "iso8859-2", "iso8859-2"),
        ("név,cím\nÁrvíztűrő Győző,Fő utca\nKőszegi Gyula,Szűcs út\n", "cp1250", "cp1250"),
        ("имя\nмосква\nроссия\nпривет\n" * 20, "cp1251", "cp1251"),  # noqa: RUF001
        (_RUSSIAN, "cp1251", "cp1251"),
        (_RUSSIAN, "koi8-r", "koi8-r"),
        (_RUSSIAN, "cp866", "cp866"),
        ("όνομα\nΓιώργος\n", "cp1253", "cp1253"),  # noqa: RUF001
        ("id,city\n1,תל אביב\n", "cp1255", "cp1255"),
        ("ad,şehir\nIşık,İstanbul\n", "cp1254", "cp1254"),  # noqa: RUF001
        (_JAPANESE, "shift_jis", "cp932"),
        ("名前,数\n田中,2\n山田太郎,3\nSmith,4\n", "shift_jis", "cp932"),
        ("n,id\n1,コーヒー\n2,ノート\n", "shift_jis", "cp932"),
        ("n,id\n1,ﾄｳｷﾖｳ\n2,ｶ)ﾔﾏﾀﾞｼﾖｳﾃﾝ\n", "shift_jis", "cp932"),
        ("n,id\n1,ﾐﾂﾋﾞｼUFJ\n2,三菱\n", "shift_jis", "cp932"),
        (_JAPANESE, "euc-jp", "euc_jp"),
        (_CHINESE, "gb18030", "gb18030"),
        ("姓名,城市\n王小明,臺北\n李華,高雄的學校\n", "big5", "big5"),
        ("이름,도시\n김철수,서울\n이영희,부산\n", "euc-kr", "cp949"),
        ("a,b\n1,é\n", "utf-16-le", "utf-16-le"),
        (_CHINESE, "utf-16-be", "utf-16-be"),
        (_RUSSIAN, "utf-32-le", "utf-32-le"),
        (_RUSSIAN, "utf-32-be", "utf-32-be"),
        ("a,b\n1,é\n", "utf-8", "utf-8"),
        ("a,b\n1,\0\n", "utf-8", "utf-8"),
    ],
)
def test_the_encoding_is_told_by_evidence(text: str, stored: str, found: str) -> None:
    """No flag is needed where the bytes speak, however few they are."""
    stream = stream_of(text.encode(stored))
    assert stream.encoding.name == found
    assert read_all(stream).decode() == text


def test_a_guess_says_how_sure_it_is() -> None:
    """The confidence stands in the evidence that `heal plan` shows."""
    assert (
        stream_of("ort\nKöln\n".encode("cp1252")).encoding.evidence
        == "a guess by its letters, confidence 0.99"
    )


@pytest.mark.parametrize(
    "data",
    [
        b"a,b\n1,x\xff\n2,y\n",
        "a,b\n1,é\n2,ü\n3,ß\n".encode() + b"4,\xe9\n",
        b"a,b\n1,\x81\x8d\n2,y\n",
        "a,b\n1,Zoë\n2,José\n".encode() + b"3,\xff\xfe\n",
    ],
)
def test_a_few_invalid_bytes_leave_the_file_utf8(data: bytes) -> None:
    """They cost their rows, not the encoding."""
    assert stream_of(data).encoding.name == "utf-8"


def test_one_nul_makes_no_utf16() -> None:
    """A NUL and an invalid byte in a small file cost their rows; line ends say that it is no UTF-16."""
    stream = ByteStream("-", stdin=io.BytesIO(b"id,t\n1,b\xff\n2,z\0\n3,abc\n"))
    assert stream.encoding.name != "utf-16-le"
    assert stream.read(100).count(b"\n") == 4


def test_bytes_without_letters_have_a_guess_or_none() -> None:
    """Bytes that encodings explain with very unlike success are told of as others are."""
    data = zlib.compress("".join(f"{i},Zoë {i * 7919 % 1000},{i * 3}\n" for i in range(1, 3000)).encode())
    guess = guess_encoding(data[: 2**16])
    assert guess is None or 0 <= guess.confidence <= 1


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


_CELL = st.text('ab"\\r,', max_size=9)
_TEXT = st.lists(_CELL.map(lambda cell: f"1,{cell}\n"), min_size=2, max_size=40).map("".join)


@given(_TEXT, st.integers(8, 90), st.booleans())
def test_a_file_is_cut_where_a_stream_is(
    tmp_path_factory: pytest.TempPathFactory, text: str, batch_bytes: int, has_end: bool
) -> None:
    """How the bytes come, in one piece or in blocks, moves no boundary: a resumed load compares them."""
    data = ("id,text\n" + (text if has_end else text + "1,x")).encode()
    path = tmp_path_factory.mktemp("cut") / "a.csv"
    path.write_bytes(data)
    options = ReadOptions(batch_bytes=batch_bytes, delimiter=",", quote='"', header=True, encoding="utf-8")
    kinds = [
        lambda stream: CsvReader(stream, "-", options, None).chunks(),
        lambda stream: LineCutter(stream, "-", batch_bytes=batch_bytes, max_rows=7).chunks(),
    ]
    for chunks_of in kinds:
        file, piped = ByteStream(str(path), encoding="utf-8"), stream_of(data, "utf-8")
        cuts = [(c.start, c.stop, c.rows, c.first_line, c.digest, c.data) for c in chunks_of(file)]
        assert cuts == [(c.start, c.stop, c.rows, c.first_line, c.digest, c.data) for c in chunks_of(piped)]
        file.close()


def test_a_long_line_is_cut_alike_in_a_file_and_a_stream(tmp_path: Path) -> None:
    """A line longer than a batch, of which one block of a stream has the beginning and the next the end."""
    data = (
        b"".join(b'{"n": %d}\n' % n for n in range(5000))
        + b'{"n": "%s"}\n' % (b"x" * 9_000)
        + b'{"n": 0}\n' * 9_000
    )
    path = tmp_path / "a.jsonl"
    path.write_bytes(data)
    file, piped = ByteStream(str(path), encoding="utf-8"), stream_of(data, "utf-8")
    cuts = [
        [(c.stop, c.rows, c.digest) for c in LineCutter(s, "-", batch_bytes=500, max_rows=100).chunks()]
        for s in (file, piped)
    ]
    file.close()
    assert cuts[0] == cuts[1]


@pytest.mark.parametrize("end", [".csv", ".jsonl", ".json"])
@pytest.mark.parametrize("left", [0, 1_500_000, 1_579_990, 2_400_000])
def test_a_file_that_is_cut_off_while_it_is_read_is_told(tmp_path: Path, end: str, left: int) -> None:
    """What was there when it was opened is missed; the batches before are those of the whole file."""
    path = tmp_path / f"a{end}"
    lines = [b"id,n", *[b"1,12345678901234567890"] * 120_000]
    if end != ".csv":
        lines = [b'{"id": 1, "n": 1234567}'] * 120_000
    path.write_bytes(b"[%s]" % b",".join(lines) if end == ".json" else b"\n".join([*lines, b""]))
    options = ReadOptions(batch_bytes=100_000)
    whole, short = open_source(str(path), options), open_source(str(path), options)
    whole_cuts, cuts = [chunk.stop for chunk in whole.chunks()], []
    os.truncate(path, left)
    with pytest.raises(SourceError, match=r"a\.\w+' has become shorter while it was read: of [23],"):
        cuts.extend(chunk.stop for chunk in short.chunks())
    whole.close()
    short.close()
    assert cuts == whole_cuts[: len(cuts)]
    assert len(cuts) >= left // 100_000 - 1
