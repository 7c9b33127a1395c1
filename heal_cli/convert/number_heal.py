"""The healers of numbers: what people put around digits, taken off and named."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert import number_currency, number_decide, number_target, number_text
from heal_cli.convert import number_grammar as grammar
from heal_cli.convert.number_target import Target, settle
from heal_cli.convert.residue import Attempt, Refusal
from heal_cli.model import ColumnFormat, HealMask

_RADIX: Final = {"x": 16, "o": 8, "b": 2}

_SPREAD: Final = 64

_DIGIT: Final = r"\p{N}"
"""Of any script; words alone need not be taken apart."""


def quick(texts: pl.Series, target: Target, mark: grammar.Mark | None, signs: str) -> Attempt:
    """The commonest dress without taking it apart: one match, two replacements, one cast.

    Args:
        signs: Those of the column's currency.
    """
    symbols = _symbols(texts, signs)
    found = texts.str.contains(grammar.quick(mark, target.fraction, symbols))
    if target.longest is not None:
        found = found & (texts.str.len_bytes() <= target.longest)
    if not found.any():
        return number_target.nothing(texts, target)
    mine = texts if found.all() else number_target.where(texts, found)
    bare = mine.str.strip_chars(symbols + " ")
    digits = bare if mark is None else bare.str.replace_all("." if mark == "," else ",", "", literal=True)
    heals = [
        HealMask("currency_sign", _shorter(bare, mine)),
        HealMask("thousands_mark", _shorter(digits, bare)),
    ]
    if mark == ",":
        heals.append(HealMask("decimal_comma", digits.str.contains(",", literal=True).fill_null(False)))
        digits = digits.str.replace(",", ".", literal=True)
    return Attempt(digits.cast(target.dtype, strict=False), tuple(heals))


def _symbols(texts: pl.Series, signs: str) -> str:
    """The currency symbols in a few cells spread over the column; stripping all there are costs twice as much."""
    if not signs:
        return ""
    spread = texts.gather_every(max(1, len(texts) // _SPREAD))
    return "".join(sorted(set(signs).intersection("".join(spread))))


def _shorter(now: pl.Series, before: pl.Series) -> pl.Series:
    return (now.str.len_bytes() < before.str.len_bytes()).fill_null(False)


def dressed(texts: pl.Series, target: Target, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    """Any dress: taken apart, read by the column's decimal mark, spelt out and cast."""
    if not texts.str.contains(_DIGIT).any():
        return number_target.nothing(texts, target)
    parts = number_text.take_apart(texts)
    if not parts["ok"].any():
        return number_target.nothing(texts, target)
    by_comma, readable, ambiguous = _reading(format, target)
    ambiguous = pl.col("ok") & (ambiguous | _unanswered(format))
    amounts = parts.select(pl.col("ok") & pl.col("currency") & ~ambiguous).to_series().fill_null(False)
    strange, which = number_currency.others(texts, amounts, format, allow)
    parts = parts.with_columns(ambiguous=ambiguous, readable=pl.col("ok") & readable & ~ambiguous & ~strange)
    spelt = number_text.spell_out(parts, by_comma, -2 if format.percent == "fraction" else 0)
    spelt = spelt.with_columns(whole=pl.when("readable").then("whole"))
    made = settle(spelt, target, allow)
    question = format.question or "Can be read in two ways; answer with --decimal"
    refused = (
        Refusal("ambiguous", parts["ambiguous"], question),
        Refusal("ambiguous", strange, which),
        *made.refused,
    )
    return Attempt(made.values, (*made.heals, *_named(spelt, by_comma, target)), refused)


def _reading(format: ColumnFormat, target: Target) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Where the comma is the decimal mark, which cells are readable, and which could be read in two ways."""
    point, comma, no = pl.col("point"), pl.col("comma"), pl.lit(False)
    if format.decimal is not None:
        return pl.lit(format.decimal == ","), comma if format.decimal == "," else point, no
    either = point & comma & pl.col("marked")
    if number_decide.asks_decimal(format):
        return comma & ~point, point | comma, either
    # first met after the format was decided: the column has to be looked at again
    if target.kind == "integer":
        by_point = either & pl.col("number").str.contains(".", literal=True)
        return no, point, by_point | (comma & ~point)
    return no, point, either | (comma & ~point)


def _unanswered(format: ColumnFormat) -> pl.Expr:
    return pl.col("percent") if format.percent is None else pl.lit(False)


def _named(spelt: pl.DataFrame, by_comma: pl.Expr, target: Target) -> tuple[HealMask, ...]:
    masks = spelt.select(
        currency_sign=pl.col("currency"),
        thousands_mark=pl.col("grouped"),
        decimal_comma=by_comma & pl.col("number").str.contains(",", literal=True),
        accounting_negative=pl.col("accounting"),
        trailing_minus=pl.col("trailing_minus"),
        trailing_plus=pl.col("trailing_plus"),
        unicode_digits=pl.col("foreign"),
        leading_zeros=pl.col("padded"),
        integral_decimal=~pl.col("bare") & ~pl.col("percent") & pl.lit(target.kind == "integer"),
        percent=pl.col("percent"),
    ).fill_null(False)
    return tuple(HealMask(mask.name, mask, assumption=mask.name == "percent") for mask in masks)


def sided(texts: pl.Series, target: Target) -> Attempt:
    """'1,234.56 CR': nothing, and the question which side of the account is negative."""
    found = texts.str.contains(grammar.SIDED)
    question = (
        "CR and DR name the side of an account, and which side is negative depends on whose it is: "
        "put the sign into the file"
    )
    refused = (Refusal("ambiguous", found, question),) if found.any() else ()
    return number_target.nothing(texts, target)._replace(refused=refused)


def radix(texts: pl.Series, target: Target) -> Attempt:
    """0x1F, 0o17, 0b101: whole numbers in PostgreSQL's own syntax since 16."""
    text = texts.str.strip_chars().str.to_lowercase()
    if not text.str.contains("^[+-]?0[xob]").any():
        return number_target.nothing(texts, target)
    parts = text.str.extract_groups(r"^(?P<sign>[+-]?)0(?P<base>[xob])(?P<digits>[0-9a-f]+)$").struct.unnest()
    digits = [
        pl.when(base=key).then(pl.col("digits").str.to_integer(base=radix, strict=False))
        for key, radix in _RADIX.items()
    ]
    number = pl.coalesce(digits) * pl.when(sign="-").then(-1).otherwise(1)
    values = parts.select(number.cast(target.dtype, strict=False)).to_series()
    return Attempt(values, (HealMask("radix_prefix", values.is_not_null()),))
