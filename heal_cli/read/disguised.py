"""Samples whose delimiter shows only when something else is looked through: a cell around each record, or blanks."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from heal_cli.model import ReadOptions
from heal_cli.read.delimiter import DOUBTFUL, Sample, Trial, choose_delimiter
from heal_cli.read.wrapped import QUOTE, unwrap_lines

_SET_OFF: Final = re.compile(r'(?m)^.*" +[,;|\t].*$')
_CELL: Final = re.compile(r'(?m)(^|[,;|\t]) *("(?:[^"]|"")*") *(?=[,;|\t]|$)')


def look_through(sample: Sample, trial: Trial, evidence: str, told: ReadOptions) -> tuple[Sample, Trial, str]:
    """The sample as it is behind its disguise, its best dialect, and why; as they are given where it has none.

    What the user told of quotes and delimiters is not looked through.
    """
    if told.quote is not None:
        return sample, trial, evidence
    return _unwrapped(sample, trial, told) or _tight(sample, trial, told) or (sample, trial, evidence)


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
    if 2 * len(_SET_OFF.findall(sample.text)) <= sample.text.count("\n"):
        return None
    inner = sample._replace(text=_CELL.sub(r"\1\2", sample.text))
    trial, evidence = choose_delimiter(inner, told)
    return None if trial.misses or trial.width == 1 else (inner, trial, evidence)
