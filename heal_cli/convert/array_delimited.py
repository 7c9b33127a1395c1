"""Lists with a mark between their elements, as CSV exports have them: 'red;green', '1,2,3'."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

from heal_cli.convert.constant import constant
from heal_cli.convert.families import family_name, family_of
from heal_cli.model import ColumnFormat, PgType, ValueOptions

RULE: Final = "delimited_list"
ASK: Final = "comma_list"
"""The --allow that says that commas stand between the elements, and not in them."""

Mark = Literal[",", ";", "|"]

_SPELT: Final = r"^\s*[\[{]"
_ONE_NUMBER: Final = r"^\s*[+-]?[0-9]*(?:,[0-9]{3})*,[0-9]+\s*$"
"""A text with commas that may be one number: 1,234 and 1,5."""

_NUMBERS: Final = frozenset({"numbers"})
_PROSE: Final = frozenset({"text", "json", "composite", "hstore"})


def choose_mark(values: pl.Series, element: PgType, options: ValueOptions, base: ColumnFormat) -> Mark | None:
    """What stands between the elements of this column; None where nothing does, or nothing tells.

    Args:
        values: All texts of the column that are at hand.
    """
    is_spelt = values.str.contains(_SPELT)
    is_prose = family_name(element) in _PROSE
    if element.base in ("json", "jsonb") or (is_prose and is_spelt.any()):
        return None  # beside array literals a text with a semicolon is a text
    bare = values.filter(~is_spelt)
    found: list[Mark] = [mark for mark in (";", "|") if bare.str.contains(mark, literal=True).any()]
    if found:
        return found[0] if len(found) == 1 else None
    listed = bare.filter(bare.str.contains(",", literal=True))
    if listed.is_empty():
        return None
    if is_prose or ASK in options.allow:
        return "," if ASK in options.allow else None
    if family_name(element) in _NUMBERS and listed.str.contains(_ONE_NUMBER).all():
        return None
    family = family_of(element)
    parts = listed.str.split(",").explode().str.strip_chars()
    made = family.to_typed(parts, element, family.decide(parts, element, options, base), frozenset())
    return None if made.faults else ","


def as_lists(texts: pl.Series, mark: Mark | None) -> tuple[pl.Series, pl.Series]:
    """The texts with delimited ones as JSON lists of strings, and where that is; none with an empty element."""
    if mark is None:
        return texts, constant(False, len(texts), pl.Boolean)
    text = pl.col("text")
    parts = text.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '\\"', literal=True)
    parts = parts.str.split(mark).list.eval(pl.element().str.strip_chars())
    frame = texts.alias("text").to_frame().with_columns(parts=parts)
    frame = frame.with_columns(is_list=~text.str.contains(_SPELT) & ~pl.col("parts").list.contains(""))
    spelt = pl.concat_str(pl.lit('["'), pl.col("parts").list.join('","'), pl.lit('"]'))
    frame = frame.select("is_list", text=pl.when("is_list").then(spelt).otherwise(text))
    return frame["text"].alias(texts.name), frame["is_list"].fill_null(False)
