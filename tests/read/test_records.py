"""Record boundaries: the fast reader against a slow, plain one, whatever the bytes and the batch size."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heal_cli.model import ROW, ReadOptions
from heal_cli.read.bytes import ByteStream
from heal_cli.read.csv import CsvReader
from heal_cli.read.dialect import Dialect, encode_dialect
from heal_cli.read.fields import MACHINE, Grammar


class Record(NamedTuple):
    line: int  # 1-based
    offset: int
    raw: bytes
    cells: tuple[str | None, ...] | str  # or the reason of its reject


def read(data: bytes, width: int, machine: tuple[int, ...], batch_bytes: int) -> list[Record]:
    """All records by the reader, in the order of their row numbers, which must be without gap."""
    grammar = Grammar(",", '"', None, b"\n", width, machine)
    dialect = Dialect(grammar, tuple("abcd"[:width]), 0, 1, ())
    stream = ByteStream("-", stdin=io.BytesIO(data), encoding="utf-8")
    options = ReadOptions(batch_bytes=batch_bytes, dialect=encode_dialect(dialect))
    reader = CsvReader(stream, "-", options, None)
    records: dict[int, Record] = {}
    for chunk in reader.chunks():
        assert chunk.first_row == len(records) + 1
        batch = reader.parse(chunk)
        assert chunk.rows == batch.frame.height + batch.broken.height
        what = {row[0]: row[1:] for row in batch.frame.rows()}
        what |= dict(batch.broken.select(ROW, "reason").rows())
        for row, line, offset, raw in batch.locate(pl.Series(sorted(what), dtype=pl.Int64)).rows():
            records[row] = Record(line, offset, raw, what[row])
    assert list(records) == list(range(1, len(records) + 1))
    return list(records.values())


# --------------------------------------------------------------------------- the slow, plain reader


def read_plainly(data: bytes, width: int, machine: tuple[int, ...]) -> list[Record]:
    """All records, line by line: comma, double quote, LF with an optional CR before it."""
    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    records, at, offset = [], 0, 0
    while at < len(lines):
        if lines[at] in (b"", b"\r") and width > 1:
            offset, at = offset + len(lines[at]) + 1, at + 1
            continue
        after = last_line(lines, at, width, machine) + 1
        record = b"\n".join(lines[at:after])
        raw = record.removesuffix(b"\r")
        read = cells(raw, width)
        if read in ("stray_quote", "unclosed_quote"):
            read = mended(raw.decode(), width, machine) or read
        records.append(Record(at + 1, offset, raw, read))
        offset, at = offset + len(record) + 1, after
    return records


def last_line(lines: list[bytes], at: int, width: int, machine: tuple[int, ...]) -> int:
    """Index of the last line of the record that begins at line `at`."""
    closing = next((i for i in range(at + 1, len(lines)) if lines[i].count(b'"') % 2), None)
    if lines[at].count(b'"') % 2 == 0 or closing is None:
        return at
    texts = [line.decode("latin-1") for line in lines[at : closing + 1]]
    between = texts[1:-1][:64]
    standing = sum(stands(line, width, machine) for line in between)
    if standing * 2 > len(between) and standing * (len(machine) + (width - 1) / 2) >= 3:
        return at
    fields = count_strictly("\n".join(texts).removesuffix("\r"))
    if fields is None or (fields != width and any(count(line) == width for line in texts[1:])):
        return at
    return closing


def count_strictly(record: str) -> int | None:
    """Number of fields if every quote is sound."""
    fields, at = 0, -1
    while at < len(record):
        match = re.compile(r'"(?:[^"]|"")*"(?=,|\Z)|[^",]*(?=,|\Z)').match(record, at + 1)
        if match is None:
            return None
        fields, at = fields + 1, match.end()
    return fields


def count(line: str) -> int:
    """Number of fields, patiently."""
    return re.sub(r'"(?:[^"]|"")*"', "", line).count(",") + 1


def stands(line: str, width: int, machine: tuple[int, ...]) -> bool:
    """The line is a whole record by itself."""
    free, value = r'(?:"(?:[^"]|"")*"|[^",][^,]*|)', f'(?:"{MACHINE}"|{MACHINE})'
    pattern = ",".join(value if i in machine else free for i in range(width))
    return re.fullmatch(pattern + "\r?", line) is not None


def cells(raw: bytes, width: int) -> tuple[str | None, ...] | str:
    """The cells of a record, or why it has none."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    if "\0" in text:
        return "nul_byte"
    found: list[str | None] = []
    at = -1
    while at < len(text):
        at += 1
        quoted = re.compile(r'"((?:[^"]|"")*)"(?!")').match(text, at)
        if text.startswith('"', at) and quoted is None:
            return "unclosed_quote"
        if quoted and not text.startswith(",", quoted.end()) and quoted.end() < len(text):
            return "stray_quote"
        stop = quoted.end() if quoted else (text + ",").index(",", at)
        found.append(quoted[1].replace('""', '"') if quoted else text[at:stop] or None)
        at = stop
    if len(found) < width:
        return "too_few_fields"
    return "too_many_fields" if any(found[width:]) else tuple(found[:width])


def mended(text: str, width: int, machine: tuple[int, ...]) -> tuple[str | None, ...] | None:
    """The cells, if one reading alone has `width` of them and values where values belong."""
    found = {row for row in readings(text) if len(row) == width}
    if len(found) != 1:
        return None
    row = found.pop()
    fits = all(re.fullmatch(MACHINE, row[i] or "") for i in machine if i < width)
    return row if fits and not any(',"' in (cell or "") for cell in row) else None


def readings(text: str) -> list[tuple[str | None, ...]]:
    """Every way to cut the text into cells, a quoted one ending at any quote before a comma or the end."""
    ends = [i for i in range(len(text) + 1) if i == len(text) or text[i] == ","]
    if text.startswith('"'):
        heads = [(text[1 : i - 1].replace('""', '"'), i) for i in ends if i > 1 and text[i - 1] == '"']
    else:
        heads = [(text[: ends[0]] or None, ends[0])]
    return [
        (head, *tail) for head, i in heads for tail in (readings(text[i + 1 :]) if i < len(text) else [()])
    ]


# --------------------------------------------------------------------------- promises

ALPHABETS = ('a,"\n', 'a,"\n\r1', "a1,,\n\n", 'a,"\n\0', 'é,"\n')
garbage: st.SearchStrategy[bytes] = (
    st.sampled_from(ALPHABETS).flatmap(lambda letters: st.text(letters, max_size=60)).map(str.encode)
)
dirty = st.lists(st.sampled_from([b"a", b",", b'"', b"\n", b"\xff", b"\xc3"]), max_size=40).map(b"".join)
line = st.sampled_from(
    ["1,x,2", '3,"y",4', '5,"p\nq",6', '7,"u,8', '9,v",1', "2,w", "", '3,4"",5', '6,"a""b",7']
)
almost = st.tuples(st.lists(line, max_size=12), st.sampled_from(["\n", "\r\n"])).map(
    lambda drawn: drawn[1].join(drawn[0]).encode()
)


@settings(max_examples=120)
@given(
    data=garbage | dirty | almost,
    width=st.integers(1, 4),
    machine=st.sampled_from([(), (0,)]),
    batch_bytes=st.integers(1, 30) | st.just(2**20),
)
def test_any_bytes_are_read_as_the_plain_reader_does(
    data: bytes, width: int, machine: tuple[int, ...], batch_bytes: int
) -> None:
    """Rows, lines, offsets, raw bytes, cells and reasons are the same whatever the batch size."""
    assert read(data, width, machine, batch_bytes) == read_plainly(data, width, machine)


@settings(max_examples=60)
@given(
    rows=st.lists(
        st.tuples(st.text('a",\n\r é', max_size=6), st.text('b",\n', max_size=6)), min_size=1, max_size=12
    ),
    ending=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    batch_bytes=st.integers(1, 60),
)
def test_what_the_csv_module_writes_comes_back(
    rows: list[tuple[str, str]], ending: str, quoting: int, batch_bytes: int
) -> None:
    """Every cell of a well-written file is read as it was, with newlines, quotes and delimiters in it."""
    written = io.StringIO(newline="")
    csv.writer(written, quoting=quoting, lineterminator=ending).writerows(
        (i, *row) for i, row in enumerate(rows)
    )
    found = read(written.getvalue().encode(), 3, (0,), batch_bytes)
    assert [tuple(cell or "" for cell in record.cells) for record in found] == [
        (str(i), *row) for i, row in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("middle", "expected"),
    [
        (b'1,"abc,3\n', ["unclosed_quote"]),
        (b'1,"abc,3\n4,5,6\n7,8",9\n', ["unclosed_quote", ("4", "5", "6"), ("7", '8"', "9")]),
        (b'1,"he said "hi",3\n', [("1", 'he said "hi', "3")]),
        (b'1,"he said "hi" to me",3\n', [("1", 'he said "hi" to me', "3")]),
        (b'1,"he said "hi", and "bye", too",3\n', [("1", 'he said "hi", and "bye", too', "3")]),
        (b'1,"a" x,"b",3\n', ["stray_quote"]),
        (b'1,"a","b",3\n', ["too_many_fields"]),
        (b"1,Smith, John,3\n", [("1", "Smith, John", "3")]),
        (b"1, 2,3,4\n", ["too_many_fields"]),
        (b'1,5" pipe,3\n', [("1", '5" pipe', "3")]),
        (b'1,"two\nlines, one ""cell""",3\n', [("1", 'two\nlines, one "cell"', "3")]),
        (b'1,"a\n\nb\n\n\nc",3\n', [("1", "a\n\nb\n\n\nc", "3")]),
        (b'1,"a\nb"\n', ["too_few_fields"]),
        (b"1,2\n", ["too_few_fields"]),
        (b"1,2,3,4\n", ["too_many_fields"]),
        (b"1,2,3,,\n", [("1", "2", "3")]),
        (b"1,\xff,3\n", ["invalid_utf8"]),
        (b"1,a\0b,3\n", ["nul_byte"]),
        (b'1,,""\n', [("1", None, "")]),
    ],
)
@pytest.mark.parametrize("batch_bytes", [1, 40, 2**20])
def test_a_broken_record_costs_itself_only(middle: bytes, expected: list[object], batch_bytes: int) -> None:
    """Neighbours before and behind are loaded right, with right row numbers."""
    around = [b"%d,x,%d\n" % (i, i) for i in range(10, 90)]
    good = [(str(i), "x", str(i)) for i in range(10, 90)]
    found = read(b"".join([*around, middle, *around]), 3, (0, 2), batch_bytes)
    assert [record.cells for record in found] == [*good, *expected, *good]
