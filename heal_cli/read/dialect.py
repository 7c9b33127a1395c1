"""How a CSV file is written, found out from its first bytes: delimiter, quote, line ends, header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from typing import Final, NamedTuple

import msgspec

from heal_cli.errors import SourceError, UsageError
from heal_cli.model import ROW, Finding, ReadOptions
from heal_cli.read.fields import MACHINE, STAND_IN, Grammar, machine_columns
from heal_cli.read.records import lay_out

MAX_COLUMNS: Final = 10_000
"""PostgreSQL stops at 1,600; far more is a file read with the wrong delimiter."""

# Delimiters that need no proof beyond regularity, in order of preference, and those that text is full of.
_PLAIN: Final = (",", ";", "\t", "|", "\x01", "\x1f", "\x1e")
_DOUBTFUL: Final = (":", "^", "~", " ")

_SAMPLE_BYTES: Final = 2**16
_SAMPLE_ROWS: Final = 500
_NAMED_DELIMITERS: Final = {
    "\\t": "\t",
    "tab": "\t",
    "comma": ",",
    "semicolon": ";",
    "pipe": "|",
    "space": " ",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What was found out about a CSV source."""

    grammar: Grammar
    columns: tuple[str, ...]
    body: int  # bytes before the first record: skipped lines and header
    body_line: int  # 1-based line where the records begin
    findings: tuple[Finding, ...]


def encode_dialect(dialect: Dialect) -> str:
    """The dialect as JSON."""
    return msgspec.json.encode(asdict(dialect)).decode()


def decode_dialect(text: str) -> Dialect:
    """What `encode_dialect` wrote."""
    return msgspec.json.decode(text, type=Dialect)


class _Sample(NamedTuple):
    text: str  # whole lines, LF between them
    is_whole: bool  # the file has no more


class _Trial(NamedTuple):
    delimiter: str
    quote: str
    rows: list[list[str]]
    width: int  # most common number of fields
    share: float  # of the rows that have it
    lines: int  # physical lines up to the end of the first record


def sniff(head: bytes, name: str, options: ReadOptions, *, whole: bool) -> Dialect:
    """The dialect of the file that begins with `head`; what `options` says is taken as told.

    Args:
        whole: `head` is all there is.

    Raises:
        SourceError: There is no record in it, or no line ends in it.
        UsageError: A flag that cannot be what was meant.
    """
    _check(options)
    terminator = _terminator(head)
    skipped = _skip_lines(head, 0, terminator, options.skip_rows)
    if not whole and head.find(terminator, skipped) < 0:
        raise SourceError(
            f"{name!r} has no line end in its first {len(head):,} bytes",
            hint="If it is no CSV, give its format with --format",
        )
    sample = _sample(head[skipped:], terminator, whole=whole)
    if not sample.text.strip("\r\n"):
        raise SourceError(f"{name!r} holds no records, only blank lines")
    trial, evidence = _choose(sample, options)
    header, why = _tell_header(trial.rows, options.header)
    width = _width(trial, options, name, header=header)
    columns, renamed = name_columns(options.columns or (trial.rows[0] if header else ()), width)
    lines = trial.lines if header else 0
    body = _skip_lines(head, skipped, terminator, lines)
    data = trial.rows[1:] if header else trial.rows
    grammar = Grammar(
        trial.delimiter, trial.quote, options.escape, terminator, width, machine_columns(data, width)
    )
    findings = (
        Finding("delimiter", repr(trial.delimiter), "--delimiter", evidence),
        Finding("quote", repr(trial.quote), "--quote", "as told" if options.quote is not None else ""),
        Finding("line end", _name_line_end(head, terminator)),
        Finding("header", "yes" if header else "no", "--header/--no-header", why),
        *renamed,
    )
    return Dialect(grammar, columns, body, options.skip_rows + lines + 1, findings)


def _check(options: ReadOptions) -> None:
    if options.skip_rows < 0:
        raise UsageError(f"--skip-rows {options.skip_rows} is negative")
    if options.quote is not None and len(options.quote.encode()) > 1:
        raise UsageError(
            f"--quote {options.quote!r} is not one ASCII character", hint="Use --quote '' for none"
        )
    if options.escape is not None and len(options.escape.encode()) != 1:
        raise UsageError(f"--escape {options.escape!r} is not one ASCII character")
    if options.delimiter is not None and (not options.delimiter or set(options.delimiter) & set("\r\n")):
        raise UsageError(f"--delimiter {options.delimiter!r} cannot be a delimiter")
    if options.quote and options.delimiter == options.quote:
        raise UsageError(f"--delimiter and --quote are both {options.quote!r}")


def _terminator(head: bytes) -> bytes:
    return b"\r" if b"\r" in head and b"\n" not in head else b"\n"


def _name_line_end(head: bytes, terminator: bytes) -> str:
    if terminator == b"\r":
        return "CR"
    pairs, feeds = head.count(b"\r\n"), head.count(b"\n")
    return "LF" if not pairs else "CRLF" if pairs == feeds else "LF and CRLF mixed"


def _skip_lines(head: bytes, at: int, terminator: bytes, count: int) -> int:
    """Offset after `count` more lines."""
    for _ in range(count):
        found = head.find(terminator, at)
        if found < 0:
            return len(head)
        at = found + 1
    return at


def _sample(head: bytes, terminator: bytes, *, whole: bool) -> _Sample:
    """The first lines of `head`."""
    window = head
    if not whole or len(head) > _SAMPLE_BYTES:
        cut = head.rfind(terminator, 0, _SAMPLE_BYTES) + 1
        window = head[: cut or head.rfind(terminator) + 1 or None]
    text = window.decode(errors="replace").replace("\0", "\ufffd")
    text = text.replace("\r", "\n") if terminator == b"\r" else text.replace("\r\n", "\n")
    return _Sample(text, len(window) == len(head) and whole)


def _choose(sample: _Sample, options: ReadOptions) -> tuple[_Trial, str]:
    """The delimiter and quote that explain the sample best, and why."""
    if options.delimiter is not None:
        told = _NAMED_DELIMITERS.get(options.delimiter, options.delimiter)
        return _trial(sample, told, options), "as told"
    for delimiters, needed, columns in ((_PLAIN, 0.8, 2), (_DOUBTFUL, 0.95, 3)):
        trials = [_trial(sample, d, options) for d in delimiters if d in sample.text]
        sound = [t for t in trials if t.share >= needed and t.width >= columns and len(t.rows[0]) == t.width]
        if sound:
            best = max(sound, key=lambda trial: (round(trial.share, 1), trial.width))
            return best, f"{best.width} fields in {best.share:.0%} of the first {len(best.rows)} records"
    if any(delimiter in sample.text for delimiter in _PLAIN) and (guess := _ask_clevercsv(sample.text)):
        trial = _trial(sample, guess, options)
        if trial.width > 1 and len(trial.rows[0]) == trial.width:
            return trial, "a guess by clevercsv"
    alone = next(d for d in (",", "\x1f", "\x1e", "\x01", "\x02") if d not in sample.text or d == "\x02")
    return _trial(sample, alone, options), "one column: no delimiter is regular"


def _quote(sample: str, delimiter: str, options: ReadOptions) -> str:
    """The quote: double, unless there is none and cells stand between single ones."""
    if options.quote is not None:
        return options.quote
    d = re.escape(delimiter)
    if '"' in sample:
        return '"'
    single = len(re.findall(rf"(?:^|{d})'[^'\n]*'(?={d}|$)", sample, re.MULTILINE))
    return "'" if single > 2 else '"'


def _trial(sample: _Sample, delimiter: str, options: ReadOptions) -> _Trial:
    """The first records of the sample, read with this delimiter and quote."""
    quote = _quote(sample.text, delimiter, options)
    first = _first_width(sample.text, delimiter, quote)
    grammar = Grammar(delimiter, quote, options.escape, b"\n", first)
    data = sample.text.encode()
    records = lay_out(data, grammar, final=sample.is_whole, details=True).records
    if records is None or records.is_empty():  # one record is longer than the sample
        records = lay_out(data, grammar, final=True, details=True).records
    assert records is not None
    spans = records.head(_SAMPLE_ROWS).select("start", "stop").rows()
    splits = [grammar.split(data[start:stop].decode()) for start, stop in spans]
    rows = [[cell or "" for cell in split.cells] for split in splits if split.fault is None]
    counts = Counter(map(len, rows)) or Counter({1: 1})
    width, hits = max(counts.items(), key=lambda item: (item[1], item[0]))
    lines = sample.text.count("\n", 0, len(data[: spans[0][1]].decode())) + 1
    return _Trial(delimiter, quote, rows or [[""]], width, hits / len(splits), lines)


def _first_width(sample: str, delimiter: str, quote: str) -> int:
    """Number of fields of the first record, which may have several lines."""
    if len(delimiter) > 1:
        sample, delimiter = sample.replace(delimiter, STAND_IN), STAND_IN
    lines = StringIO(sample.lstrip("\n"), newline="\n")
    quoting: Final = csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE
    try:
        return len(next(csv.reader(lines, delimiter=delimiter, quotechar=quote or None, quoting=quoting)))
    except (StopIteration, csv.Error):  # a cell beyond the limit of the csv module
        return 1


def _ask_clevercsv(sample: str) -> str | None:
    # Imported here: 190 ms that regular files need not pay.
    from clevercsv import Sniffer
    from clevercsv.exceptions import NoDetectionResult

    try:
        dialect = Sniffer().sniff(sample[:8192])
    except NoDetectionResult:
        return None
    found = dialect.delimiter if dialect else ""
    return found if found and not found.isalnum() else None


def _tell_header(rows: Sequence[Sequence[str]], told: bool | None) -> tuple[bool, str]:
    """Whether the first row names the columns, and why."""
    if told is not None:
        return told, "as told"
    first, rest = rows[0], rows[1:]
    machine = machine_columns(rest, len(first))
    if not machine:
        values = sum(1 for cell in first if re.fullmatch(MACHINE, cell))
        return values == 0, f"{values} cells of the first row look like values"
    named = [i for i in machine if not re.fullmatch(MACHINE, first[i])]
    if len(named) * 2 > len(machine):
        return True, f"column {named[0] + 1} has values in all rows but the first"
    return False, "the first row has values where the others have"


def _width(trial: _Trial, options: ReadOptions, name: str, *, header: bool) -> int:
    width = len(trial.rows[0]) if header else len(options.columns) or trial.width
    if options.columns and len(options.columns) != width:
        raise UsageError(
            f"--columns has {len(options.columns)} names and {name!r} has {width} columns",
            hint="Give one name for each column",
        )
    if width > MAX_COLUMNS:
        raise SourceError(
            f"{name!r} would have {width:,} columns, delimited by {trial.delimiter!r}; at most {MAX_COLUMNS:,} can be read",
            hint="Give the delimiter with --delimiter",
        )
    return width


def name_columns(names: Sequence[str], width: int) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Stable, unique, non-empty names: as they are where they can be, and what had to change.

    A second `id` is `id_2`, a nameless third column `column_3`.
    """
    given = [*names[:width], *[""] * (width - len(names))]
    taken = {ROW, *filter(None, given)}
    used: set[str] = {ROW}
    columns: list[str] = []
    findings: list[Finding] = []
    for place, name in enumerate(given, 1):
        column = name or f"column_{place}"
        number = 2
        while column in used or (column != name and column in taken):
            column = f"{name or f'column_{place}'}_{number}"
            number += 1
        used.add(column)
        columns.append(column)
        if names and column != name:
            why = "the header repeats it" if name else "the header leaves it empty"
            findings.append(Finding("column name", column, "--columns", f"column {place}: {why}"))
    return tuple(columns), tuple(findings)
