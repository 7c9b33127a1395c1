"""Composite types: record literals by position, JSON objects by the names of their keys, each attribute converted.

The server would round what is in a literal, and read its dates, without a word. What is no record is left to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import msgspec
import polars as pl

from heal_cli.convert import text
from heal_cli.convert.array import as_text
from heal_cli.convert.families import family_of
from heal_cli.convert.record_text import parse_record
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, heal_residue
from heal_cli.convert.text import decide, wire
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

__all__ = ["decide", "from_typed", "to_typed", "wire"]

RULE: Final = "json_to_record"

_OBJECT: Final = r"^\s*\{"
_LITERAL: Final = r"^\s*\("
_PAIRS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING: Final = msgspec.json.Decoder(str)
_JSON: Final = frozenset({"json", "jsonb"})


class _Taken(NamedTuple):
    """The attributes of many objects or literals."""

    columns: dict[str, pl.Series]  # attribute -> its text in each cell
    faults: list[str | None]  # why a cell is no such record


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """JSON objects and record literals as records of converted attributes; other texts for the server to judge."""
    made = text.to_typed(values, type, format, allow)
    for form, take in ((_OBJECT, _take_objects), (_LITERAL, _take_literals)):
        is_record = values.str.contains(form).fill_null(False) & made.values.is_not_null()
        if is_record.any():
            healer = Healer("", partial(_records, take=take, type=type, format=format, allow=allow))
            records = heal_residue(made.values, text.where(made.values, ~is_record), (healer,))
            made = Converted(records.values, (*made.heals, *records.heals), (*made.faults, *records.faults))
    return made


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Structs as their JSON; all else as its text."""
    made = text.from_typed(values, type, format, allow)
    return made if made.faults else to_typed(made.values, type, format, allow)


def _records(
    cells: pl.Series,
    take: Callable[[pl.Series, PgType], _Taken],
    type: PgType,
    format: ColumnFormat,
    allow: frozenset[str],
) -> Attempt:
    taken = take(cells, type)
    broken = pl.Series([fault is not None for fault in taken.faults], dtype=pl.Boolean)
    refused = [
        Refusal(NOT_CONVERTIBLE, pl.Series([fault == why for fault in taken.faults]), f"{type.name}: {why}")
        for why in dict.fromkeys(fault for fault in taken.faults if fault)
    ]
    heals = [HealMask(RULE, ~broken)] if take is _take_objects else []
    fields: list[pl.Series] = []
    # Both forms have a decimal point; what else has two readings is refused, since no batch knows the column.
    told = replace(format, nulls=(), decimal=format.decimal or ".")
    none = pl.Series(dtype=pl.String)
    for name, inner in type.attributes:
        family = family_of(inner)
        read = family.decide(none, inner, ValueOptions(allow=allow), told)
        made = family.to_typed(taken.columns[name], inner, read, allow)
        refused += [
            Refusal(fault.reason, fault.mask & ~broken, f"{name}: {'; '.join(fault.attempts)}")
            for fault in made.faults
        ]
        heals += made.heals
        fields.append(_quoted(as_text(made.values)).alias(f"{len(fields)}"))
    failed = broken
    for refusal in refused:
        failed = failed | refusal.mask
    whole = pl.DataFrame(fields).select("(" + pl.concat_str(pl.all(), separator=",") + ")").to_series()
    return Attempt(text.where(whole, ~failed), tuple(heals), tuple(refused))


def _take_literals(cells: pl.Series, type: PgType) -> _Taken:
    width = len(type.attributes)
    found = [parse_record(cell, width) for cell in cells]
    columns = {
        name: pl.Series([fields[place] if fields else None for fields in found], dtype=pl.String)
        for place, (name, _) in enumerate(type.attributes)
    }
    return _Taken(columns, [None if fields else f"no record of {width} attributes" for fields in found])


def _take_objects(objects: pl.Series, type: PgType) -> _Taken:
    """No polars expression tells an absent key from a null one, or keeps a number's digits: object by object."""
    names = {_folded(name): name for name, _ in type.attributes}
    found = [_attributes(cell, names) for cell in objects]
    columns = {
        name: pl.Series(
            [_text(keys.get(name), keep_json=inner.base in _JSON) for keys, _ in found], dtype=pl.String
        )
        for name, inner in type.attributes
    }
    return _Taken(columns, [fault for _, fault in found])


def _attributes(cell: str, names: dict[str, str]) -> tuple[dict[str, bytes], str | None]:
    """Attribute -> JSON, absent where there is no key; and why the cell is none."""
    try:
        pairs = _PAIRS.decode(cell)
        repeats = len(json.loads(cell, object_pairs_hook=list)) != len(pairs)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}, "no JSON object"
    found: dict[str, bytes] = {}
    for key, raw in pairs.items():
        name = names.get(_folded(key))
        if name is None:
            return {}, f"no attribute is called {key!r}"
        repeats = repeats or name in found
        found[name] = bytes(raw).strip()
    return ({}, "an attribute is there twice") if repeats else (found, None)


def _text(raw: bytes | None, *, keep_json: bool) -> str | None:
    """A string without its quotes, all else as it is written; None for null."""
    if raw is None or raw == b"null":
        return None
    return _STRING.decode(raw) if raw.startswith(b'"') and not keep_json else raw.decode()


def _folded(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").casefold()


def _quoted(texts: pl.Series) -> pl.Series:
    """The fields of a record literal; nothing at all for NULL (manual, 8.16.6)."""
    escaped = texts.str.replace_all("\\", "\\\\", literal=True).str.replace_all('"', '""', literal=True)
    quoted = escaped.alias("t").to_frame().select(pl.concat_str(pl.lit('"'), "t", pl.lit('"')))
    return quoted.to_series().fill_null("")
