"""Samples whose delimiter shows only when something else is looked through: a cell around each record, or blanks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from heal_cli.model import ReadOptions
from heal_cli.read.delimiter import DOUBTFUL, Sample, Trial, choose_delimiter
from heal_cli.read.wrapped import QUOTE, unwrap_lines

_SET_OFF: Final = re.compile(r'" +[,;|\t]')
_CELL: Final = re.compile(r'(?m)(^|[,;|\t]) *("(?:[^"]|"")*") *(?=[,;|\t]|$)')


def look_through(sample: Sample, trial: Trial, evidence: str, told: ReadOptions) -> tuple[Sample, Trial, str]:
    """The sample as it is behind its disguise, its best dialect, and why; as they are given where it has none.

    What the user told of quotes and delimiters is not looked through.
    """
    if told.quote is not None:
        return sample, trial, evidence
    return _unwrapped(sample, trial, told) or _tight(sample, trial, told) or (sample, trial, evidence)


def end_first_line(head: bytes, terminator: bytes) -> tuple[bytes, bool]:
    """The head with LF for a CR that ends its first line, where all others end with LF; and whether it has one."""
    first, _, rest = head.partition(b"\n")
    second = rest.partition(b"\n")[0]
    above, found, below = first.rstrip(b"\r").partition(b"\r")
    if terminator != b"\n" or not found or head.count(b"\r") - head.count(b"\r\n") > 1:
        return head, False
    for sign in b",;\t|":
        counts = {part.count(sign) for part in (above, below, second)}
        if len(counts) == 1 and counts.pop() and above.count(b'"') % 2 == 0:
            return above + b"\n" + head[len(above) + 1 :], True
    return head, False


def _unwrapped(sample: Sample, trial: Trial, told: ReadOptions) -> tuple[Sample, Trial, str] | None:
    """What the one cell of each line holds, where that surely is a record: prose has spaces behind its commas."""
    if len(told.columns) == 1 or any(cell for row in trial.rows for cell in row[1:]):
        return None
    text = unwrap_lines(sample.text)
    if text is None:
        return None
    inner = sample._replace(text=text)
    trial, evidence = choose_delimiter(inner, told)
    delimiter = trial.grammar.delimiter
    has_quotes = QUOTE + delimiter in text or delimiter + QUOTE in text
    is_prose = delimiter.endswith(" ") or any(cell.startswith(" ") for row in trial.rows for cell in row)
    is_sure = has_quotes or not (is_prose or trial.misses)
    if trial.width < 2 or not is_sure or len(trial.rows[0]) != trial.width:
        return None
    return inner, trial._replace(grammar=replace(trial.grammar, is_wrapped=True)), evidence


def _tight(sample: Sample, trial: Trial, told: ReadOptions) -> tuple[Sample, Trial, str] | None:
    """Quotes beside their delimiters, where blanks of differing number between them hide the latter."""
    is_doubtful = trial.misses or trial.width == 1 or trial.grammar.delimiter in DOUBTFUL
    if told.delimiter is not None or not is_doubtful or '" ' not in sample.text:
        return None
    if not _SET_OFF.search(sample.text):
        return None
    inner = sample._replace(text=_CELL.sub(r"\1\2", sample.text))
    trial, evidence = choose_delimiter(inner, told)
    return None if trial.misses or trial.width == 1 else (inner, trial, evidence)
