"""text, varchar, char, name, citext, and every type that only the server can judge: exactly as it came."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Final

import polars as pl

from heal_cli.convert import nulls, sheet_text, text_typed
from heal_cli.convert.residue import Attempt, Healer, Refusal, heal_residue
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

NAME_BYTES: Final = 63
"""NAMEDATALEN - 1: PostgreSQL cuts longer names without a word."""

_WITHOUT_BLANKS: Final = frozenset({"inet", "cidr", "pg_lsn"})
"""Types whose input refuses blanks around a value; all others pass over them (ran on PostgreSQL 18)."""

_NUL: Final = "\0"
_ESCAPED_CHAR: Final = r"^\\[0-7]{3}$"


def wire(type: PgType) -> pl.DataType:
    """String."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base`, with what marks the values as text for a spreadsheet."""
    marks = sheet_text.find_marks(values) if type.base in nulls.TEXTS else None
    return replace(base, sheet_text=marks) if marks else base


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """The texts themselves; what would not fit, or holds a NUL, only with `allow`."""
    is_null = _null_tokens(values, type, format)
    texts = values if is_null is None else where(values, ~is_null)
    heals = () if is_null is None else (HealMask(nulls.RULE, is_null),)
    if format.sheet_text is not None:
        texts, marked = sheet_text.take_off(texts, format.sheet_text)
        heals = (*heals, marked) if marked.mask.any() else heals
    if type.base in _WITHOUT_BLANKS:
        bare = texts.str.strip_chars()
        padded = (bare.str.len_bytes() < texts.str.len_bytes()).fill_null(False)
        if padded.any():
            texts, heals = bare, (*heals, HealMask("outer_blanks", padded))
    bad = [mask for mask in (_has_nul(texts), _too_long(texts, type)) if mask is not None]
    if not bad:
        return Converted(texts, heals)
    typed = texts
    for mask in bad:
        typed = where(typed, ~mask)
    made = heal_residue(texts, typed, (Healer("", partial(_mend, type=type, allow=allow)),))
    return made._replace(heals=(*heals, *made.heals))


def where(values: pl.Series, mask: pl.Series) -> pl.Series:
    """The texts where the mask holds, null elsewhere."""
    return values.zip_with(mask.fill_null(False), pl.Series([None], dtype=pl.String))


def _null_tokens(values: pl.Series, type: PgType, format: ColumnFormat) -> pl.Series | None:
    """Where a null token stands: to the letter for texts, trimmed and case-folded for what the server judges."""
    if not format.nulls:
        return None
    compare = nulls.is_exactly if type.base in nulls.TEXTS else nulls.is_token
    mask = compare(values, format.nulls)
    return mask.fill_null(False) if mask.any() else None


def _has_nul(texts: pl.Series) -> pl.Series | None:
    mask = texts.str.contains(_NUL, literal=True)
    return mask.fill_null(False) if mask.any() else None


def _limit(type: PgType) -> tuple[int, bool] | None:
    """How much a type holds, and whether that counts bytes; None for any amount."""
    if type.base in ("varchar", "bpchar") and type.length is not None:
        return type.length, False
    if type.base == "name":
        return NAME_BYTES, True
    return (1, True) if type.base == "char" else None


def _too_long(texts: pl.Series, type: PgType) -> pl.Series | None:
    limit = _limit(type)
    if limit is None:
        return None
    size, in_bytes = limit
    longer = texts.str.len_bytes() > size
    if not longer.any():
        return None
    if not in_bytes:
        longer = texts.str.len_chars() > size
    elif type.base == "char":
        longer = longer & ~texts.str.contains(_ESCAPED_CHAR)
    longer = longer.fill_null(False)
    return longer if longer.any() else None


def _mend(texts: pl.Series, type: PgType, allow: frozenset[str]) -> Attempt:
    """NULs taken out, blanks or more cut off, each only where it is allowed."""
    heals: list[HealMask] = []
    refused: list[Refusal] = []
    values = texts
    nul = _has_nul(values)
    if nul is not None:
        if "remove_nul" in allow:
            heals.append(HealMask("remove_nul", nul, lossy=True))
            values = values.str.replace_all(_NUL, "", literal=True)
        else:
            refused.append(
                Refusal("nul_byte", nul, "text: PostgreSQL holds no NUL; take it out with --allow remove_nul")
            )
            values = where(values, ~nul)
    for rule, cut in (("trim_blanks", _trimmed), ("truncate", _truncated)):
        long = _too_long(values, type)
        if long is None or rule not in allow:
            continue
        shorter = cut(values, type)
        left = _too_long(shorter, type)
        cured = long if left is None else long & ~left
        heals.append(HealMask(rule, cured, lossy=True))
        values = shorter.zip_with(cured, values)
    long = _too_long(values, type)
    if long is not None:
        refused += _refusals(values, long, type)
        values = where(values, ~long)
    return Attempt(values, tuple(heals), tuple(refused))


def _refusals(texts: pl.Series, long: pl.Series, type: PgType) -> Iterator[Refusal]:
    """Texts that do not fit, by what would make them fit."""
    left = _too_long(_trimmed(texts, type), type)
    padded = long if left is None else long & ~left
    blanks = f"{type.name}: longer than it holds by blanks alone; cut those with --allow trim_blanks"
    yield Refusal("too_long", padded, blanks)
    yield Refusal(
        "too_long", long & ~padded, f"{type.name}: longer than it holds; cut it with --allow truncate"
    )


def _trimmed(texts: pl.Series, type: PgType) -> pl.Series:
    """Without the trailing blanks that do not fit; those that do stay."""
    limit = _limit(type)
    assert limit is not None
    size, _ = limit
    bare = texts.str.strip_chars_end(" ")
    return bare.str.pad_end(size, " ") if type.base in ("varchar", "bpchar") else bare


def _truncated(texts: pl.Series, type: PgType) -> pl.Series:
    limit = _limit(type)
    assert limit is not None
    size, in_bytes = limit
    if not in_bytes:
        return texts.str.head(size)
    # whole characters only: of 1 to 4 bytes each, so the longest that fits has size/4 to size of them
    text = pl.col("text")
    cuts = [
        pl.when(text.str.head(count).str.len_bytes() <= size).then(text.str.head(count))
        for count in range(size, size // 4 - 1, -1)
    ]
    return texts.alias("text").to_frame().select(pl.coalesce(cuts)).to_series()


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """The value's text: ISO for times, JSON for lists and structs, hex for bytea."""
    made = text_typed.texts(values, type)
    if made.faults:
        return made
    judged = to_typed(made.values, type, ColumnFormat(), allow)
    return judged._replace(heals=(*made.heals, *judged.heals))
