"""Names that one trade has for one thing, and that mean other things elsewhere: `trades/` -> patterns.

An entry is a description, what kind of column it speaks of, and the names, each of which stands for each. One of a
well-known format has two lists: what the format says, and what tables do; only the first stands for the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from typing import Final

import rtoml

from heal_cli.model import Kind
from heal_cli.patterns.catalogue import Example, Pattern, Scope

FOLDER: Final = "trades"
CONFIDENCE: Final = 0.85
DOCUMENTED: Final = 0.92  # of what a format says: its maker wrote down what the field is

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
_KEYED: Final = r"^\S*$|\d"  # a key has no blanks, or a digit at least: `Oliva GmbH` is none
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
    """The patterns of all trades, in the order of files and of their contents."""
    files = {file.name: file for file in (resources.files(__package__) / FOLDER).iterdir()}
    for origin, file in sorted(files.items()):
        for trade, entries in rtoml.loads(file.read_text("utf-8")).items():
            tables = tuple(entries.pop("tables").split(", "))
            scopes = {kind: Scope(tables, (), types) for kind, types in _TYPES.items()}
            for thing, (description, kind, *lists) in entries.items():
                names = [tuple(names.split(", ")) for names in lists]
                id = f"trade_{trade}_{thing}"
                yield _pattern(id, description, kind, names[0], names[-1], scopes[kind], origin)


def _pattern(
    id: str,
    description: str,
    kind: str,
    sources: tuple[str, ...],
    targets: tuple[str, ...],
    scope: Scope,
    origin: str,
) -> Pattern:
    type, values = _EXAMPLES[kind]
    source, target = sources[0], targets[1 if sources == targets else 0]
    return Pattern(
        id,
        Kind.RENAME,
        description,
        CONFIDENCE if sources == targets else DOCUMENTED,
        sources,
        targets,
        scope,
        shape=_KEYED if kind == "key" else None,
        positive=(Example(scope.tables[0].strip("*_"), source, target, type=type, values=values),),
        negative=(Example(_ELSEWHERE, source, target, type=type, values=values),),
        origin=origin,
    )
