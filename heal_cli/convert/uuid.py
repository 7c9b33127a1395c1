"""uuid: lower-case and hyphenated, from every form that RFC 9562 and PostgreSQL know."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, heal_residue, refuse_all
from heal_cli.convert.text_typed import decode
from heal_cli.fixed_width import are_as_wide, are_hex, bytes_of, cells_of, lowered
from heal_cli.model import ColumnFormat, Converted, Fault, HealMask, PgType, ValueOptions

RULE: Final = "uuid_form"

_CANONICAL: Final = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_HYPHENATED: Final = rf"{_CANONICAL}|^\{{{_CANONICAL.strip('^$')}\}}$"
_ANY: Final = r"^(?:urn:uuid:)?(?:\{(?P<braced>[0-9a-f]{4}(?:-?[0-9a-f]{4}){7})\}|(?P<bare>[0-9a-f]{4}(?:-?[0-9a-f]{4}){7}))$"
"""PostgreSQL takes a hyphen after any group of four digits, and braces around (manual, 8.12)."""

_LENGTH: Final = 36  # characters of a canonical UUID
_MARKS: Final = {0: "{", 9: "-", 14: "-", 19: "-", 24: "-", 37: "}"}
"""Places of the commonest other form."""

_GROUPS: Final = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))


def wire(type: PgType) -> pl.DataType:
    """String: canonical text."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base`: no two forms of a UUID can be mistaken for one another."""
    return base


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Canonical texts as they are; upper case, braces, missing hyphens and URNs as a named heal."""
    sound = values.str.contains(_CANONICAL)
    typed = values if sound.all() else _where(values, sound)
    return heal_residue(values, typed, (Healer("uuid: 32 hexadecimal digits", _heal),), nulls=format.nulls)


def _heal(texts: pl.Series) -> Attempt:
    unbraced = _unbraced(texts)
    if unbraced is not None:
        return Attempt(unbraced, (HealMask(RULE, unbraced.is_not_null()),))
    folded = texts.str.strip_chars().str.to_lowercase()
    if folded.str.contains(_HYPHENATED).all():
        values = folded.str.strip_chars("{}")
        return Attempt(values, (HealMask(RULE, values.is_not_null()),))
    found = folded.str.extract_groups(_ANY).struct.unnest()
    digits = found.select(pl.coalesce("braced", "bare").str.replace_all("-", "", literal=True)).to_series()
    values = _hyphenated(digits)
    return Attempt(values, (HealMask(RULE, values.is_not_null()),))


def _unbraced(texts: pl.Series) -> pl.Series | None:
    """Hyphenated digits in braces without these, in lower case; None where one text is none of that."""
    width = _LENGTH + 2
    if not are_as_wide(texts, width):
        return None
    octets = bytes_of(texts, width)
    if any((octets.gather_every(width, place) != ord(mark)).any() for place, mark in _MARKS.items()):
        return None
    if are_hex(octets).sum() != len(texts) * (width - len(_MARKS)):
        return None
    return cells_of(lowered(octets), width).cast(pl.String).str.slice(1, _LENGTH)


def _hyphenated(digits: pl.Series) -> pl.Series:
    """32 digits as 8-4-4-4-12; null stays null."""
    groups = [pl.col("d").str.slice(start, length) for start, length in _GROUPS]
    return digits.alias("d").to_frame().select(pl.concat_str(groups, separator="-")).to_series()


def _where(values: pl.Series, mask: pl.Series) -> pl.Series:
    return values.zip_with(mask.fill_null(False), pl.Series([None], dtype=pl.String))


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Sixteen raw bytes (Parquet's UUID type); any other dtype fails."""
    if values.dtype != pl.Binary:
        return refuse_all(values, pl.String(), f"{values.dtype} is no uuid")
    sound = (values.bin.size() == 16).fill_null(False)
    made = _where(_hyphenated(values.bin.encode("hex")), sound).alias(values.name)
    failed = ~sound & values.is_not_null()
    if not failed.any():
        return Converted(made)
    texts = decode(values)
    if texts.null_count() == values.null_count():
        return to_typed(texts, type, format, allow)
    return Converted(made, (), (Fault(NOT_CONVERTIBLE, failed, ("uuid: 16 bytes",)),))
