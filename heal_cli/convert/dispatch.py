"""The four questions of the other rooms, answered by the family of the target type."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final, Literal

import polars as pl

from heal_cli.convert import extended_json, invisible, nulls, sheet_text
from heal_cli.convert.beyond import add_words
from heal_cli.convert.families import family_name, family_of
from heal_cli.convert.number_decide import asks_decimal
from heal_cli.convert.one_spelling import is_one_spelling
from heal_cli.convert.plain import are_plain
from heal_cli.convert.read_again import read_again
from heal_cli.convert.residue import blank
from heal_cli.convert.text_typed import decode
from heal_cli.model import ColumnFormat, Converted, DateOrder, HealMask, PgType, ValueOptions

TO_THE_LETTER: Final = frozenset({"text", "json", "hstore", "bytea", "composite", "array"})
"""Families to which every character is part of the value."""

BYTES: Final = frozenset({"text", "uuid", "bytea"})
"""Families that read raw bytes themselves; to all others bytes are text or nothing."""

_DATED: Final = frozenset({"date", "timestamp", "timestamptz"})
_ORDERS: Final[tuple[DateOrder, ...]] = ("DMY", "MDY")
_MARKS: Final[tuple[Literal[".", ","], ...]] = (".", ",")


def wire_dtype(type: PgType) -> pl.DataType:
    """The dtype in which values of `type` travel to the writer."""
    return family_of(type).wire(type)


def decide_format(values: pl.Series, type: PgType, options: ValueOptions) -> ColumnFormat:
    """How a source column is read when it goes into `type`.

    Args:
        values: The column's texts, of the sample or of the whole file; of any dtype where the source is typed.
    """
    base = ColumnFormat(
        nulls=nulls.tokens_for(type, options),
        date_order=options.date_order,
        decimal=options.decimal,
        timezone=options.timezone,
        percent=options.percent,
        units=options.units,
    )
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype != pl.String:
        return family_of(type).decide(pl.Series(dtype=pl.String), type, options, base)
    texts, _ = extended_json.unwrap(values.drop_nulls() if values.null_count() else values, type)
    if family_name(type) not in TO_THE_LETTER:
        texts = sheet_text.without_marks(invisible.take_out(texts))
    if base.nulls:
        texts = texts.filter(~nulls.is_token(texts, base.nulls))
    return family_of(type).decide(texts, type, options, base)


def convert(values: pl.Series, type: PgType, format: ColumnFormat, *, allow: frozenset[str]) -> Converted:
    """A source column in the dtype its target travels in; what could not be converted is marked, never guessed.

    Args:
        values: Text, or any other dtype where the source is typed (Parquet).
        format: From `decide_format`, the same for all batches of a file.
        allow: Lossy steps that may happen: 'round', 'truncate', 'trim_blanks', 'remove_nul', ...

    Returns:
        Values in `wire_dtype(type)`; in text where the column holds one that only the server knows, as `infinity`.
    """
    family = family_of(type)
    if values.dtype == pl.Null:
        return Converted(pl.Series(values.name, [None] * len(values), dtype=family.wire(type)))
    if isinstance(values.dtype, pl.Categorical | pl.Enum):
        values = values.cast(pl.String)
    if values.dtype == pl.Binary and family_name(type) not in BYTES:
        decoded = decode(values)
        values = decoded if decoded.null_count() == values.null_count() else values
    if values.dtype != pl.String:
        return family.from_typed(values, type, format, allow)
    values, is_wrapped = extended_json.unwrap(values, type)
    read = partial(_convert_texts, type=type, format=format, allow=allow)
    made = read(values)
    if family_name(type) not in TO_THE_LETTER:
        for dirt in (invisible.DIRT, sheet_text.DIRT):
            made = read_again(values, made, read, dirt)
    if is_wrapped is None:
        return made
    return made._replace(heals=(HealMask(extended_json.RULE, is_wrapped), *made.heals))


def _convert_texts(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    family = family_of(type)
    told = nulls.told_beyond(type, format.nulls) if family_name(type) != "text" else ()
    is_told = nulls.is_token(values, told).fill_null(False) if told else None
    if is_told is None or not is_told.any():
        return add_words(values, family.to_typed(values, type, format, allow), type)
    values = blank(values, is_told)
    made = add_words(values, family.to_typed(values, type, format, allow), type)
    return made._replace(heals=(HealMask(nulls.RULE, is_told), *made.heals))


def fit(values: pl.Series, type: PgType, format: ColumnFormat) -> float:
    """Share (0-1) of the non-null values that convert to `type`; null tokens are no values. 0 where there is none."""
    made = convert(values, type, format, allow=frozenset())
    failed = sum(int(fault.mask.sum()) for fault in made.faults)
    converted = len(made.values) - made.values.null_count()
    return converted / (converted + failed) if converted + failed else 0.0


def best_fit(values: pl.Series, type: PgType, options: ValueOptions) -> float:
    """`fit` by the order of day and month, or the decimal mark, that suits the values best.

    Which column it is does not depend on those; what its values mean does, and is asked later.
    """
    if not (options.nulls or options.decimal) and (
        are_plain(values, type) or is_one_spelling(values, type, options)
    ):
        return 1.0
    format = decide_format(values, type, options)
    share = fit(values, type, format)
    if share == 1.0:
        return share
    tried: list[ValueOptions] = []
    has_an_order = type.base in _DATED and options.date_order is None
    if has_an_order and (format.date_orders or format.question):
        tried = [replace(options, date_order=order) for order in _ORDERS]
    elif asks_decimal(format):
        tried = [replace(options, decimal=mark) for mark in _MARKS]
    return max([share, *(fit(values, type, decide_format(values, type, each)) for each in tried)])
