"""How a CSV file is written, found out from its first bytes: delimiter, quote, line ends, header."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import Final

import msgspec

from heal_cli.errors import NoRecords, SourceError, UsageError
from heal_cli.model import Finding, ReadOptions
from heal_cli.read.declared import Declared, find_declared
from heal_cli.read.delimiter import DOUBTFUL, Sample, Trial, choose_delimiter, take_sample
from heal_cli.read.disguised import end_first_line, look_through
from heal_cli.read.endings import may_be_sum
from heal_cli.read.fields import Grammar, machine_columns
from heal_cli.read.findings import name_line_end, passed_lines, preamble, quote_findings, show, sums
from heal_cli.read.fixed_width import refuse_fixed_width
from heal_cli.read.groups import find_groups
from heal_cli.read.header_lines import are_names, are_values, is_rule
from heal_cli.read.heading import Heading, check_width, name_columns, read_heading
from heal_cli.read.padding import find_padding
from heal_cli.read.pairs import refuse_pairs
from heal_cli.read.region import Record, reach_up
from heal_cli.read.tables import LOOK_ROWS, begins_another
from heal_cli.wording import counted

# What Excel writes above, and takes as, the delimiter.
_SEPARATOR_LINE: Final = re.compile(rb"(?i)\Asep=([^\r\n]{1,4})(?:\r\n|\n|\r)")
_SAID_TABS: Final = {"\\t": "\t", "tab": "\t"}

# What a column may be called where a line that is no record calls several so.
_NAME: Final = re.compile(r"[^\W\d]\w*(?:[ ._-]\w+){0,2}")

# So many records say what a table has before another one may begin.
_LOOK_ABOVE: Final = 20

# So many lines of a file that says what its columns are say what these hold.
_DECLARED_ROWS: Final = 100

_WRAPPED: Final = Finding(
    "saved twice",
    "yes",
    "--quote",
    "each line is a quoted cell that holds a record; --quote '\"' takes it for one",
)

_HEADER_FLAG: Final = "--header/--no-header"


@dataclass(frozen=True, slots=True)
class Dialect:
    """What was found out about a CSV source."""

    grammar: Grammar
    columns: tuple[str, ...]  # one fewer than the grammar's width where lines end with a delimiter
    body: int  # bytes before the first record: skipped lines and header
    body_line: int  # 1-based line where the records begin
    findings: tuple[Finding, ...]


def encode_dialect(dialect: Dialect) -> str:
    """The dialect as JSON."""
    return msgspec.json.encode(asdict(dialect)).decode()


def decode_dialect(text: str) -> Dialect:
    """What `encode_dialect` wrote."""
    return msgspec.json.decode(text, type=Dialect)


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
    head, has_other_end = end_first_line(head, terminator)
    told, skipped_lines = _separator_line(head, options)
    skipped = _skip_lines(head, 0, terminator, skipped_lines)
    if not whole and head.find(terminator, skipped) < 0:
        raise SourceError(
            f"{name!r} has no line end in its first {len(head):,} bytes",
            hint="If it is no CSV, give its format with --format",
        )
    if declared := _find_declared(head[skipped:], told):
        return _as_declared(head, skipped, declared, told, whole=whole)
    sample = take_sample(head[skipped:], terminator, whole=whole)
    if not sample.text.strip("\r\n"):
        skip = options.skip_rows
        where = f" below the {counted(skip, 'line')} of --skip-rows" if skip else ", only blank lines"
        raise NoRecords(f"{name!r} holds no records{where}")
    trial, evidence = choose_delimiter(sample, told)
    stored = sample
    sample, trial, evidence = look_through(sample, trial, evidence, told)
    has_quotes = trial.grammar.quote != "" and trial.grammar.quote in sample.text
    is_doubtful = trial.grammar.delimiter in DOUBTFUL and not has_quotes
    if told.delimiter is None and (trial.width == 1 or is_doubtful):
        refuse_pairs(sample.text.split("\n"), name)
        refuse_fixed_width(sample.text.split("\n"), name)
    if told.delimiter != options.delimiter:
        evidence = "as the first line says"
    check_width(trial, name)
    trial = trial._replace(region=reach_up(trial.region, trial.records))
    heading = read_heading(trial, options, name, skipped=skipped_lines)
    if heading.first == heading.begin and options.header is None and not options.columns:
        _check_above(sample, trial, heading, name, skipped_lines)
    first = _first_line(trial, heading)
    body = _skip_lines(head, skipped, terminator, first)
    findings = (
        Finding("delimiter", show(trial.grammar.delimiter), "--delimiter", evidence),
        *quote_findings(trial.grammar, options),
        *([_WRAPPED] if trial.grammar.is_wrapped else []),
        Finding("line end", _name_ends(head, terminator, has_other_end=has_other_end)),
        *preamble(sample, trial, heading, skipped_lines),
        *heading.findings,
        *sums(trial, heading, skipped_lines),
    )
    grammar = _with_padding(_complete(trial, heading, terminator, options), trial, heading)
    grammar = _with_groups(grammar, trial, heading)
    if grammar.heading and sample is not stored:
        grammar = replace(grammar, heading=stored.text.split("\n")[trial.records[heading.begin].line])
    columns = heading.names
    if grammar.is_padded:
        columns, _ = name_columns([name.strip() for name in columns], len(columns))
        findings += (Finding("padding", "blanks", None, "cells are filled up to the width of their column"),)
    return Dialect(grammar, columns, body, skipped_lines + first + 1, findings)


def _name_ends(head: bytes, terminator: bytes, *, has_other_end: bool) -> str:
    if not has_other_end:
        return name_line_end(head, terminator)
    return f"{name_line_end(head.partition(terminator)[2], terminator)}, CR behind the first line"


def _check_above(sample: Sample, trial: Trial, heading: Heading, name: str, skipped: int) -> None:
    """Raise where the line right above the records has a name for each field, but is written otherwise."""
    line = trial.records[heading.first].line
    above = sample.text.split("\n", line)[line - 1] if line else ""
    for delimiter in (trial.grammar.delimiter, *",;\t|"):
        names = [cell.strip("\"'") for cell in above.split(delimiter)]
        if len(names) == trial.width > 1 and are_names(names) and all(map(_NAME.fullmatch, names)):
            raise SourceError(
                f"Line {skipped + line} of {name!r} may name the columns, but is not delimited or quoted as its records are:"
                f" {above!r}",
                hint=f"Say --columns {','.join(names)} if it does, --no-header if it does not",
            )


def _with_padding(grammar: Grammar, trial: Trial, heading: Heading) -> Grammar:
    rows = [record.cells for record in trial.records[heading.begin : trial.region.last]]
    depth = heading.first - heading.begin
    return find_padding(grammar, rows, first=depth, is_ruled=depth > 1 and is_rule(rows[1]))


def _with_groups(grammar: Grammar, trial: Trial, heading: Heading) -> Grammar:
    if heading.first == heading.begin:
        return grammar
    names = trial.records[heading.begin].cells
    rows = [record.cells for record in trial.records[heading.first : trial.region.last]]
    return find_groups(grammar, names, rows)


def _find_declared(head: bytes, options: ReadOptions) -> Declared | None:
    """What the file says of its columns, unless the user says otherwise."""
    if (options.header, options.quote, options.escape) != (None, None, None):
        return None
    declared = find_declared(head, options.delimiter)
    if declared is None or len(options.columns) not in (0, len(declared.columns)):
        return None
    return declared._replace(columns=options.columns or declared.columns)


def _as_declared(
    head: bytes, skipped: int, declared: Declared, options: ReadOptions, *, whole: bool
) -> Dialect:
    """The dialect of a file that says what its columns are."""
    body = skipped + declared.body
    above = head[skipped:body].decode(errors="replace").splitlines()
    first = head.count(b"\n", 0, skipped) + 1
    columns, renamed = name_columns(declared.columns, len(declared.columns))
    sample = take_sample(head[body:], b"\n", whole=whole)
    rows = [declared.grammar.split(line).cells for line in sample.text.split("\n")[:_DECLARED_ROWS]]
    data = [[cell or "" for cell in row] for row in rows]
    machine = () if declared.grammar.is_backslashed else machine_columns(data, len(columns))
    where, why = f"line {first + len(above) - 1}", f"the file says it: {declared.line[:60]}"
    if not declared.line:
        where, why = "implied", "all lines have the form of a web server's log"
    findings = (
        Finding("delimiter", show(declared.grammar.delimiter), "--delimiter"),
        *quote_findings(declared.grammar, options),
        Finding("line end", name_line_end(head, b"\n")),
        *passed_lines([(number, line) for number, line in enumerate(above[:-1], first) if line.strip()]),
        Finding("header", where, _HEADER_FLAG, why),
        *renamed,
    )
    grammar = replace(declared.grammar, machine=machine)
    return Dialect(grammar, columns, body, first + len(above), findings)


def _complete(trial: Trial, heading: Heading, terminator: bytes, options: ReadOptions) -> Grammar:
    """The grammar of the records, now that it is known which they are."""
    width = heading.width
    body = _first_table(trial.records[heading.first : trial.region.last], heading, trial.grammar)
    data = [record.cells for record in body if record.text != heading.line and not may_be_sum(record.cells)]
    heads = width > 1 and heading.line.count(trial.grammar.quote or "\0") % 2 == 0
    return replace(
        trial.grammar,
        terminator=terminator,
        width=width,
        machine=machine_columns(data, width),
        heading=heading.line if heads else "",
        blank=trial.grammar.delimiter * (width - 1) if _may_be_blank(trial.grammar, heading) else "",
        is_numbered=bool(data) and all(row[0][:1].isdigit() for row in data),
        has_spaces=any(cell.startswith(" ") for row in data if len(row) == width for cell in row),
    )


def _may_be_blank(grammar: Grammar, heading: Heading) -> bool:
    """A record of delimiters alone says nothing: of one column it may be a value, and to COPY they are empty texts."""
    return len(heading.names) > 1 and not grammar.is_backslashed and grammar.delimiter.strip(" ") != ""


def _first_table(records: list[Record], heading: Heading, grammar: Grammar) -> list[Record]:
    """The records before names that may belong to another table: those under an empty line, or of other columns."""
    for i, record in enumerate(records[1:], 1):
        if record.follows_blank and not are_values(record.cells):
            return records[:i]
        if not all(cell[:1].isalpha() for cell in record.cells):
            continue
        near = (records[max(i - _LOOK_ABOVE, 0) : i], records[i : i + LOOK_ROWS])
        above, rows = ([other.cells for other in part] for part in near)
        known = replace(grammar, width=heading.width, machine=machine_columns(above, heading.width))
        if begins_another(rows, known, heading.names):
            return records[:i]
    return records


def _first_line(trial: Trial, heading: Heading) -> int:
    """Lines of the sample before the first record."""
    if heading.first > heading.begin:
        return trial.records[heading.first - 1].after
    return trial.records[heading.begin].line


def _separator_line(head: bytes, options: ReadOptions) -> tuple[ReadOptions, int]:
    """The options with the delimiter that a first line `sep=;` says, and how many lines to pass over."""
    found = _SEPARATOR_LINE.match(head)
    if found is None or options.skip_rows is not None:
        return options, options.skip_rows or 0
    said = found[1].decode(errors="replace")
    delimiter = options.delimiter or _SAID_TABS.get(said, said)
    return replace(options, delimiter=delimiter), 1


def _check(options: ReadOptions) -> None:
    if options.skip_rows is not None and options.skip_rows < 0:
        raise UsageError(f"--skip-rows {options.skip_rows} is negative")
    if options.quote is not None and len(options.quote.encode()) > 1:
        raise UsageError(
            f"--quote {options.quote!r} is not one ASCII character", hint="Use --quote '' for none"
        )
    if options.escape is not None and len(options.escape.encode()) > 1:
        raise UsageError(
            f"--escape {options.escape!r} is not one ASCII character", hint="Use --escape '' for none"
        )
    if options.delimiter is not None and (not options.delimiter or set(options.delimiter) & set("\r\n")):
        raise UsageError(f"--delimiter {options.delimiter!r} cannot be a delimiter")
    if options.quote and options.delimiter == options.quote:
        raise UsageError(f"--delimiter and --quote are both {options.quote!r}")


def _terminator(head: bytes) -> bytes:
    """What most lines end with, CR or LF (CRLF counts as LF)."""
    feeds = head.count(b"\n")
    return b"\r" if head.count(b"\r") - head.count(b"\r\n") > feeds else b"\n"


def _skip_lines(head: bytes, at: int, terminator: bytes, count: int) -> int:
    """Offset after `count` more lines."""
    for _ in range(count):
        found = head.find(terminator, at)
        if found < 0:
            return len(head)
        at = found + 1
    return at
