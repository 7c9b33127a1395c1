"""Escaped quotes and quotes of two kinds are read by polars as the patient splitter would read them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.read.exact import parse_exact
from heal_cli.read.fast import parse_fast
from heal_cli.read.fields import Grammar
from heal_cli.read.plain_quotes import make_plain

PLAIN = Grammar(",", '"', None, b"\n", 3)
ESCAPED = replace(PLAIN, escape="\\")
MIXED = replace(PLAIN, second_quote="'")
BOTH = replace(MIXED, escape="\\")

CELLS = st.text(alphabet="ab'\",\\ \x0e\x0f\x10", max_size=6)


def fast(text: str, grammar: Grammar) -> list[tuple[str | None, ...]] | None:
    """The records as polars reads them, None where it is not asked."""
    data = text.encode()
    frame = parse_fast(data, grammar, text.count("\n"), quotes=None, multiline=True, blanks=0)
    return None if frame is None else frame.rows()


@pytest.mark.parametrize(
    ("text", "grammar", "row"),
    [
        (r'1,"say \"hi\"",x', ESCAPED, ("1", 'say "hi"', "x")),
        (r'1,"C:\\temp\\",x', ESCAPED, ("1", "C:\\temp\\", "x")),
        (r'1,"a\nb \\\" c",\N', ESCAPED, ("1", r"a\nb \" c", r"\N")),
        (r'1,"both "" and \"",x', ESCAPED, ("1", 'both " and "', "x")),
        ("1,'a, b',\"c, d\"", MIXED, ("1", "a, b", "c, d")),
        ("'','it''s',it's", MIXED, ("", "it's", "it's")),
        ("1,\"it's, so\",'x'", MIXED, ("1", "it's, so", "x")),
        ('1,\'a\\\',"b\\""', BOTH, ("1", "a\\", 'b"')),
    ],
)
def test_polars_reads_it(text, grammar, row) -> None:
    """The usual cases take the fast path and come out right."""
    assert fast(text + "\n", grammar) == [row]


@pytest.mark.parametrize(
    ("text", "grammar", "row"),
    [
        (r"1,\\server\share,x", ESCAPED, ("1", r"\\server\share", "x")),
        ("1,\"a ,'',b\",x", MIXED, ("1", "a ,'',b", "x")),
        ("1,'say \"hi\"',x", MIXED, ("1", 'say "hi"', "x")),
        ("1,'tis,x", MIXED, ("1", "'tis", "x")),
        ("1,dogs',x", MIXED, ("1", "dogs'", "x")),
    ],
)
def test_what_is_not_sure_is_split_with_patience(text, grammar, row) -> None:
    """Escapes outside of quotes are text, and so is a quote that opens no cell."""
    assert fast(text + "\n", grammar) is None
    assert parse_exact(text.encode(), grammar, 1).frame.rows() == [(1, *row)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_escaped_line_end_is_a_line_end(end: str) -> None:
    """As MySQL writes it in quotes; it is another value than a backslash at the end of a line, which is doubled."""
    text = f'1,"one\\{end}two\\\\{end}three",x'
    row = ("1", f"one{end}two\\{end}three", "x")
    data = f"{text}\n".encode()
    frame = parse_fast(data, ESCAPED, 1, quotes=None, multiline=True, blanks=0)
    assert frame is not None
    assert frame.rows() == [row]
    assert parse_exact(text.encode(), ESCAPED, 1).frame.rows() == [(1, *row)]
    assert tuple(ESCAPED.split(text).cells) == row


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_backslash_outside_of_quotes_ends_no_line(line_end: str) -> None:
    """It is text there, and the next line is the next record."""
    data = f'1,"a",x\\{line_end}2,"b",y{line_end}'.encode()
    frame = parse_fast(data, ESCAPED, 2, quotes=None, multiline=True, blanks=0)
    assert frame is None or frame.rows() == [("1", "a", "x\\"), ("2", "b", "y")]


@pytest.mark.parametrize("grammar", [ESCAPED, MIXED, BOTH])
@given(data=st.data())
def test_the_paths_agree(grammar, data) -> None:
    """Whatever stands in the cells and around them: where polars is asked, it reads what the splitter does."""
    quoted = CELLS.map(lambda cell: f'"{cell}"') | CELLS.map(lambda cell: f"'{cell}'") | CELLS
    rows = data.draw(st.lists(st.lists(quoted, min_size=3, max_size=3), min_size=1, max_size=3))
    lines = [",".join(row) for row in rows]
    found = fast("".join(f"{line}\n" for line in lines), grammar)
    for i, line in enumerate(lines):
        split = grammar.split(line)
        if found is not None:
            assert (split.fault, tuple(split.cells)) == (None, found[i])
        frame = parse_exact(line.encode(), grammar, 1).frame if line else pl.DataFrame()
        if frame.height and not split.fault and len(split.cells) == 3:
            assert frame.rows() == [(1, *split.cells)]


def test_an_unreadable_text_is_not_sure() -> None:
    """A null, which stands for bytes that are no UTF-8."""
    assert make_plain(pl.Series([None], dtype=pl.String), BOTH).is_sure.to_list() == [False]
