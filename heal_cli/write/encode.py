"""Healed rows -> the bytes of a COPY, binary where every column has an encoder, else CSV text.

Both forms share one signature, so that the writer never knows which one it sends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import polars as pl

from heal_cli.model import PgType
from heal_cli.write.binary_forms import Form, form_of, has_form

if TYPE_CHECKING:
    from arro3.core import Field, RecordBatch, Schema
    from pgpq import ArrowToPostgresBinaryEncoder

CHUNK_ROWS: Final = 4_096
"""Rows encoded and sent at a time: about half a MiB. pgpq keeps the GIL meanwhile, and longer stretches hold up the other workers."""

_FORM_BYTES: Final = 8 << 20
"""Texts made binary at a time: all of a batch's at once may take as much memory again, and each call of polars costs."""

_TEXT_LIKE: Final = frozenset({"text", "varchar", "bpchar", "citext", "name", "json"})

BINARY_BASES: Final = frozenset(
    {"int2", "int4", "int8", "float4", "float8", "bool", "date", "time", "timestamp", "timestamptz"}
    | {"numeric", "jsonb"}
    | _TEXT_LIKE
)
"""Base types whose binary form pgpq can write from the wire dtypes; enums too (their label as text)."""

_TEXTS_BESIDE: Final = frozenset({"date", "time", "timestamp", "timestamptz"})


Format = Literal["binary", "csv"]


class Encoding(NamedTuple):
    """How the rows of one frame are sent."""

    format: Format
    options: str  # for COPY ... WITH (options)
    chunks: Iterator[bytes]  # what follows the statement


def choose_encoding(frame: pl.DataFrame, types: Sequence[PgType]) -> Encoding:
    """The fastest form that every column of this frame can travel in.

    Args:
        types: Those of its columns, in their order.
    """
    if find_spec("pgpq") and (forms := _binary_forms(frame, types)) is not None:
        return Encoding("binary", "FORMAT binary", _encode_binary(frame, types, forms))
    return Encoding("csv", "FORMAT csv, NULL '', ENCODING 'UTF8'", _encode_csv(frame))


def row_at(line: int, frame: pl.DataFrame, sent_as: Format) -> int | None:
    """Place of the row that the server calls this line of the COPY; None where no row ends there."""
    if sent_as == "binary":
        return line - 1 if line <= frame.height else None
    ends = _ends_of_lines(frame)
    place = int(ends.search_sorted(line))
    return place if place < frame.height and ends[place] == line else None


def _ends_of_lines(frame: pl.DataFrame) -> pl.Series:
    """The line that each row ends on, as the server counts those of CSV: within quotes, too.

    A line ends with what ends the first row, LF. While it reads that one the server does not know, and counts CR.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    more = pl.Series([0] * frame.height, dtype=pl.Int64)
    for name in texts:
        first = frame[name].head(1).str.count_matches("\r", literal=True)
        later = frame[name].slice(1).str.count_matches("\n", literal=True)
        more += pl.concat([first, later]).fill_null(0)
    return (more + 1).cum_sum()


def _binary_forms(frame: pl.DataFrame, types: Sequence[PgType]) -> dict[str, Form] | None:
    """What makes its texts binary, where that is not pgpq itself; None where a column has to travel as text."""
    columns = zip(frame.get_columns(), types, strict=True)
    texts = [(values, type_) for values, type_ in columns if not _is_binary(values.dtype, type_)]
    if not all(values.dtype == pl.String and has_form(type_) for values, type_ in texts):
        return None
    forms: dict[str, Form] = {}
    for values, type_ in texts:
        form = form_of(values, type_)
        if form is None:
            return None
        forms[values.name] = form
    return forms


def _is_binary(dtype: pl.DataType, type_: PgType) -> bool:
    """pgpq writes values of the dtype as the type reads them."""
    if type_.base == "numeric":
        return isinstance(dtype, pl.Decimal)
    if dtype == pl.String and type_.base in _TEXTS_BESIDE:
        return False  # infinity and 24:00 have no place in the wire dtype
    return type_.base in BINARY_BASES or type_.kind == "e"


def _encode_binary(
    frame: pl.DataFrame, types: Sequence[PgType], forms: Mapping[str, Form]
) -> Iterator[bytes]:
    bases = {name: type_.base for name, type_ in zip(frame.columns, types, strict=True)}
    encoder = None
    for rows in frame.iter_slices(_rows_at_once(frame, forms)) if forms else [frame]:
        made = [form(rows[name]).alias(name) for name, form in forms.items()]
        for record_batch in _record_batches(rows.with_columns(made) if made else rows):
            if encoder is None:
                encoder = _encoder(record_batch.schema, bases)
                yield encoder.write_header()
            height = record_batch.num_rows
            # Slices of Arrow cost nothing; those of polars let go of the GIL, and queue for it again.
            for start in range(0, height, CHUNK_ROWS):
                yield encoder.write_batch(record_batch.slice(start, min(CHUNK_ROWS, height - start)))
    if encoder is not None:
        yield encoder.finish()


def _rows_at_once(frame: pl.DataFrame, forms: Mapping[str, Form]) -> int:
    """Rows whose texts are made binary together."""
    size = sum(int(frame[name].str.len_bytes().sum()) for name in forms)
    return max(CHUNK_ROWS, -(-frame.height // (size // _FORM_BYTES + 1)))


def _record_batches(frame: pl.DataFrame) -> Iterator[RecordBatch]:
    """Arrow record batches of the frame in layouts that pgpq reads: no binary views, times in us."""
    from arro3.core import DataType, Field, RecordBatch, Schema, Table

    layouts = {pl.Binary: DataType.large_binary(), pl.Time: DataType.time64("us")}
    recast = {
        name: layouts[dtype.base_type()]
        for name, dtype in frame.schema.items()
        if dtype.base_type() in layouts
    }
    for batch in Table.from_arrow(frame).to_batches():
        if not recast:
            yield batch
            continue
        fields = [Field(f.name, recast[f.name]) if f.name in recast else f for f in _fields(batch.schema)]
        arrays = [
            batch.column(f.name).cast(recast[f.name]) if f.name in recast else batch.column(f.name)
            for f in _fields(batch.schema)
        ]
        yield RecordBatch.from_arrays(arrays, schema=Schema(fields))


def _fields(schema: Schema) -> list[Field]:
    return [schema.field(name) for name in schema.names]


def _encoder(schema: Schema, bases: Mapping[str, str]) -> ArrowToPostgresBinaryEncoder:
    from pgpq import ArrowToPostgresBinaryEncoder
    from pgpq.encoders import StringViewEncoderBuilder
    from pgpq.schema import Jsonb

    builders = {
        field.name: StringViewEncoderBuilder.new_with_output(field, Jsonb())
        if bases[field.name] == "jsonb"
        else ArrowToPostgresBinaryEncoder.infer_encoder(field)
        for field in _fields(schema)
    }
    return ArrowToPostgresBinaryEncoder.new_with_encoders(schema, builders)


_TIME_FORMAT: Final = "%Y-%m-%d %H:%M:%S%.f+00"
"""Naive times take no heed of the offset. polars' own format of zoned times takes twice as long."""


def _encode_csv(frame: pl.DataFrame) -> Iterator[bytes]:
    for rows in frame.iter_slices(CHUNK_ROWS):
        # Every string is quoted: NULL is the bare empty, and a lone `\.` never ends the COPY.
        text = rows.write_csv(include_header=False, quote_style="non_numeric", datetime_format=_TIME_FORMAT)
        yield text.encode()
