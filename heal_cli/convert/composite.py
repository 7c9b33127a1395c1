"""Composite types: record literals as they are, and JSON objects by the names of their keys."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import msgspec
import polars as pl

from heal_cli.convert import text
from heal_cli.convert.array import as_text
from heal_cli.convert.families import family_of
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, Refusal, heal_residue
from heal_cli.convert.text import decide, wire
from heal_cli.model import ColumnFormat, Converted, HealMask, PgType, ValueOptions

__all__ = ["decide", "from_typed", "to_typed", "wire"]

RULE: Final = "json_to_record"

_OBJECT: Final = r"^\s*\{"
_PAIRS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRING: Final = msgspec.json.Decoder(str)
_JSON: Final = frozenset({"json", "jsonb"})


class _Taken(NamedTuple):
    """The attributes of many objects."""

    columns: dict[str, pl.Series]  # attribute -> its text in each object
    faults: list[str | None]  # why an object is no such record


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Texts as they are, for the server to judge; JSON objects as records, each attribute converted."""
    is_object = values.str.contains(_OBJECT).fill_null(False)
    plain = text.to_typed(values, type, format, allow)
    if not is_object.any():
        return plain
    healer = Healer("", partial(_records, type=type, format=format, allow=allow))
    made = heal_residue(plain.values, text.where(plain.values, ~is_object), (healer,))
    return Converted(made.values, (*plain.heals, *made.heals), (*plain.faults, *made.faults))


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Structs as their JSON; all else as its text."""
    made = text.from_typed(values, type, format, allow)
    return made if made.faults else to_typed(made.values, type, format, allow)


def _records(objects: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Attempt:
    taken = _take_apart(objects, type)
    broken = pl.Series([fault is not None for fault in taken.faults], dtype=pl.Boolean)
    refused = [
        Refusal(NOT_CONVERTIBLE, pl.Series([fault == why for fault in taken.faults]), f"{type.name}: {why}")
        for why in dict.fromkeys(fault for fault in taken.faults if fault)
    ]
    heals = [HealMask(RULE, ~broken)]
    fields: list[pl.Series] = []
    # JSON has a decimal point; what else has two readings is refused, since no batch knows the whole column.
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


def _take_apart(objects: pl.Series, type: PgType) -> _Taken:
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
