"""Names that one trade has for one thing, and that mean other things elsewhere: `trades.toml` -> patterns.

An entry is a description, what kind of column it speaks of, and the names, each of which stands for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Final

import rtoml

from heal_cli.model import Kind
from heal_cli.patterns.catalogue import Example, Pattern, Scope

FILE: Final = "trades.toml"
CONFIDENCE: Final = 0.85

_WHOLE: Final = ("int2", "int4", "int8")
_TYPES: Final = {
    "text": ("text", "varchar", "citext", "bpchar", "enum"),
    "number": (*_WHOLE, "numeric", "float4", "float8", "money"),
    "whole": _WHOLE,
    "time": ("date", "timestamp", "timestamptz"),
    "bool": ("bool",),
    "key": (*_WHOLE, "uuid", "text", "varchar"),
    "any": (),
}
_EXAMPLES: Final = {
    "text": ("text", ("abc", "xyz")),
    "number": ("numeric", ("1.50", "12.25")),
    "whole": ("int8", ("7", "12", "9")),
    "time": ("date", ("2026-01-05", "2026-01-06")),
    "bool": ("bool", ("true", "false")),
    "key": ("text", ("A-7", "A-12")),
    "any": ("text", ("abc", "xyz")),
}
_ELSEWHERE: Final = "nowhere"


def read_trades() -> Iterator[Pattern]:
    """The patterns of all trades, in the order of the file."""
    for trade, entries in rtoml.loads((resources.files(__package__) / FILE).read_text("utf-8")).items():
        tables = tuple(entries.pop("tables").split(", "))
        for thing, (description, kind, names) in entries.items():
            yield _pattern(f"trade_{trade}_{thing}", description, kind, tuple(names.split(", ")), tables)


def _pattern(
    id: str, description: str, kind: str, names: tuple[str, ...], tables: tuple[str, ...]
) -> Pattern:
    type, values = _EXAMPLES[kind]
    source, target, *_ = names
    return Pattern(
        id,
        Kind.RENAME,
        description,
        CONFIDENCE,
        names,
        names,
        Scope(tables, (), _TYPES[kind]),
        positive=(Example(tables[0].strip("*_"), source, target, type=type, values=values),),
        negative=(Example(_ELSEWHERE, source, target, type=type, values=values),),
        origin=FILE,
    )
