"""Comments, repeated headers, lines of spaces and rows without a value among the records: lines that are found, counted and cut out before parsing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from heal_cli.read.fields import Grammar
from heal_cli.read.records import Layout, lay_out, lay_out_lines


class Aside(NamedTuple):
    """A line that is no record."""

    line: int  # 0-based within its bytes
    start: int
    stop: int  # its line end not counted
    text: str


NONE: Final[tuple[Aside, ...]] = ()


def find_asides(data: bytes, grammar: Grammar, *, final: bool) -> tuple[tuple[Aside, ...], Layout | None]:
    """The asides of `data`, and the layout of all its lines where that had to be found out with them."""
    if not grammar.may_have_asides(data):
        return NONE, None
    candidates = tuple(_candidates(data, grammar))
    texts = pl.Series([aside.text for aside in candidates], dtype=pl.String)
    found = tuple(aside for aside, is_one in zip(candidates, grammar.is_aside(texts), strict=True) if is_one)
    if not found:
        return NONE, None
    others = lay_out_lines(without(data, found), grammar)
    if others is not None:  # each line stands for itself, so no candidate is inside a cell
        lines, blanks = others.lines + len(found), others.blanks + len(found)
        return found, others._replace(stop=len(data), lines=lines, blanks=blanks, is_plain=False)
    layout = lay_out(data, grammar, final=final, details=True)
    assert layout.asides is not None
    columns = layout.asides.select("line", "start", "stop", "text")
    return tuple(Aside(*row) for row in columns.iter_rows()), layout


def without(data: bytes, asides: tuple[Aside, ...]) -> bytes:
    """The bytes with those lines cut out."""
    kept, at = [], 0
    for aside in asides:
        kept.append(data[at : aside.start])
        at = aside.stop + 1
    return b"".join([*kept, data[at:]])


def _candidates(data: bytes, grammar: Grammar) -> Iterator[Aside]:
    """Lines that begin as an aside does, in order."""
    end = grammar.terminator
    ahead = {sign: _next(data, sign, 0, end) for sign in grammar.aside_signs}
    line, counted = 0, 0
    while any(at >= 0 for at in ahead.values()):
        start = min(at for at in ahead.values() if at >= 0)
        stop = data.find(end, start)
        stop = len(data) if stop < 0 else stop
        line += data.count(end, counted, start)
        counted = start
        yield Aside(line, start, stop, data[start:stop].decode(errors="replace"))
        ahead = {sign: _next(data, sign, stop, end) if at == start else at for sign, at in ahead.items()}


def _next(data: bytes, sign: bytes, at: int, end: bytes) -> int:
    """Where the next line that begins with `sign` does, -1 for nowhere; `at` is 0 or that of a line end."""
    if at == 0 and data.startswith(sign):
        return 0
    found = data.find(end + sign, at)
    if found >= 0:
        return found + 1
    line = data.rfind(end, at) + 1  # the last line may lack its end
    return line if line and line < len(data) and data[line:] == sign.rstrip(b"\r\n") else -1
