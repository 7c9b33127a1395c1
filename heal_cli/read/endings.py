"""Where the records of a table end: totals and notes in the last lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from heal_cli.read.backslash import END
from heal_cli.read.fields import MACHINE, Grammar
from heal_cli.read.records import lay_out

_LOOK_LINES: Final = 16
_LOOK_BYTES: Final = 4096

# A cell of a sum, as a whole: 'Total', 'Grand total:', 'Summe', SAP's '*'.
_SUM: Final = re.compile(
    r"(?i)\s*(?:(?:grand|sub|net|overall|report)[ -]?)?(?:totals?|sum|sums|summe|gesamt|gesamtsumme|insgesamt"
    r"|zwischensumme|somme|total g[eé]n[eé]ral|totale|suma|soma|(?:end)?saldo|solde|balance|totaal|итого|合計|average|avg|mean|\*{1,3})\s*:?\s*"
)

# A line that says it is the end: '(3 rows)', 'End of report', 'Generated on ...', '--- EOF ---'.
_NOTE: Final = re.compile(
    r"(?i)[\s*=-]*(?:\(?[0-9][0-9.,]* (?:rows?|records?|lines?|zeilen|lignes|filas)\b.*|(?:end of|ende|eof\b).*"
    r"|(?:generated|exported|created|printed|erstellt|source|quelle|page|note|notes|copyright|©|rows?|records?|record count"
    r"|row count|number of (?:rows|records)|confidential|stand)(?:\s+(?:on|by|at|am|count)\b|\s*[:=]).*)?[\s*=-]*"
)


# What stands before a footnote: '* provisional', '[1] Includes ...', '(p) Provisional'.
_FOOTNOTE: Final = re.compile(r"\s*(?:\*{1,3}|[†‡§¹²³]|\[\w{1,3}\]|\(\w{1,3}\)|[0-9a-z]\))\s*[^\W\d]")

# A cell that begins like one: enough in a column of values, or with a colon, 'Total: Account'.
BEGINS_SUM: Final = re.compile(r"(?i)\s*(?:grand |sub-?)?(?:totals?|sum|summe|gesamt)\b")
_NAMED_SUM: Final = re.compile(r"(?i)\s*(?:grand |sub-?)?totals?\s*:.*")

# What text tables are closed with.
_RULE: Final = re.compile(r"[\s|+]*[-=_*+]{3}[-=_*+|\s]*")


# What DOS ends a text with.
_END_OF_FILE: Final = "\x1a"


class Ending(NamedTuple):
    """What stands below the last record."""

    stop: int  # bytes up to the end of the last record
    lines: tuple[
        tuple[int, str], ...
    ]  # (lines from the end, 1 for the last; text) of those that are no record
    doubtful: int = 0  # so many of the last records may be sums


class _Tail(NamedTuple):
    start: int
    text: str


def is_sum(cells: Sequence[str]) -> bool:
    """The first cell that is not empty says that the others are sums."""
    first = next((cell for cell in cells if cell.strip()), "")
    return _SUM.fullmatch(first) is not None or _NAMED_SUM.fullmatch(first) is not None


def may_be_sum(cells: Sequence[str]) -> bool:
    """The same with less certainty: 'Total credits' may be a name."""
    return is_sum(cells) or BEGINS_SUM.match(next((cell for cell in cells if cell.strip()), "")) is not None


def find_ending(data: bytes, grammar: Grammar, told: int | None) -> Ending:
    """The notes and sums at the end of the last records of a source.

    Args:
        told: How many lines they are; None finds out.
    """
    tails = list(_tails(data, grammar.terminator, told))
    none = Ending(len(data), ())
    if told is not None:
        below = [(i, tail) for i, tail in enumerate(tails[:told], 1)]
        return _ending(below, len(data)) if below else none
    if grammar.width == 1:
        return none
    below, blanks, doubtful = [], [], 0
    for i, tail in enumerate(tails, 1):
        text = tail.text.strip()
        if not text:
            continue
        if tail.text == grammar.blank:
            blanks.append((i, tail))
            continue
        follows_blank = i < len(tails) and not tails[i].text.strip()
        is_below = any(not other.text.strip() for other in tails[i:])
        verdict = _judge(tail.text, grammar, follows_blank=follows_blank, is_below=is_below)
        if verdict is None:
            doubtful += 1
        elif verdict is False or doubtful:
            return _checked(below, data, grammar, doubtful)
        else:
            below += [*blanks, (i, tail)]
            blanks = []
    return none  # nothing but notes: then they are none


def _checked(below: list[tuple[int, _Tail]], data: bytes, grammar: Grammar, doubtful: int) -> Ending:
    """The ending, unless one of its lines goes on with a cell of the line before."""
    if below and (grammar.is_backslashed or (grammar.quote and grammar.quote.encode() in data)):
        records = lay_out(data, grammar, final=True, details=True)
        starts = set() if records.records is None else set(records.records["start"].to_list())
        if not {tail.start for _, tail in below} <= starts:
            return Ending(len(data), ())
    return _ending(below, len(data))._replace(doubtful=doubtful)


def _ending(below: list[tuple[int, _Tail]], size: int) -> Ending:
    lines = tuple((i, tail.text) for i, tail in reversed(below) if tail.text.strip())
    return Ending(below[-1][1].start if below else size, lines)


def _tails(data: bytes, terminator: bytes, told: int | None) -> Iterator[_Tail]:
    """The last lines, the very last first; of a file without line ends none."""
    stop = len(data) - data.endswith(terminator)
    for _ in range(max(_LOOK_LINES, told or 0)):
        start = data.rfind(terminator, 0, stop) + 1
        if told is None and len(data) - start > _LOOK_BYTES:
            return
        yield _Tail(start, data[start:stop].decode(errors="replace").rstrip("\r"))
        if start == 0:
            return
        stop = start - 1


def _judge(line: str, grammar: Grammar, *, follows_blank: bool, is_below: bool) -> bool | None:
    """True: surely no record. False: one. None: a record that may be a sum.

    Args:
        follows_blank: An empty line is right above it.
        is_below: One is somewhere above it.
    """
    split = grammar.split(line)
    if line.strip(_END_OF_FILE) == "" != line or (grammar.is_backslashed and line == END):
        return True
    if split.fault or "\0" in line or "\ufffd" in line:
        return False
    cells = [cell or "" for cell in split.cells]
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return False
    fits = len(cells) == grammar.width
    strange = [i for i in grammar.machine if fits and not re.fullmatch(MACHINE, cells[i])]
    misfits = not fits or bool(strange)
    if misfits and _RULE.fullmatch(line):
        return True
    # `Total in,,3` where dates stand; where names do, it may be one.
    if len(filled) > 1 and BEGINS_SUM.match(filled[0]) and cells.index(filled[0]) in strange:
        return True
    if is_sum(filled):
        numbers = any(re.fullmatch(MACHINE, cell.strip()) for cell in filled[1:])
        return True if misfits else None if numbers else False
    if is_below and misfits and _is_note(line, filled):
        return True
    if len(filled) > 1:
        return False
    is_note = _NOTE.fullmatch(line) is not None and bool(filled[0].strip(" *=-"))
    is_prose = len(cells) == 1 and len(line.split()) > 2 and re.fullmatch(MACHINE, line) is None
    return is_note if not follows_blank else is_note or (is_prose and not fits)


def _is_note(line: str, filled: Sequence[str]) -> bool:
    """Its first words say that it explains the table; a mark such as `[1]` only before words that are no values."""
    if _NOTE.fullmatch(line) and filled[0].strip(" *=-"):
        return True
    return _FOOTNOTE.match(line) is not None and not any(re.fullmatch(MACHINE, cell) for cell in filled)
