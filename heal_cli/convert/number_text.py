"""Cells that hold a dressed-up number, taken apart column-wise: sign, digits, what stood around them."""

from __future__ import annotations

from typing import Final

import polars as pl

from heal_cli.convert import number_grammar as grammar

MAX_EXPONENT: Final = 400
"""Largest exponent spelt out as digits; beyond float8's 308 only an unbounded numeric could hold it."""

_GROUPS: Final = r"[' _]"
_NO_EXPONENT: Final = pl.lit(0, dtype=pl.Int32).alias("exponent")


def plain_ascii(texts: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """The texts with other scripts' digits, signs and blanks in ASCII and trimmed; where a digit or sign changed."""
    if texts.str.len_bytes().sum() == texts.str.len_chars().sum():
        return texts.str.replace_all("\t", " ", literal=True).str.strip_chars(), None
    blanks = texts.str.replace_many(list(grammar.BLANK_OF), list(grammar.BLANK_OF.values()))
    ascii = blanks.str.replace_many(list(grammar.ASCII_OF), list(grammar.ASCII_OF.values()))
    return ascii.str.strip_chars(), ascii != blanks


def take_apart(texts: pl.Series) -> pl.DataFrame:
    """What stands in each cell, one row each.

    Returns:
        `ok` (it is a number in a sensible dress), `number` (digits and marks), `exponent` (Int32), `negative`,
        `currency`, `percent`, `accounting`, `trailing_minus`, `trailing_plus`, `foreign` (other scripts), `point` and `comma`
        (which readings it fits), `marked` (holds a point or a comma).
    """
    ascii, foreign = plain_ascii(texts)
    text, number = pl.col("text"), pl.col("number")
    has_letters = ascii.str.contains(grammar.LETTER).any()
    dressed, around = (
        (grammar.DRESSED, grammar.AROUND) if has_letters else (grammar.UNLETTERED, grammar.AROUND_UNLETTERED)
    )
    frame = ascii.alias("text").to_frame().with_columns(ok=text.str.contains(dressed))
    if has_letters and ascii.str.contains(grammar.ABBREVIATED).any():
        frame = frame.with_columns(text.str.replace(r"([rs])\.", "$1"))
    frame = frame.with_columns(number=pl.when("ok").then(text.str.strip_chars(around)))
    frame = _exponents(frame) if has_letters else frame.with_columns(_NO_EXPONENT)
    return frame.select(
        "ok",
        "number",
        "exponent",
        negative=text.str.contains(grammar.NEGATIVE),
        currency=text.str.contains(grammar.HAS_CURRENCY),
        percent=text.str.contains("%", literal=True),
        accounting=text.str.contains("(", literal=True),
        trailing_minus=text.str.contains(grammar.TRAILING_MINUS),
        trailing_plus=text.str.contains(grammar.TRAILING_PLUS),
        foreign=pl.lit(False) if foreign is None else foreign,
        point=number.str.contains(grammar.DECIMAL_POINT).fill_null(False),
        comma=number.str.contains(grammar.DECIMAL_COMMA).fill_null(False),
        marked=number.str.contains("[.,]").fill_null(False),
    )


def _exponents(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with `number` and `exponent` apart."""
    number = pl.col("number")
    found = frame["number"].str.contains("[eE]")
    if not found.any():
        return frame.with_columns(_NO_EXPONENT)
    return frame.with_columns(
        number=number.str.replace(grammar.EXPONENT, ""),
        exponent=number.str.extract(grammar.EXPONENT).str.strip_prefix("+").cast(pl.Int32).fill_null(0),
    )


def spell_out(parts: pl.DataFrame, comma: pl.Expr, shift: int) -> pl.DataFrame:
    """The numbers as plain digits: `whole` (no leading zeros but one) and `fraction` (as long as written).

    Args:
        parts: From `take_apart`.
        comma: Where the decimal comma is the reading.
        shift: Added to each percent's exponent: -2 for fractions.

    Returns:
        `parts` with `whole`, `fraction`, `scale` (its digits, trailing zeros aside), `grouped` (had thousands marks),
        `padded` (had leading zeros), `bare` (no point, no exponent). `whole` is null where the exponent is beyond
        `MAX_EXPONENT`.
    """
    by_comma = pl.col("number").str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    by_point = pl.col("number").str.replace_all(",", "", literal=True)
    digits = pl.when(comma).then(by_comma).otherwise(by_point).str.replace_all(_GROUPS, "")
    point = pl.col("digits").str.find(".", literal=True).fill_null(pl.col("digits").str.len_bytes())
    exponent = pl.col("exponent") + pl.when("percent").then(shift).otherwise(0)
    return (
        parts.with_columns(digits=digits, exponent=exponent)
        .with_columns(
            grouped=pl.col("digits").str.len_bytes() < pl.col("number").str.len_bytes(),
            padded=pl.col("digits").str.contains("^0[0-9]"),
            bare=~pl.col("digits").str.contains(".", literal=True) & (pl.col("exponent") == 0),
            at=point.cast(pl.Int64) + pl.col("exponent"),
            all=pl.col("digits").str.replace(".", "", literal=True),
        )
        .with_columns(all=_padded(pl.col("all"), pl.col("at")), at=pl.col("at").clip(0))
        .with_columns(
            whole=pl.col("all").str.slice(0, pl.col("at")).str.strip_chars_start("0").pipe(_or_zero),
            fraction=pl.col("all").str.slice(pl.col("at")),
        )
        .with_columns(scale=pl.col("fraction").str.strip_chars_end("0").str.len_bytes())
    )


def _or_zero(digits: pl.Expr) -> pl.Expr:
    return pl.when(digits == "").then(pl.lit("0")).otherwise(digits)


def _padded(digits: pl.Expr, at: pl.Expr) -> pl.Expr:
    """The digits, with zeros before or behind until the point at `at` falls inside; null when that is too far."""
    bound = pl.lit(MAX_EXPONENT)
    before = digits.str.len_bytes() - at.clip(-bound, 0)
    within = (
        pl.when(at < 0)
        .then(digits.str.zfill(before))
        .otherwise(digits.str.pad_end(at.clip(0, bound * 100), "0"))
    )
    return pl.when(at.abs() - digits.str.len_bytes() <= bound).then(within)


def canonical(whole: pl.Expr, fraction: pl.Expr) -> pl.Expr:
    """The number as PostgreSQL writes it; needs the `negative` column."""
    sign = pl.when("negative").then(pl.lit("-")).otherwise(pl.lit(""))
    return sign + whole + pl.when(fraction == "").then(pl.lit("")).otherwise(pl.lit(".") + fraction)
