"""CSV: dialect, header, cells and what is found out about them."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import polars as pl
import pytest
import xxhash

from heal_cli.errors import HealError, SourceError, UsageError
from heal_cli.model import ROW, Batch, Finding, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.csv import CsvReader
from heal_cli.read.encoding import Transcoded
from heal_cli.read.exact import parse_exact
from heal_cli.read.fast import parse_fast
from heal_cli.read.fields import Grammar


def open_bytes(data: bytes, **options: object) -> CsvReader:
    """A reader of these bytes as standard input."""
    told = ReadOptions(**options)  # type: ignore[arg-type]
    stream = ByteStream("-", stdin=io.BytesIO(data), encoding=told.encoding)
    return CsvReader(stream, "-", told, None)


def one(data: bytes, **options: object) -> Batch:
    """The only batch."""
    return open_bytes(data, **options).sample()


def rows(data: bytes, **options: object) -> list[tuple[str | None, ...]]:
    """Cells of all sound records, without row numbers."""
    return one(data, **options).frame.drop(ROW).rows()


@pytest.mark.parametrize(
    "data",
    [
        b"id,name\n1,x\n2,y\n",
        b"id;name\n1;x\n2;y\n",
        b"id\tname\n1\tx\n2\ty\n",
        b"id|name\n1|x\n2|y\n",
        b"id\x01name\n1\x01x\n2\x01y\n",
        b"id,name\r\n1,x\r\n2,y\r\n",
        b"id,name\r1,x\r2,y\r",
        b"id,name\n1,x\n2,y",
        b"\n\nid,name\n\n1,x\n\n\n2,y\n\n",
        b"\xef\xbb\xbfid,name\n1,x\n2,y\n",
        b"'id','name'\n'1','x'\n'2','y'\n",
        "id,name\n1,x\n2,y\n".encode("utf-16"),
        "id,name\n1,x\n2,y\n".encode("utf-16-be"),
        "id,name\n1,x\n2,y\n".encode("utf-32"),
    ],
)
def test_the_dialect_is_found_from_the_bytes(data: bytes) -> None:
    """Delimiter, line ends, quote, blank lines and encoding need no flag."""
    batch = one(data)
    assert batch.frame.columns == [ROW, "id", "name"]
    assert batch.frame.rows() == [(1, "1", "x"), (2, "2", "y")]
    assert batch.broken.is_empty()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a;b\n1,5;2,5\n3,5;4,5\n", [("1,5", "2,5"), ("3,5", "4,5")]),
        (
            b"at,n\n2024-01-01 10:00:00,1\n2024-01-01 11:00:00,2\n",
            [("2024-01-01 10:00:00", "1"), ("2024-01-01 11:00:00", "2")],
        ),
        (b"message\nHello, you\nYes\n", [("Hello, you",), ("Yes",)]),
        (b"name\nx\n\ny\n", [("x",), (None,), ("y",)]),
    ],
)
def test_a_delimiter_is_one_only_where_it_is_regular(data: bytes, expected: list[tuple[str, ...]]) -> None:
    """Decimal commas, times and prose do not make columns; an empty line is a record of one column."""
    assert rows(data) == expected


def test_a_delimiter_of_several_characters_is_read_when_told() -> None:
    """`||` works with quotes and without."""
    assert rows(b'a||b\n1||x|y\n2||"p||q"\n', delimiter="||") == [("1", "x|y"), ("2", "p||q")]


def test_an_escape_is_read_when_told() -> None:
    """A backslash before a quote keeps the cell open, over lines too."""
    data = b'a,b\n1,"say \\"hi\\", you"\n2,"x\\"\ny"\n'
    assert rows(data, escape="\\") == [("1", 'say "hi", you'), ("2", 'x"\ny')]


def test_bare_empty_is_null_and_quoted_empty_is_a_text() -> None:
    """The two are told apart on the fast and on the exact path."""
    assert rows(b'a,b\n1,\n2,""\n') == [("1", None), ("2", "")]
    assert rows(b'a,b\n1,\n2,""\n3\n') == [("1", None), ("2", "")]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (b"id,id,id_2", ("id", "id_3", "id_2")),
        (b"id,,x", ("id", "column_2", "x")),
        (b" Id ,id,ID", (" Id ", "id", "ID")),
        (b"__row,column_3,", ("__row_2", "column_3", "column_3_2")),
    ],
)
def test_column_names_are_unique_and_every_change_is_told(header: bytes, columns: tuple[str, ...]) -> None:
    """Names stay as they are where they can; each that changes is a finding."""
    source = open_bytes(header + b"\n1,2,3\n4,5,6\n").source
    assert source.columns == columns
    changed = [name for name, given in zip(columns, header.decode().split(","), strict=True) if name != given]
    assert [finding.value for finding in source.findings if finding.what == "column name"] == changed


@pytest.mark.parametrize(
    ("data", "options", "columns", "count"),
    [
        (b"1,x\n2,y\n", {}, ("column_1", "column_2"), 2),
        (b"a,b\n1,x\n", {"header": False}, ("column_1", "column_2"), 2),
        (b"1,x\n2,y\n", {"header": True}, ("1", "x"), 1),
        (b"1,x\n2,y\n", {"columns": ("p", "q")}, ("p", "q"), 2),
        (b"a,b\n1,x\n", {"columns": ("p", "q")}, ("p", "q"), 1),
        (b"made by\n2024\na,b\n1,x\n", {"skip_rows": 2}, ("a", "b"), 1),
    ],
)
def test_the_header_is_found_or_told(
    data: bytes, options: dict[str, object], columns: tuple[str, ...], count: int
) -> None:
    """Values in the first row are no names; flags have the last word."""
    reader = open_bytes(data, **options)
    assert reader.source.columns == columns
    assert reader.sample().chunk.rows == count


def test_findings_name_the_flag_that_overrides_them() -> None:
    """What was found out is said, with its evidence."""
    found = open_bytes("a;b\n1;café\n".encode("cp1252")).source.findings
    assert found[:2] == (
        Finding(
            "encoding",
            "cp1252",
            "--encoding",
            "a guess by its letters, confidence 0.99",
        ),
        Finding("delimiter", "semicolon", "--delimiter", "2 fields in 100% of the first 2 records"),
    )


def test_locate_gives_the_bytes_as_stored() -> None:
    """Line, offset and raw bytes refer to the source's own encoding, in the order asked for."""
    reader = open_bytes('a,b\n1,é\n2,"x\ny"\n3,ü\n'.encode("utf-16"))
    batch = reader.sample()
    where = batch.locate(pl.Series([3, 2]))
    assert where.rows() == [
        (3, 5, 34, "3,ü".encode("utf-16-le")),
        (2, 3, 18, '2,"x\ny"'.encode("utf-16-le")),
    ]


def test_the_digest_is_that_of_all_text_so_far() -> None:
    """A chunk's digest vouches for everything before it; ranges touch each other."""
    data = b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(50))
    chunks = list(open_bytes(data, batch_bytes=64).chunks())
    assert len(chunks) > 3
    for chunk in chunks:
        assert chunk.digest == xxhash.xxh3_128(data[: chunk.stop]).hexdigest()
    assert [chunk.start for chunk in chunks[1:]] == [chunk.stop for chunk in chunks[:-1]]
    assert (chunks[0].start, chunks[-1].stop) == (4, len(data))


def test_a_second_look_gives_one_column_of_all_chunks(tmp_path: Path) -> None:
    """`column` reads the file anew; a stream cannot be."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b"".join(b"%d,x\n" % i for i in range(50)))
    reader = CsvReader(ByteStream(str(path)), str(path), ReadOptions(batch_bytes=64), None)
    assert pl.concat(reader.column("a")).to_list() == [str(i) for i in range(50)]
    reader.close()
    with pytest.raises(SourceError) as caught:
        next(open_bytes(b"a,b\n1,2\n").column("a"))
    assert str(caught.value) == (
        "'-' is a stream and cannot be read a second time. Save it to a file and load that"
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            "a,b".encode("utf-32-le") + b"\0\0\x11\0" + "x".encode("utf-32-le"),
            "holds bytes that are no utf-32-le",
        ),
        ("a,b".encode("utf-32-le")[:-1], "ends in the middle of a character"),
    ],
)
def test_a_text_is_called_cut_off_only_where_it_is(data: bytes, said: str) -> None:
    """What no encoding has is no end: getting the file again would not help."""
    text = Transcoded(io.BytesIO(data).read, "utf-32-le", "x")
    with pytest.raises(SourceError, match=said):
        list(iter(lambda: text.read(1000), b""))


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (b"a,b\n", {}, "'-' has a header and no records. If its first line is a record, say --no-header"),
        (
            b"a,b\n1,2\n",
            {"footer": 9},
            "'-' has a header and no records above the last 9 lines (--footer)."
            " If its first line is a record, say --no-header",
        ),
        (b"\n\n", {}, "'-' holds no records, only blank lines"),
        (b"a,b\n1,2\n", {"skip_rows": 9}, "'-' holds no records below the 9 lines of --skip-rows"),
        (
            b"a,b\n1,2\n",
            {"columns": ("x",)},
            "--columns has 1 name and '-' has 2 columns. Give one name for each column",
        ),
        (b"a,b\n1,2\n", {"quote": "ab"}, "--quote 'ab' is not one ASCII character. Use --quote '' for none"),
        (b"a,b\n1,2\n", {"delimiter": ""}, "--delimiter '' cannot be a delimiter"),
        (b"a,b\n1,2\n", {"delimiter": '"', "quote": '"'}, "--delimiter and --quote are both '\"'"),
        (
            b"a,b\n1,2\n",
            {"encoding": "klingon"},
            "--encoding 'klingon' is no encoding that is known. Try utf-8, cp1252, latin-1 or utf-16",
        ),
        *(
            (
                b"a,b\n1,2\n",
                {"encoding": name},
                f"--encoding {name!r} is no encoding that is known. Try utf-8, cp1252, latin-1 or utf-16",
            )
            for name in ("idna", "punycode", "undefined")
        ),
        (
            "a,b\n1,2\n".encode("utf-16")[:-1],
            {},
            "'-' is not whole: it ends in the middle of a character of utf-16-le."
            " Get the file again; if it is in another encoding, say which with --encoding",
        ),
        (b"a,b\n1,2\n", {"skip_rows": -1}, "--skip-rows -1 is negative"),
    ],
)
def test_what_cannot_be_read_says_so(data: bytes, options: dict[str, object], message: str) -> None:
    """Messages name the source, the value and the way out."""
    with pytest.raises(HealError) as caught:
        one(data, **options)
    assert str(caught.value) == message
    assert isinstance(caught.value, UsageError if message.startswith("--") else SourceError)


def test_every_reject_says_what_was_tried() -> None:
    """A broken record carries its reason and how it was read."""
    broken = one(b"a,b\n1,x\n2\n").broken
    assert broken.select(ROW, "reason", "value", "attempts").rows() == [
        (
            2,
            "too_few_fields",
            None,
            ["""read as CSV with delimiter ',' and quote '"': 1 fields where 2 are wanted"""],
        )
    ]


@pytest.mark.parametrize("neighbour", ["1,2", '"1",2', '"1 ""2""",3'])
@pytest.mark.parametrize("quoted", [("a", ",", '"'), ('"a"', '"', ",", "\r")])
def test_polars_is_believed_only_where_it_is_right(quoted: tuple[str, ...], neighbour: str) -> None:
    """Every short record: the fast path says what the patient splitter says, or nothing."""
    grammar = Grammar(",", '"', None, b"\n", 2)
    for letters in itertools.product(quoted, repeat=5):
        record = "".join(letters)
        frame = parse_fast(
            f"x,y\n{record}\n{neighbour}\n".encode(), grammar, 3, quotes=None, multiline=False, blanks=0
        )
        if frame is not None:
            assert list(frame.row(1)) == grammar.split(record.removesuffix("\r")).cells


def test_a_byte_order_mark_at_a_batch_s_beginning_is_a_part_of_the_value() -> None:
    """Polars takes the mark off any text that begins with it; a cell of a later batch keeps it."""
    grammar = Grammar(",", '"', None, b"\n", 2)
    data = "\ufeffa,1\nb,2\n".encode()
    assert parse_fast(data, grammar, 2, quotes=0, multiline=False, blanks=0) is None
    assert parse_exact(data, grammar, 1).frame["0"].to_list() == ["\ufeffa", "b"]


def test_a_line_beyond_the_bound_ends_the_reading_after_what_was_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory stays bounded: the records before it come, then the error."""
    monkeypatch.setattr("heal_cli.read.cut.MAX_RECORD_BYTES", 1000)
    reader = open_bytes(b"a,b\n1,2\n" + b"x" * 5000, batch_bytes=100)
    chunks = reader.chunks()
    assert next(chunks).rows == 1
    with pytest.raises(SourceError) as caught:
        next(chunks)
    assert str(caught.value) == (
        "Line 3 of '-' is longer than 1,000 bytes; the records before it have been read. "
        "Give the delimiter and line ends that the file has, or its format with --format"
    )


def test_a_file_without_line_ends_is_refused_before_it_is_read_whole() -> None:
    """At most 1 MiB is looked at."""
    with pytest.raises(SourceError) as caught:
        open_bytes(b"x" * 2**21)
    assert str(caught.value) == (
        "'-' has no line end in its first 1,048,576 bytes. If it is no CSV, give its format with --format"
    )


@pytest.mark.parametrize("delimiter", ["§", "→"])
def test_a_delimiter_of_several_bytes(delimiter: str) -> None:
    """A character beyond ASCII delimits, too, once it is named."""
    data = f'a{delimiter}b\n1{delimiter}"x{delimiter}y"\n'.encode()
    assert rows(data, delimiter=delimiter) == [("1", f"x{delimiter}y")]


def test_blank_lines_between_all_records_hide_no_other_table() -> None:
    """Each record below an empty line is looked at, and only what is no record may begin another table."""
    body = "".join(f"{i},x,{i}\n\n" for i in range(100))
    reader = open_bytes(f"id,name,n\n{body}sku,price\nA,1\nB,2\n".encode())
    assert sum(reader.parse(chunk).frame.height for chunk in reader.chunks()) == 100
    assert [finding.value for finding in reader.source.findings if finding.what == "another table"] == [
        "lines 202-204"
    ]


def test_quotes_inside_of_cells_are_read_beside_quoted_cells() -> None:
    """Inches, quoted cells and broken records of one batch, each in its place."""
    reader = open_bytes(b'id,size,n\n1,12" pipe,2\n2,"a, b",3\n3,6",4\n4,"x" y,5\n5,z"",6\n6,7\n')
    (chunk,) = reader.chunks()
    batch = reader.parse(chunk)
    assert batch.frame.rows() == [
        (1, "1", '12" pipe', "2"),
        (2, "2", "a, b", "3"),
        (3, "3", '6"', "4"),
        (5, "5", 'z""', "6"),
    ]
    assert batch.broken.select(ROW, "reason").rows() == [
        (4, "stray_quote"),
        (6, "too_few_fields"),
    ]
