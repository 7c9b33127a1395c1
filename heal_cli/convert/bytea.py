"""bytea: PostgreSQL's own forms as they are; hexadecimal digits and base64 only where it is said which."""

from __future__ import annotations

from functools import partial
from typing import Final

import polars as pl

from heal_cli.convert import text
from heal_cli.convert.constant import constant
from heal_cli.convert.residue import Attempt, Healer, Refusal, heal_residue
from heal_cli.convert.text import decide, from_typed, wire
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType

__all__ = ["decide", "from_typed", "to_typed", "wire"]

_MARKED: Final = r"^(?:0[xX]([0-9A-Fa-f]+)|[xX]'([0-9A-Fa-f]*)')$"
_DATA_URL: Final = r"^data:[^,]*;base64,([A-Za-z0-9+/=]*)$"
_HEX: Final = r"^(?:[0-9A-Fa-f]{2})+$"
_BASE64: Final = r"^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)$"

_QUESTION: Final = (
    "bytea: hexadecimal digits (--allow hex_bytes), base64 (--allow base64_bytes)"
    " or the text itself (--allow text_bytes)"
)


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """What has one reading; bare texts that might be hexadecimal or base64 are a question."""
    plain = text.to_typed(values, type, format, allow)
    texts = plain.values
    stripped = texts.str.strip_chars()
    doubtful = constant(False, len(texts), pl.Boolean)
    for pattern in (_HEX, _BASE64, _MARKED, _DATA_URL):
        doubtful = doubtful | stripped.str.contains(pattern).fill_null(False)
    if not doubtful.any():
        return plain
    healers = (Healer("", _marked), Healer("", partial(_told, allow=allow)))
    made = heal_residue(texts, text.where(texts, ~doubtful), healers)
    return Converted(made.values, (*plain.heals, *made.heals), (*plain.faults, *made.faults))


def _marked(texts: pl.Series) -> Attempt:
    """0xDEAD, X'DEAD' and data URLs say themselves what they are."""
    stripped = texts.str.strip_chars()
    groups = stripped.str.extract_groups(_MARKED).struct.unnest()
    digits = groups.select(pl.coalesce(pl.all())).to_series()
    hex = text.where(digits, digits.str.len_bytes() % 2 == 0)
    url = _decoded(stripped.str.extract(_DATA_URL))
    heals = (HealMask("hex_digits", hex.is_not_null()), HealMask("data_url", url.is_not_null()))
    return Attempt(_written(_first(hex, url)), heals)


def _told(texts: pl.Series, allow: frozenset[str]) -> Attempt:
    """Bare digits and letters, as --allow says; without it they are refused."""
    stripped = texts.str.strip_chars()
    made = constant(None, len(texts), pl.String)
    heals: list[HealMask] = []
    if "hex_bytes" in allow:
        made = _written(text.where(stripped, stripped.str.contains(_HEX)))
        heals.append(HealMask("hex_bytes", made.is_not_null()))
    if "base64_bytes" in allow:
        decoded = text.where(
            _written(_decoded(text.where(stripped, stripped.str.contains(_BASE64)))), made.is_null()
        )
        heals.append(HealMask("base64_bytes", decoded.is_not_null()))
        made = _first(made, decoded)
    if "text_bytes" in allow:
        heals.append(HealMask("text_bytes", made.is_null()))
        made = _first(made, texts)
    return Attempt(made, tuple(heals), (Refusal("ambiguous", made.is_null(), _QUESTION),))


def _decoded(base64: pl.Series) -> pl.Series:
    """Hexadecimal digits of what base64 texts hold; null where they are none."""
    return base64.str.decode("base64", strict=False).bin.encode("hex")


def _written(digits: pl.Series) -> pl.Series:
    """Hexadecimal digits as PostgreSQL reads them."""
    return digits.alias("d").to_frame().select(pl.concat_str(pl.lit("\\x"), "d")).to_series()


def _first(one: pl.Series, other: pl.Series) -> pl.Series:
    return one.zip_with(one.is_not_null(), other)
