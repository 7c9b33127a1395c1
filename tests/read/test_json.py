"""JSONL: what becomes of lines."""

from __future__ import annotations

import json

import polars as pl
import pytest
from json_batches import batches, one, open_bytes

from heal_cli.errors import SourceError
from heal_cli.model import REJECTS, ROW


def broken(data: bytes) -> tuple[str, str]:
    """Reason and message of the one broken line between two good ones."""
    batch = one(b'{"a": 1}\n' + data + b'\n{"a": 3}\n')
    assert batch.frame.to_dicts() == [{ROW: 1, "a": "1"}, {ROW: 3, "a": "3"}]
    assert batch.broken[ROW].to_list() == [2]
    assert batch.locate(batch.broken[ROW])["raw"].to_list() == [data]
    return batch.broken["reason"][0], batch.broken["attempts"][0][0]


def test_values_are_text() -> None:
    """Strings come unescaped, everything else as the source spells it, null as null."""
    line = rb'{"s": "a\"\n\u00e9\ud83d\ude00/", "n": 1.10, "big": 12345678901234567890.12, "t": true, "z": null, "o": {"k": [1.0, "\u00e9"]}, "l": [] }'
    batch = one(line)
    assert batch.frame.to_dicts() == [
        {
            ROW: 1,
            "s": 'a"\né😀/',
            "n": "1.10",
            "big": "12345678901234567890.12",
            "t": "true",
            "z": None,
            "o": r'{"k": [1.0, "\u00e9"]}',
            "l": "[]",
        }
    ]
    assert batch.kinds == {
        "s": "string",
        "n": "number",
        "big": "number",
        "t": "boolean",
        "o": "json",
        "l": "json",
    }
    assert batch.broken.schema == REJECTS
    assert not batch.absent
    assert not batch.quoted


def test_columns_in_order_of_first_appearance() -> None:
    """Keys that come late become columns at the end; which rows lack them is known, and null is no absence."""
    batch = one(b'{"b": 1, "a": null}\n{"c": 2}\n{"a": 3, "d": 4}\n')
    assert batch.frame.columns == [ROW, "b", "a", "c", "d"]
    assert {name: mask.to_list() for name, mask in batch.absent.items()} == {
        "b": [False, True, True],
        "a": [False, True, False],
        "c": [True, False, True],
        "d": [True, True, False],
    }


def test_late_keys_do_not_vanish() -> None:
    """A key that the sample lacked is a column of the batch that has it; a column that a batch lacks is null."""
    first, second = batches(b'{"a": 1}\n' + b'{"b": 2}\n', batch_bytes=9)
    assert first.frame.to_dicts() == [{ROW: 1, "a": "1"}]
    assert second.frame.to_dicts() == [{ROW: 2, "a": None, "b": "2"}]
    assert second.absent["a"].to_list() == [True]


def test_mixed_column_knows_its_strings() -> None:
    """Where a column mixes kinds, a mask says which values are strings: the text null is not a null."""
    batch = one(b'{"a": "null"}\n{"a": null}\n{"a": 1}\n{"a": "1"}\n{"a": [1]}\n{"a": false}\n{}\n')
    assert batch.kinds == {"a": "mixed"}
    assert batch.frame["a"].to_list() == ["null", None, "1", "1", "[1]", "false", None]
    assert batch.quoted["a"].to_list() == [True, False, False, True, False, False, False]
    assert batch.absent["a"].to_list() == [False] * 6 + [True]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("spaced", [(",", ":"), (", ", ": ")])
def test_spelling_does_not_matter(end: str, spaced: tuple[str, str]) -> None:
    """Spaces after separators, line ends and blank lines change nothing but line numbers."""
    lines = ["", json.dumps({"a": 1, "b": "x"}, separators=spaced), "  ", json.dumps({"a": 2, "b": "y"}), ""]
    batch = one(end.join(lines).encode())
    assert batch.frame.to_dicts() == [{ROW: 1, "a": "1", "b": "x"}, {ROW: 2, "a": "2", "b": "y"}]
    places = batch.locate(pl.Series([2, 1]))
    assert places["line"].to_list() == [4, 2]
    assert places["raw"].to_list() == [lines[3].encode(), lines[1].encode()]


def test_byte_order_mark() -> None:
    """A mark at the start, or in the middle where files were joined, is not part of a record; offsets count it."""
    batch = one('\ufeff{"a":1}\n\ufeff{"a":2}\n'.encode())
    assert batch.frame["a"].to_list() == ["1", "2"]
    assert batch.locate(batch.frame[ROW])["offset"].to_list() == [3, 11]


def test_other_encodings() -> None:
    """Offset and raw bytes are those of the source, in its own encoding."""
    text = '{"a": "é"}\n{"a": oops}\n'
    batch = one(b"\xff\xfe" + text.encode("utf-16-le"))
    assert batch.frame["a"].to_list() == ["é"]
    (place,) = batch.locate(batch.broken[ROW]).to_dicts()
    assert (place["line"], place["offset"]) == (2, 24)
    assert place["raw"] == '{"a": oops}'.encode("utf-16-le")


@pytest.mark.parametrize(
    ("line", "reason", "message"),
    [
        (b'{"a": 1', "invalid_json", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        (b'{"a": 01}', "invalid_json", "Expecting ',' delimiter: line 1 column 8 (char 7)"),
        (rb'{"a": "\q"}', "invalid_json", "Invalid \\escape: line 1 column 8 (char 7)"),
        (b'{"a": nan}', "invalid_json", "Expecting value: line 1 column 7 (char 6)"),
        (
            rb'{"a": "\\ud800 \ud83d\ude00 \udc01"}',
            "invalid_json",
            r"the escape \udc01 is half a surrogate pair, which is no character",
        ),
        (b'{"a": "\xff"}', "invalid_utf8", "byte 8 of the line is no UTF-8: invalid start byte"),
        (b"[1, 2]", "not_an_object", "this is an array, not an object"),
        (b'"x"', "not_an_object", "this is a string, not an object"),
        (b"17", "not_an_object", "this is a number, not an object"),
        (b"null", "not_an_object", "this is null, not an object"),
        (rb'{"a": "x\u0000"}', "nul_byte", r"the string holds a NUL (\u0000), which PostgreSQL cannot store"),
        (rb'{"\u0000": 1}', "nul_byte", r"the key '\x00' holds a NUL, which PostgreSQL cannot store"),
        (b'{"a": 1, "a": 2}', "duplicate_key", "the key 'a' is there twice with different values"),
        (
            b'{"a":' + b"[" * 101 + b"]" * 101 + b"}",
            "nested_too_deep",
            "arrays and objects are nested deeper than 100",
        ),
        (
            b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
            "nested_too_deep",
            "arrays and objects are nested deeper than 100",
        ),
        (
            b'{"%s": 1}' % (b"k" * 1025),
            "key_too_long",
            f"the key {'k' * 40!r}... has 1,025 characters, more than 1,024",
        ),
        (
            json.dumps(dict.fromkeys(map(str, range(1601)), 0)).encode(),
            "too_many_columns",
            "the object has 1,601 keys, more than 1,600",
        ),
        (
            b"{" * 70_000,
            "invalid_json",
            "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
    ],
)
def test_broken_line_costs_itself(line: bytes, reason: str, message: str) -> None:
    """A broken line is a reject with its reason, its parser's words and its exact bytes; neighbours are whole."""
    assert broken(line) == (reason, message)


def test_nul_names_its_column() -> None:
    """The reject of a NUL says in which column, and what the source said."""
    batch = one(b'{"a": 1}\n{"a": 1, "b": "x\\u0000"}\n')
    assert batch.broken.select("column", "value").row(0) == ("b", "x\\u0000")


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": 2, "a": 2}',
        rb'{"a": 2, "\u0061": 2}',
        b' {"a" : 2 } ',
        rb'{"a": 2, "b": "\\u0000"}',
        b'{"a": 2, "b": 1e400}',
        b'{"a": 2, "b": ' + b"9" * 5000 + b"}",
        b'{"a": 2, "b": {"x": 1, "x": 2}}',
        rb'{"a": 2, "b": ["\u0000"]}',
        b'{"a": 2, "b": ' + b"[" * 99 + b"]" * 99 + b"}",
        b'{"a": 2, "b": "' + b"[{" * 500 + b'"}',
        b'{"a": 2, "": 1}',
        b'{"a": 2, "%s": "%d", "$.*[": "\x7f"}',
    ],
)
def test_odd_line_is_a_record(line: bytes) -> None:
    """Unusual JSON is JSON: equal doubles, odd spacing, huge numbers, deep but bounded nesting, odd keys."""
    batch = one(b'{"a": 1}\n' + line + b'\n{"a": 3}\n')
    assert batch.broken.is_empty()
    assert batch.frame["a"].to_list() == ["1", "2", "3"]


def test_reserved_names_are_moved() -> None:
    """A key that is heal's own row-number name stays a column, under a name with an underscore more."""
    batch = one(b'{"__row": 7, "__row_": 8}\n')
    assert batch.frame.to_dicts() == [{ROW: 1, "__row_": "7", "__row__": "8"}]


@pytest.mark.parametrize("times", [1, 600])
def test_names_are_no_patterns(times: int) -> None:
    """A key called like a pattern of polars gets an underscore more, and its own values."""
    lines = ['{"*": 1, "^a.*$": 2, "ab": "x", "": true}', '{"^a.*$": "2", "*": null}']
    batch = one("\n".join(lines * times).encode())
    assert batch.frame.drop(ROW).rows()[:2] == [("1", "2", "x", "true"), (None, "2", None, None)]
    assert batch.frame.columns == [ROW, "*_", "^a.*$_", "ab", ""]
    assert batch.quoted["^a.*$_"].to_list() == [False, True] * times
    assert batch.absent["ab"].to_list() == [False, True] * times


def test_late_columns_are_bounded() -> None:
    """Columns past PostgreSQL's limit are refused row by row; the rows before keep theirs."""
    lines = [json.dumps({f"k{i}": i}) for i in range(1700)]
    batch = one("\n".join(lines).encode())
    assert batch.frame.shape == (1600, 1601)
    assert set(batch.broken["reason"]) == {"too_many_columns"}
    assert batch.broken.height == 100


@pytest.mark.parametrize("columns", [1, 14, 15, 16, 40, 300])
def test_wide_lines(columns: int) -> None:
    """Any number of columns comes out whole, those that need more than one pattern too."""
    line = {f"column {i}": [i, f"v{i}é", i % 2 == 0, [i, {"k": i}]][i % 4] for i in range(columns)}
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode() * 600
    batch = one(data)
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in line.items()}
    assert batch.frame.drop(ROW).to_dicts() == [texts] * 600


def test_shapes_met_late_are_learned() -> None:
    """A file that changes its shape in the middle is read right, odd cells and all."""
    old = [json.dumps({"a": i, "b": str(i)}) for i in range(3000)]
    new = [json.dumps({"b": i, "c": [i], "a": None if i % 3 else "x\n"}) for i in range(3000)]
    batch = one("\n".join(old * 5 + new).encode())
    assert batch.broken.is_empty()
    assert batch.frame[ROW].to_list() == list(range(1, 18001))
    assert batch.frame.row(14_999) == (15_000, "2999", "2999", None)
    assert batch.frame.row(15_000) == (15_001, "x\n", "0", "[0]")
    assert batch.absent["c"].sum() == 15_000
    assert batch.kinds == {"a": "mixed", "b": "mixed", "c": "json"}
    assert batch.quoted["a"].sum() == 1000
    assert batch.quoted["b"].sum() == 15_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "'-' holds no record"),
        (b"\n \r\n", "'-' holds no record"),
        (b"[]", "'-' holds no record"),
        (
            b"{'a': 1}\n{'a': 2}\n",
            "'-' is not JSON: it holds no JSON object in its first 2 lines; the first begins \"{'a': 1}\". "
            "Name what it is with --format",
        ),
        (
            b"id,name\n1,x\n",
            "'-' is not JSON: it holds no JSON object in its first 2 lines; the first begins 'id,name'."
            " Name what it is with --format",
        ),
        (
            b'{"users": [{"a": 1}], "messages": [{"a": 1}]}',
            "'-' holds several arrays of objects ('users', 'messages') and it cannot be told which are the"
            " records. Say which, as in --json-path users; '.' takes the whole object for one",
        ),
    ],
)
def test_what_is_no_json(data: bytes, message: str) -> None:
    """A source without a record says what it is instead."""
    with pytest.raises(SourceError) as caught:
        open_bytes(data)
    assert str(caught.value) == message
