"""JSON objects as columns: by templates where they fit, one by one where none does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from heal_cli.model import REJECTS, ROW
from heal_cli.read.jsonl_keys import Fault
from heal_cli.read.jsonl_parts import Merged, Part, merge, part_of_records
from heal_cli.read.jsonl_regex import DOCUMENT_BLANK, Template, extract, learn
from heal_cli.read.jsonl_slow import read_records
from heal_cli.read.jsonl_values import settle

_LESSON: Final = 256
"""Objects that templates are learned from."""

_TEMPLATES: Final = 4


class Applied(NamedTuple):
    """Lines after some were understood."""

    parts: list[Part]
    rest: pl.DataFrame  # ROW, line


def objects_of(texts: pl.Series) -> tuple[Merged, dict[int, Fault]]:
    """The objects among JSON texts, in columns, and what is wrong with the others; ROW is the 1-based place."""
    rows = pl.int_range(1, texts.len() + 1, dtype=pl.Int64, eager=True)
    lines = pl.DataFrame({ROW: rows, "line": texts}).filter(pl.col("line").str.starts_with("{"))
    lesson = lines["line"].gather_every(max(1, lines.height // _LESSON)).cast(pl.Binary).to_list()
    parts, rest = apply(learn(lesson, limit=_TEMPLATES, blank=DOCUMENT_BLANK), lines, may_escape=True)
    records = read_records(rest["line"].cast(pl.Binary).to_list(), ())
    slow = part_of_records(rest[ROW], records)
    faults = {rest[ROW][place]: fault for place, fault in records.faults.items()}
    return merge([*parts, slow] if slow else parts, ()), faults


def rejects_of(faults: Mapping[int, Fault]) -> pl.DataFrame:
    """REJECTS for these rows."""
    rows = [
        (row, fault.reason, None, None, fault.column, fault.value, [fault.message])
        for row, fault in sorted(faults.items())
    ]
    return pl.DataFrame(rows, schema=REJECTS, orient="row")


def apply(templates: Sequence[Template], lines: pl.DataFrame, *, may_escape: bool) -> Applied:
    """Each line by the first template that fits it."""
    parts = []
    for template in templates:
        if not lines.height:
            break
        part, lines = _apply_one(template, lines, may_escape=may_escape)
        if part:
            parts.append(part)
    return Applied(parts, lines)


def _apply_one(
    template: Template, lines: pl.DataFrame, *, may_escape: bool
) -> tuple[Part | None, pl.DataFrame]:
    hit, groups = extract(template, lines["line"])
    if not hit.any():
        return None, lines
    rows, rest = lines[ROW], lines.clear()
    if not hit.all():
        rest = lines.filter(~hit)
        rows, groups = rows.filter(hit), [group.filter(hit) for group in groups]
    cells = [
        settle(group, kind, may_escape=may_escape) for group, kind in zip(groups, template.kinds, strict=True)
    ]
    doubtful = [cell.doubtful for cell in cells if cell.doubtful is not None]
    if doubtful:
        sure = ~pl.select(pl.any_horizontal(doubtful)).to_series()
        rest = pl.concat([rest, lines.filter(hit).filter(~sure)]).sort(ROW)
        rows, groups = rows.filter(sure), [group.filter(sure) for group in groups]
        cells = [
            settle(group, kind, may_escape=may_escape)
            for group, kind in zip(groups, template.kinds, strict=True)
        ]
    return Part(rows, dict(zip(template.names, cells, strict=True)), template=template) if len(
        rows
    ) else None, rest
