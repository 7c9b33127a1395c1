"""What a numeric type can hold, and the cast that keeps within it: nothing rounded or cut without a word."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.number_text import canonical
from heal_cli.convert.residue import Attempt, Refusal, blank, mask_of
from heal_cli.model import HealMask, PgType

MAX_DECIMAL: Final = 38
"""Digits of polars' Decimal; wider numerics travel as text."""

INTEGERS: Final = {"int2": pl.Int16(), "int4": pl.Int32(), "int8": pl.Int64()}
FLOATS: Final = {"float4": pl.Float32(), "float8": pl.Float64()}

_FLOAT_DIGITS: Final = {"float4": 9, "float8": 17}
"""Significant digits that always bring the same float back (FLT_DECIMAL_DIG, DBL_DECIMAL_DIG)."""

_SPECIAL: Final = {
    "nan": "NaN",
    **dict.fromkeys(("inf", "infinity"), "Infinity"),
    **dict.fromkeys(("-inf", "-infinity"), "-Infinity"),
}

_SPREADSHEET_EXPONENT: Final = 11
"""From 12 digits on a spreadsheet shows, and saves, a whole number as 1.23E+15."""

_PROBE: Final = 64
"""Cells looked at before a way is chosen for the whole column."""

_WORDS: Final = ("NaN", "Infinity", "-Infinity")
"""Numbers that are not finite; a numeric with a precision has the first, but polars' Decimal has none."""


@dataclass(frozen=True, slots=True)
class Target:
    """A numeric type as far as conversion cares."""

    kind: Literal["integer", "decimal", "float", "text"]  # 'text': exact digits, read by the server
    dtype: pl.DataType
    name: str  # of the type, for people
    scale: int | None = None  # fractional digits it holds; None for any
    whole: int | None = None  # digits before the point it holds; None: the cast knows
    digits: int = 0  # of a float
    words: tuple[str, ...] = ()  # what it holds beside finite numbers

    @property
    def fraction(self) -> str:
        """A regular expression for the fractional digits that need no thought; '' for none at all."""
        if self.kind == "integer":
            return ""
        return "[0-9]*" if self.scale is None else rf"[0-9]{{0,{max(self.scale, 0)}}}0*"

    @property
    def longest(self) -> int | None:
        """Bytes of a text up to which no digit can be too many; None where the cast finds out by itself."""
        if self.kind == "float":
            return self.digits - 2
        if self.kind != "text" or self.scale is None or self.whole is None:
            return None
        return max(self.whole, 0) if self.scale >= 0 else 0


def target_of(type: PgType) -> Target:
    """What `type` holds."""
    if type.base in INTEGERS:
        return Target("integer", INTEGERS[type.base], type.name, scale=0)
    if type.base in FLOATS:
        return Target("float", FLOATS[type.base], type.name, digits=_FLOAT_DIGITS[type.base], words=_WORDS)
    if type.base == "money":
        return Target("text", pl.String(), type.name, scale=2, whole=17)
    if type.precision is None:
        return Target("text", pl.String(), type.name, words=_WORDS)
    scale = type.scale or 0
    if type.precision <= MAX_DECIMAL and 0 <= scale <= type.precision:
        return Target("decimal", pl.Decimal(type.precision, scale), type.name, scale=scale)
    return Target("text", pl.String(), type.name, scale=scale, whole=type.precision - scale, words=_WORDS[:1])


# --------------------------------------------------------------------------- all cells at once


def strict(values: pl.Series, target: Target, *, points: bool) -> pl.Series:
    """The cells that are numbers in PostgreSQL's own syntax and fit; null for all others.

    Args:
        points: Whether a point is certainly the decimal mark; without, cells that hold one are left open.
    """
    if target.kind == "integer":
        return values.cast(target.dtype, strict=False)
    if target.kind == "float":
        return _strict_float(values, target, points=points)
    if target.kind == "text":
        sound = values.str.contains(_text_shape(target, points=points))
        return where(
            values, sound if target.longest is None else sound & (values.str.len_bytes() <= target.longest)
        )
    fraction = rf"(?:\.{target.fraction})?" if points else ""
    typed = values.cast(target.dtype, strict=False)
    return _unless_cut(values, typed, rf"^[+-]?[0-9]*{fraction}$")


def _unless_cut(values: pl.Series, typed: pl.Series, shape: str) -> pl.Series:
    """`typed` without the cells that are not of that shape: polars rounds what is too long, without a word."""
    probe = typed.head(_PROBE).cast(pl.String) == values.head(_PROBE)
    if not probe.all():
        sound = values.str.contains(shape)
        return typed if sound.all() else where(typed, sound)
    # a cell that prints as it was written has lost nothing: half the price of the regular expression
    doubtful = (typed.cast(pl.String) != values).arg_true()
    cut = doubtful.filter(~values[doubtful].str.contains(shape))
    return blank(typed, mask_of(len(typed), cut)) if len(cut) else typed


def _text_shape(target: Target, *, points: bool) -> str:
    """PostgreSQL's syntax without leading zeros, which are gone once the number is stored."""
    whole = "[+-]?(?:0|[1-9][0-9]*)"
    fraction = rf"(?:\.{target.fraction})?" if points else ""
    if target.scale is None:
        return rf"^\s*{whole}{fraction}(?:[eE][+-]?[0-9]+)?\s*$"
    return f"^{whole}{fraction}$"


def _strict_float(values: pl.Series, target: Target, *, points: bool) -> pl.Series:
    typed = values.cast(target.dtype, strict=False)
    if not points:
        typed = where(typed, ~values.str.contains(".", literal=True))
    doubtful = typed.is_infinite() | (typed == 0)  # overflow, underflow: errors in PostgreSQL
    if not doubtful.any():
        return typed
    lost = values.str.contains(r"^\s*[+-]?[0-9.]*[1-9]") & doubtful
    return where(typed, ~lost) if lost.any() else typed


def where(values: pl.Series, mask: pl.Series) -> pl.Series:
    """The values where the mask holds, null elsewhere."""
    return values.to_frame("v").select(pl.when(mask).then(pl.col("v"))).to_series().alias(values.name)


def leading_zeros(values: pl.Series) -> pl.Series | None:
    """Where a number is written with leading zeros (0012), which a number cannot keep; None for nowhere."""
    # '+', '-', '.', '/' and '0' sort before '1': one comparison spares the column the regular expression
    may_be = values < "1"
    if not may_be.any():
        return None
    suspects = may_be.arg_true()
    found = values[suspects].str.contains(r"^[+-]?0[0-9]").arg_true()
    if not len(found):
        return None
    return constant(False, len(values), pl.Boolean).scatter(suspects[found], True)


def lost_digits(values: pl.Series, typed: pl.Series, target: Target) -> pl.Series | None:
    """Where a text has more significant digits than its float can give back; None for nowhere."""
    suspects = (values.str.len_bytes() > (target.longest or 0)).arg_true()
    if not len(suspects):
        return None
    texts, floats = values[suspects], typed[suspects]
    digits = texts.str.replace(r"[eE].*$", "").str.replace_all(r"[^0-9]", "").str.strip_chars("0")
    integers = texts.cast(pl.Int64, strict=False)
    found = (digits.str.len_bytes() > target.digits) | (
        (integers.abs() > 2**24) & (integers != _as_integer(floats)).fill_null(False)
    ).fill_null(False)
    if not (found & floats.is_not_null()).any():
        return None
    mask = constant(False, len(values), pl.Boolean)
    return mask.scatter(suspects.filter(found & floats.is_not_null()), True)


def _as_integer(floats: pl.Series) -> pl.Series:
    return floats.cast(pl.Float64).cast(pl.Int64, strict=False)


# --------------------------------------------------------------------------- numbers taken apart


def settle(parts: pl.DataFrame, target: Target, allow: frozenset[str]) -> Attempt:
    """Numbers as `number_text.spell_out` left them, in the target's dtype, or the reason why not.

    Args:
        parts: With `whole` null for cells that are none of ours.
    """
    ours = parts["whole"].is_not_null()
    rounds = _rounds(parts, target) & ours
    if target.kind == "integer":
        values = _decimal(parts, pl.Decimal(MAX_DECIMAL, 0), 0).cast(pl.Int64, strict=False)
        values = values.cast(target.dtype, strict=False)
    elif target.kind == "decimal":
        values = _decimal(parts, target.dtype, target.scale or 0)
    else:
        values = _text_or_float(parts, target)
    refused = []
    shortened = _shortened(parts, target) & ours & values.is_not_null()
    if "exponent" not in allow:
        attempt = f"{target.name}: an exponent hides digits; take them for zeros with --allow exponent"
        refused.append(Refusal("digits_lost", shortened, attempt))
        values, ours = where(values, ~shortened), ours & ~shortened
    if "round" not in allow:
        refused.append(Refusal("would_round", rounds, _too_fine(target)))
        values = where(values, ~rounds)
    too_big = ours & values.is_null() & ~(rounds & ("round" not in allow))
    refused.append(Refusal("out_of_range", too_big, f"out of range for {target.name}"))
    heals = [HealMask("round", rounds, lossy=True), HealMask("exponent", shortened, lossy=True)]
    if target.kind == "float":
        lost = lost_digits(
            parts.select(canonical(pl.col("whole"), pl.col("fraction"))).to_series(), values, target
        )
        heals += [HealMask("float_precision", lost, lossy=True)] if lost is not None else []
    return Attempt(values, tuple(heals), tuple(refused))


def _too_fine(target: Target) -> str:
    what = "not a whole number" if target.kind == "integer" else "more fractional digits than it holds"
    return f"{target.name}: {what}; round it with --allow round"


def _shortened(parts: pl.DataFrame, target: Target) -> pl.Series:
    """Long whole numbers of which an exponent stands for the last digits: an id as a spreadsheet saves it."""
    if target.scale != 0 or not (parts["exponent"] != 0).any():
        return constant(False, parts.height, pl.Boolean)
    written = parts["number"].str.replace_all("[^0-9]", "").str.len_bytes()
    is_long = parts["exponent"] >= _SPREADSHEET_EXPONENT
    return (is_long & (written < parts["whole"].str.len_bytes())).fill_null(False)


def _rounds(parts: pl.DataFrame, target: Target) -> pl.Series:
    if target.scale is None:
        return constant(False, parts.height, pl.Boolean)
    if target.scale >= 0:
        return (parts["scale"] > target.scale).fill_null(False)
    zeros = parts["whole"].str.len_bytes() - parts["whole"].str.strip_chars_end("0").str.len_bytes()
    return (((parts["scale"] > 0) | (zeros < -target.scale)) & (parts["whole"] != "0")).fill_null(False)


def _decimal(parts: pl.DataFrame, dtype: pl.DataType, scale: int) -> pl.Series:
    """Cut to `scale` and, where the next digit is 5 or more, one step away from zero, as PostgreSQL rounds."""
    up = pl.col("fraction").str.slice(scale, 1).cast(pl.Int8, strict=False).fill_null(0) >= 5
    cut = canonical(pl.col("whole"), pl.col("fraction").str.slice(0, scale)).cast(dtype, strict=False)
    made = parts.select(cut=cut, up=up, negative="negative")
    if not made["up"].any():
        return made["cut"]
    widest = pl.Decimal(MAX_DECIMAL, scale)
    step = pl.lit(f"1e-{scale}").cast(widest)
    edge = pl.lit("9" * (MAX_DECIMAL - scale) + "." + "9" * scale).cast(widest)
    wide = pl.col("cut").cast(widest)
    room = pl.when(wide.abs() != edge).then(wide)  # polars raises when a Decimal sum overflows
    stepped = (room + pl.when("negative").then(-step).otherwise(step)).cast(dtype, strict=False)
    return made.select(pl.when("up").then(stepped).otherwise("cut")).to_series()


def _text_or_float(parts: pl.DataFrame, target: Target) -> pl.Series:
    text = parts.select(canonical(pl.col("whole"), pl.col("fraction"))).to_series()
    if target.kind == "float":
        return _strict_float(text, target, points=True)
    if target.whole is None:
        return text
    # numeric(2,4) holds 0.00xx: its `whole` is below zero, and polars compares lengths with no such number
    return where(text, (parts["whole"] == "0") | (parts["whole"].str.len_bytes() <= max(target.whole, 0)))


def special(texts: pl.Series, target: Target) -> Attempt:
    """'NaN' and 'Infinity', in any case and with blanks around, where the type has them (manual, 8.1)."""
    if not texts.str.contains(r"^\s*[+-]?[NnIi]").any():
        return nothing(texts, target)
    word = texts.str.strip_chars().str.to_lowercase().str.strip_prefix("+")
    found = word.replace_strict(_SPECIAL, default=None, return_dtype=pl.String)
    if not found.count():
        return nothing(texts, target)
    held = where(found, found.is_in(target.words))
    refused: tuple[Refusal, ...] = ()
    if target.kind != "integer":
        missing = found.is_not_null() & held.is_null()
        refused = (Refusal("out_of_range", missing, f"{target.name} holds finite numbers"),)
    return Attempt(held.cast(target.dtype, strict=False), (), refused)


def nothing(texts: pl.Series, target: Target) -> Attempt:
    """No answer for any cell."""
    return Attempt(pl.Series(texts.name, [None], dtype=target.dtype).new_from_index(0, len(texts)))
