"""hstore: its own literal as it is, and flat JSON objects as pairs of texts."""

from __future__ import annotations

import json
from typing import Final, NoReturn

import polars as pl

from heal_cli.convert import text, text_typed
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, heal_residue
from heal_cli.convert.text import wire
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

__all__ = ["decide", "from_typed", "to_typed", "wire"]

RULE: Final = "json_to_hstore"

_OBJECT: Final = r"(?s)^\s*\{.*\}\s*$"
_REFUSED: Final = "JSON object: broken, not flat, or with a key twice"


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base`: there is nothing to find out."""
    return base


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Texts as they are, for the server to judge; JSON objects of texts, numbers, booleans and nulls as pairs."""
    is_object = values.str.contains(_OBJECT).fill_null(False)
    if not is_object.any():
        return text.to_typed(values, type, format, allow)
    typed = text.where(values, ~is_object)
    return heal_residue(
        values, typed, (Healer("hstore from a flat JSON object", _pairs),), nulls=format.nulls
    )


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Maps and structs as pairs, by way of their JSON; all else as its text."""
    made = text_typed.texts(values, type)
    return made if made.faults else to_typed(made.values, type, ColumnFormat(), allow)


def _pairs(texts: pl.Series) -> Attempt:
    """No polars expression takes objects of unknown keys apart: cell by cell, only where there are objects."""
    made = pl.Series(texts.name, [_literal(cell) for cell in texts], dtype=pl.String)
    refused = (Refusal(NOT_CONVERTIBLE, made.is_null(), _REFUSED),) if made.null_count() else ()
    return Attempt(made, (HealMask(RULE, made.is_not_null()),), refused)


def _literal(cell: str) -> str | None:
    """The pairs of an object; None where it is none, nests, repeats a key or holds a NUL."""
    try:
        pairs = json.loads(
            cell, object_pairs_hook=list, parse_float=str, parse_int=str, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        return None
    is_flat = all(value is None or isinstance(value, (str, bool)) for _, value in pairs)
    if not is_flat or len(dict(pairs)) < len(pairs):
        return None
    literal = ", ".join(f"{_quoted(key)}=>{_said(value)}" for key, value in pairs)
    return None if "\0" in literal else literal


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _said(value: str | bool | None) -> str:
    if value is None:
        return "NULL"
    return _quoted(value if isinstance(value, str) else str(value).lower())


def _quoted(said: str) -> str:
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
