"""Tokens that mean NULL: '', 'null', 'n/a', '-' and the like; in a text column only those of databases and the user."""

from __future__ import annotations

import re
from functools import cache, reduce
from operator import or_
from typing import Final

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.model import PgType, ValueOptions

RULE: Final = "null_token"

TOKENS: Final = ("", "null", "none", "n/a", "na", "nan", "nil", "-", "--", "\\n", "#n/a")
"""Compared after trimming, case-folded; so `\\N` of COPY stands here as `\\n`."""

DATABASE_NULL: Final = "\\N"
"""What COPY and MySQL write for NULL, also in a text column: nobody's text, and to the letter."""

NOT_A_NUMBER: Final = frozenset({"nan"})
"""A value of its own in float and numeric columns."""

JSON_VALUES: Final = frozenset({"null", "nan"})
"""JSON null is not SQL NULL, and NaN is a broken number, not an absent one."""

NO_BITS: Final = frozenset({""})
"""A bit string of length 0."""

TEXTS: Final = frozenset({"text", "varchar", "bpchar", "name", "citext", "char"})
"""Types to which every text is a value."""

SERVER_TEXTS: Final = frozenset(
    {
        "bytea", "tsvector", "tsquery", "hstore", "ltree", "lquery", "ltxtquery", "xml", "jsonpath",
    }
)  # fmt: skip
"""Types judged by the server in which '' or a bare word can be a value."""

_BLANKS: Final = (" ", "\t", "\u00a0")


def tokens_for(type: PgType, options: ValueOptions) -> tuple[str, ...]:
    """The tokens that mean NULL in a column of `type`: the known ones that are no value of it, and the user's."""
    told = tuple(options.nulls)
    if type.base in TEXTS | SERVER_TEXTS:
        return (DATABASE_NULL, *told)
    told = tuple(_folded(token) for token in told)
    return tuple(dict.fromkeys((*(token for token in TOKENS if token not in _values_of(type)), *told)))


def told_beyond(type: PgType, tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Of the tokens those that only the user named, and that may be values of the type: -999, 1900-01-01."""
    known = frozenset(tokens_for(type, ValueOptions()))
    return tuple(token for token in tokens if token not in known)


def _values_of(type: PgType) -> frozenset[str]:
    if type.base in ("float4", "float8", "numeric"):
        return NOT_A_NUMBER
    if type.base in ("json", "jsonb"):
        return JSON_VALUES
    if type.base in ("bit", "varbit"):
        return NO_BITS
    if type.kind == "e":
        return frozenset(_folded(label) for label in type.labels)
    return frozenset()


def _folded(token: str) -> str:
    return token.strip().lower()


def is_token(values: pl.Series, tokens: tuple[str, ...]) -> pl.Series:
    """Where a text is one of the tokens, after trimming and case-folding; null where it is null."""
    if not tokens:
        return constant(False, len(values), pl.Boolean)
    suspect = values.alias("text").to_frame().select(_may_be(tokens)).to_series()
    if not suspect.any():
        return suspect
    pattern = r"(?i)^\s*(?:" + "|".join(re.escape(token) for token in tokens) + r")\s*$"
    if suspect.all():
        return values.str.contains(pattern)
    positions = suspect.arg_true()
    found = positions.filter(values[positions].str.contains(pattern))
    return (suspect & False).scatter(found, True)


@cache
def _may_be(tokens: tuple[str, ...]) -> pl.Expr:
    """Few cells are as short as a token or have blanks around them."""
    text = pl.col("text")
    widest = max(len(token.encode()) for token in tokens)
    trailing = (text.str.ends_with(blank) for blank in _BLANKS)
    return pl.any_horizontal(text.str.len_bytes() <= widest, text < "!", *trailing)


def is_exactly(values: pl.Series, tokens: tuple[str, ...]) -> pl.Series:
    """Where a text is one of the tokens to the letter, null where it is null: the comparison for text columns."""
    # one comparison for each costs a tenth of is_in, and there are few
    return reduce(or_, (values == token for token in tokens))
