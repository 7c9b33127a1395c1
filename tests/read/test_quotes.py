"""Records and quotes told from bytes against the patient ways that look at every line."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heal_cli.read.fast import parse_fast
from heal_cli.read.fields import Grammar
from heal_cli.read.octets import behind, octets_of, places
from heal_cli.read.quotes import NO_QUOTES, Quotes, find_quotes
from heal_cli.read.records import lay_out, lay_out_lines

GRAMMAR = Grammar(",", '"', None, b"\n", 3, heading="id,n,x", blank=",,", comment="#")
CELL = r'(?:"(?:[^"]|"")*"|[^",\n]*)'
SOUND = re.compile(rf"(?:{CELL}(?:,{CELL})*(?:\r?\n|\Z))*")

texts = st.lists(
    st.sampled_from(["1,x,2\n", '3,"y, z",4\n', '5,"p""q",6\n', '"7","",8\r\n', '9,"m\nn",1\n', "\n", "\r\n"])
    | st.text('a",\n\r:é', max_size=4)
    | st.sampled_from(["id,n,x\n", "id,n,y\n", "# note\n", ",,\n", "  \n", ":\n", "_\n"]),
    max_size=12,
).map("".join)


@settings(max_examples=300)
@given(text=texts)
def test_quotes_are_sound_where_the_patient_pattern_says_so(text: str) -> None:
    """No quote is believed that does not open a cell, close it, or stand doubled in one."""
    found = find_quotes(octets_of(text.encode()), GRAMMAR)
    bare = text.replace("\r\r", "\r")  # of two CRs the pattern takes one for a part of the cell
    if bare == text:
        assert (found is not None) == (SOUND.fullmatch(text) is not None)
    if found:
        inside = re.sub(r'(?:(?<=[,\n])|\A)"((?:[^"]|"")*)"', r"\1", text)
        assert found == Quotes(text.count('"'), inside.count('""'))


@settings(max_examples=300)
@given(text=texts, is_numbered=st.booleans())
def test_lines_by_their_bytes_are_what_they_are_by_their_texts(text: str, is_numbered: bool) -> None:
    """Lines, records, empty lines and words are counted as line by line; a doubt, and the patient way is asked."""
    grammar = replace(GRAMMAR, is_numbered=is_numbered)
    data = text.encode()
    found = lay_out_lines(data, grammar)
    patient = lay_out(data, grammar, final=True, details=True)
    lines = text.removesuffix("\n").split("\n") if text else []
    is_simple = not (patient.multiline or patient.broken or patient.asides.height) and "\r\r" not in text
    is_simple &= not any(line.count('"') % 2 for line in lines)
    may_be_aside = any(line.startswith(("id,n,x", ",,", "#")) for line in lines)
    assert is_simple if found is not None else may_be_aside or not is_simple
    if found is None:
        return
    assert (found.stop, found.lines, found.rows, found.blanks) == patient[:4]
    assert found.has_words == (is_numbered and any(line.removesuffix("\r") > ":" for line in lines))
    assert found.is_plain == ("\r" not in text and not found.blanks)


def test_quotes_at_either_end_are_counted() -> None:
    """What stands before the first byte and behind the last is a line end."""
    assert find_quotes(octets_of(b'"a","b""c"'), GRAMMAR) == Quotes(6, 1)
    assert find_quotes(octets_of(b'"a"'), GRAMMAR) == Quotes(2, 0)
    assert find_quotes(octets_of(b'"a"\r'), GRAMMAR) == Quotes(2, 0)
    assert find_quotes(octets_of(b""), GRAMMAR) == NO_QUOTES


@pytest.mark.parametrize("data", [b'a"', b'"a', b'"a" ', b' "a"', b'"a"\rb', b'"a""', b'a""b', b'"a"b"c"'])
def test_a_quote_that_is_not_sound_is_none(data: bytes) -> None:
    """Text beside a quote that is on its wrong side, or one too few."""
    assert find_quotes(octets_of(data), GRAMMAR) is None


def test_a_line_end_is_found_in_each_block() -> None:
    """Places are told across the blocks that they are picked by."""
    mask = pl.int_range(1_000_003, eager=True) % 7 == 3
    assert places(mask).to_list() == list(range(3, 1_000_003, 7))
    assert places(mask.clear()).to_list() == []


@given(data=st.binary(max_size=6), steps=st.integers(1, 8))
def test_what_is_behind_the_last_byte_is_the_end(data: bytes, steps: int) -> None:
    """One byte for each that is marked, whatever is left behind it."""
    octets = octets_of(data)
    found = behind(octets, octets > 99, steps, end=10)
    padded = data + bytes([10] * steps)
    assert found.to_list() == [padded[at + steps] for at, octet in enumerate(data) if octet > 99]


def test_cells_of_many_lines_are_what_others_read_in_them() -> None:
    """Wherever a thread of the parser begins, a quoted cell of many lines is one cell."""
    rows = [[str(n), f'{n},"x"\n,,\n' * (n % 97), f"end {n}"] for n in range(5_000)]
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    data = text.getvalue().encode()
    assert len(data) > 1 << 21
    frame = parse_fast(
        data, Grammar(",", '"', None, b"\n", 3), len(rows), quotes=None, multiline=True, blanks=0
    )
    assert frame is not None
    assert [list(row) for row in frame.fill_null("").rows()] == rows
