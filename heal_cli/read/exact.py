"""CSV bytes with broken records in them: every sound record as cells, every other one as a reject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import polars as pl

from heal_cli.model import REJECTS, ROW
from heal_cli.read.blanks import without_blanks
from heal_cli.read.fast import parse_fast
from heal_cli.read.fields import STAND_IN, Grammar
from heal_cli.read.groups import group_lines
from heal_cli.read.mend import mend
from heal_cli.read.plain_quotes import make_plain, plain_grammar, restore
from heal_cli.read.records import lay_out
from heal_cli.read.wrapped import unwrap_all

_EXPLANATIONS: Final = {
    "unclosed_quote": "field {at} opens with a quote that nothing closes without swallowing whole records",
    "stray_quote": "field {at} has a quote in it that is neither doubled nor its last character",
    "unknown_escape": "field {at} has a backslash that neither COPY nor MySQL would write there",
    "invalid_utf8": "byte {at} of the record is no valid UTF-8",
    "nul_byte": "the record has a NUL byte, which PostgreSQL text cannot hold",
    "too_few_fields": "{at} fields where {width} are wanted",
    "too_many_fields": "{at} fields where {width} are wanted, and those beyond are not empty",
    "doubtful_footer": "it stands at the end and may be a sum: --footer N passes over the last N lines, --footer 0 loads them",
    "group_line": "it has a value where only headings and sums of groups have one, and is one of them",
}


class Exact(NamedTuple):
    """The records of a chunk, sorted out."""

    frame: pl.DataFrame  # ROW, '0', '1', ...
    broken: pl.DataFrame  # REJECTS


class _Fault(NamedTuple):
    reason: str
    at: int


def parse_exact(data: bytes, grammar: Grammar, first_row: int) -> Exact:
    """Every record of `data` once: sound ones in the frame, all others in `broken`."""
    spans = lay_out(data, grammar, final=True, details=True).records
    assert spans is not None
    raws = [data[start:stop] for start, stop in spans.select("start", "stop").iter_rows()]
    return read_apart(raws, range(first_row, first_row + len(raws)), grammar)


def read_apart(raws: Sequence[bytes], rows: Sequence[int], grammar: Grammar) -> Exact:
    """The same for records that stand apart already.

    Args:
        rows: Number of each, rising.
    """
    texts = [_decode(raw) for raw in raws]
    column, numbers = pl.Series(texts, dtype=pl.String), pl.Series(ROW, rows, dtype=pl.Int64)
    if grammar.is_wrapped:
        column, grammar = unwrap_all(column), replace(grammar, is_wrapped=False)
        texts = column.to_list()
    left = pl.int_range(len(raws), dtype=pl.UInt32, eager=True)
    frames: list[pl.DataFrame] = []
    for way_of in _WAYS:
        way = way_of(column.gather(left), grammar)
        strict = _is_strict(way)
        sound = _parse_sound(way.texts.filter(strict), way.grammar)
        if sound is not None:
            sound = sound if way.barred else restore(sound, grammar)
            frames.append(sound.insert_column(0, numbers.gather(left.filter(strict))))
            left = left.filter(~strict)
    cells, faults = [], []
    for i in left:
        split = _split(raws[i], texts[i], grammar)
        if isinstance(split, _Fault):
            faults.append((rows[i], split))
        else:
            cells.append((rows[i], *split))
    return Exact(_frame(frames, cells, grammar.width), _rejects(faults, grammar))


class _Way(NamedTuple):
    """Records as polars can read some of them."""

    texts: pl.Series
    grammar: Grammar
    is_sure: pl.Series  # Boolean: the grammar is that of the record
    barred: str = ""  # quotes that no cell may begin with


def _as_written(texts: pl.Series, grammar: Grammar) -> _Way:
    plain = make_plain(texts, grammar)
    return _Way(plain.texts, plain_grammar(grammar), plain.is_sure)


def _tight(texts: pl.Series, grammar: Grammar) -> _Way:
    tight = without_blanks(texts, grammar)
    return _Way(tight.texts, plain_grammar(grammar), tight.is_sure)


def _bare(texts: pl.Series, grammar: Grammar) -> _Way:
    """As records of which no cell begins with a quote: `1,12" pipe`."""
    bare = replace(grammar, quote="", second_quote="", escape=None)
    has_quotes = pl.repeat(grammar.quote != "", len(texts), dtype=pl.Boolean, eager=True)
    return _Way(texts, bare, texts.is_not_null() & has_quotes, grammar.quote + grammar.second_quote)


_WAYS: Final = (_as_written, _tight, _bare)
"""Each for the records that those before it left."""


def _decode(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None


def _is_strict(way: _Way) -> pl.Series:
    """Boolean: polars surely reads the record right."""
    texts, grammar = way.texts, way.grammar
    plain = grammar.unescape(texts)
    strict = way.is_sure & grammar.is_strict(plain) & (grammar.count_fields(plain) == grammar.width)
    strict &= ~texts.str.contains("\0", literal=True) & ~texts.str.starts_with("\ufeff")
    strict &= ~plain.str.contains(f"\r(?:\r|{re.escape(grammar.mark)}|$)")  # polars would drop that CR
    if grammar.is_long:
        strict &= ~texts.str.contains(STAND_IN, literal=True)
    for quote in way.barred:
        strict &= ~plain.str.contains(f"(?:^|{re.escape(grammar.mark)}){re.escape(quote)}")
        strict &= ~texts.str.contains(grammar.terminator.decode(), literal=True)
    return strict.fill_null(False)


def _parse_sound(texts: pl.Series, grammar: Grammar) -> pl.DataFrame | None:
    if texts.is_empty():
        return None
    terminator = grammar.terminator.decode()
    data = f"{terminator.join(texts)}{terminator}".encode()
    return parse_fast(data, grammar, len(texts), quotes=None, multiline=True, blanks=0)


def _split(raw: bytes, text: str | None, grammar: Grammar) -> list[str | None] | _Fault:
    """The cells of one record, read with patience, or what is wrong with it."""
    if text is None:
        return _Fault("invalid_utf8", _first_invalid(raw))
    if "\0" in text:
        return _Fault("nul_byte", 0)
    split = grammar.split(text)
    cells, width = split.cells, grammar.width
    if not split.fault and len(cells) >= width and not any(cells[width:]):
        return cells[:width]  # fields beyond the last that are all empty are trailing delimiters
    mended = mend(text, grammar)
    if mended is not None:
        return mended
    if split.fault:
        return _Fault(split.fault, split.at)
    return _Fault("too_few_fields" if len(cells) < width else "too_many_fields", len(cells))


def _first_invalid(raw: bytes) -> int:
    try:
        raw.decode()
    except UnicodeDecodeError as exc:
        return exc.start + 1
    return 0


def _frame(frames: list[pl.DataFrame], cells: Sequence[tuple[object, ...]], width: int) -> pl.DataFrame:
    schema = {ROW: pl.Int64(), **{str(i): pl.String() for i in range(width)}}
    if cells or not frames:
        frames = [*frames, pl.DataFrame(cells, schema=schema, orient="row")]
    return pl.concat(frames).sort(ROW) if len(frames) > 1 else frames[0]


def _rejects(faults: list[tuple[int, _Fault]], grammar: Grammar) -> pl.DataFrame:
    how = f"read as CSV with delimiter {grammar.delimiter!r} and quote {grammar.quote!r}: "
    records = [
        {
            ROW: row,
            "reason": fault.reason,
            "attempts": [how + _EXPLANATIONS[fault.reason].format(at=fault.at, width=grammar.width)],
        }
        for row, fault in faults
    ]
    return pl.DataFrame(records, schema=REJECTS, orient="row")


def doubt_from(row: int, frame: pl.DataFrame, broken: pl.DataFrame, grammar: Grammar) -> Exact:
    """The records, those that are sound from that row on as rejects."""
    return _reject(frame, broken, frame[ROW] >= row, _Fault("doubtful_footer", 0), grammar)


def without_groups(frame: pl.DataFrame, broken: pl.DataFrame, grammar: Grammar) -> Exact:
    """The records, headings and sums of groups among them as rejects."""
    return _reject(frame, broken, group_lines(frame, grammar), _Fault("group_line", 0), grammar)


def drop_trailing(frame: pl.DataFrame, broken: pl.DataFrame, grammar: Grammar) -> Exact:
    """The records without their last cell, which stands behind a trailing delimiter; a value there is one too many."""
    last = frame.columns[-1]
    fault = _Fault("too_many_fields", grammar.width)
    kept, broken = _reject(frame, broken, frame[last].fill_null("") != "", fault, grammar)
    return Exact(kept.drop(last), broken)


def _reject(
    frame: pl.DataFrame, broken: pl.DataFrame, wrong: pl.Series, fault: _Fault, grammar: Grammar
) -> Exact:
    if not wrong.any():
        return Exact(frame, broken)
    rejects = _rejects([(row, fault) for row in frame[ROW].filter(wrong)], grammar)
    return Exact(frame.filter(~wrong), pl.concat([broken, rejects]).sort(ROW))
