"""Lone records of a source, read again without it: what a rejects file holds, as a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from heal_cli.model import LOCATIONS, REJECTS, ROW, Batch, Chunk, Format, ReadOptions
from heal_cli.model.column_names import path_of
from heal_cli.read.backslash import null_texts
from heal_cli.read.dialect import decode_dialect
from heal_cli.read.encoding import UTF8, recode
from heal_cli.read.exact import drop_trailing, read_apart
from heal_cli.read.fields import Grammar
from heal_cli.read.json_forms import Form, decode_form
from heal_cli.read.jsonl_parts import merge, part_of_records
from heal_cli.read.jsonl_slow import read_records
from heal_cli.read.nested import take_out
from heal_cli.read.padding import strip_padding


@dataclass(frozen=True, slots=True)
class Shape:
    """What it takes to read records of a source alone."""

    format: Format
    columns: tuple[str, ...]
    encoding: str = UTF8
    grammar: Grammar | None = None  # of CSV
    form: Form | None = None  # of JSON
    nested: tuple[str, ...] = ()  # names of columns that may stand for a path, `user.name`


def shape_of(options: ReadOptions) -> Shape:
    """The shape of a source that was read by these options, as its reader gives them and the ledger keeps them."""
    encoding = options.encoding or UTF8
    if options.dialect is None:
        return Shape(options.format or Format.JSONL, (), encoding, form=decode_form(options.json_form))
    dialect = decode_dialect(options.dialect)
    return Shape(Format.CSV, dialect.columns, encoding, dialect.grammar)


def read_alone(raws: Sequence[bytes], rows: Sequence[int], shape: Shape, chunk: Chunk) -> Batch:
    """Records as the rejects file has them: bytes of the source, or JSON where the source was Parquet.

    Args:
        rows: Number of each in its source, rising.
        chunk: The batch that they are from; of its rows only these are in the result.
    """
    texts = [recode(raw, shape.encoding) for raw in raws]
    places = pl.DataFrame({ROW: rows, "line": None, "offset": None, "raw": raws}, schema=LOCATIONS)

    def locate(wanted: pl.Series) -> pl.DataFrame:
        return wanted.to_frame(ROW).join(places, on=ROW, how="left", maintain_order="left")

    if shape.grammar is not None:
        frame, broken = read_apart(texts, rows, shape.grammar)
        if len(shape.columns) < shape.grammar.width:
            frame, broken = drop_trailing(frame, broken, shape.grammar)
        if shape.grammar.is_padded:
            frame = strip_padding(frame, shape.grammar)
        frame = frame.rename(dict(zip(frame.columns[1:], shape.columns, strict=True)))
        quoted = null_texts(frame) if shape.grammar.is_backslashed else {}
        return Batch(chunk, frame, broken, locate, quoted=quoted)
    texts = shape.form.objects(texts) if shape.form else texts
    records = read_records(texts, shape.columns)
    part = part_of_records(pl.Series(ROW, rows, pl.Int64), records)
    merged = merge([part] if part else [], shape.columns)
    told = {at: (shape.form and shape.form.fault(texts[at])) or fault for at, fault in records.faults.items()}
    faults = [
        (rows[at], fault.reason, None, None, fault.column, fault.value, [fault.message])
        for at, fault in sorted(told.items())
    ]
    broken = pl.DataFrame(faults, schema=REJECTS, orient="row")
    batch = Batch(chunk, merged.frame, broken, locate, merged.absent, merged.quoted, merged.kinds)
    paths = {name: path_of(name) for name in shape.nested if name not in merged.frame.columns}
    return take_out(batch, paths)
