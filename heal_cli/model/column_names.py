"""What columns made from a source are called, and how PostgreSQL shortens a name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

MAX_NAME_BYTES: Final = 63
"""NAMEDATALEN - 1: PostgreSQL cuts longer identifiers there."""

# A column cannot bear the name of a system column (src/backend/catalog/heap.c).
_SYSTEM_COLUMNS: Final = frozenset({"tableoid", "cmax", "xmax", "cmin", "xmin", "ctid"})

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD: Final = re.compile(r"\W+")


def cut(name: str, most: int = MAX_NAME_BYTES) -> str:
    """The name within PostgreSQL's 63 bytes, never ending in the middle of a character."""
    return name.encode()[:most].decode(errors="ignore")


def snake(source: str) -> str:
    """The name in snake case; letters of every script stay."""
    words = _CAMEL.sub("_", unicodedata.normalize("NFKC", source))
    name = re.sub("_{2,}", "_", _NOT_WORD.sub("_", words)).strip("_").lower()
    return f"_{name}" if name[:1].isdigit() else name


def column_names(sources: Sequence[str], *, taken: Collection[str] = ()) -> list[str]:
    """A column name for each source name: snake case, unique, at most 63 bytes, in the same order.

    A reserved word stays, since heal quotes every name. Of names that would be one, those that are column names
    as they stand keep them and the others are numbered in alphabetical order: another file with the same names,
    in whatever order, means the same columns.

    Args:
        taken: Names of columns that are there already.
    """
    bases = [snake(source) or f"column_{place}" for place, source in enumerate(sources, 1)]
    order = sorted(
        range(len(sources)), key=lambda place: (cut(bases[place]) != sources[place], sources[place])
    )
    names: dict[int, str] = {}
    used = {*_SYSTEM_COLUMNS, *taken}
    for place in order:
        name, count = cut(bases[place]), 1
        while name in used:
            count += 1
            suffix = f"_{count}"
            name = cut(bases[place], MAX_NAME_BYTES - len(suffix)) + suffix
        used.add(name)
        names[place] = name
    return [names[place] for place in range(len(sources))]
