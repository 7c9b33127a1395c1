"""What columns of a source are called inside of their wrapping and in a table, and how PostgreSQL shortens a name."""

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


# Key that an export puts a record under -> the keys that it has beside it.
_WRAPPERS: Final = {
    "_source": [{"_index", "_id"}],  # Elasticsearch
    "Item": [set[str]()],  # DynamoDB
    "attributes": [{"type", "id"}],  # JSON:API
    "properties": [{"type", "geometry"}],  # GeoJSON
    "fields": [{"id", "createdTime"}, {"id", "key"}],  # Airtable, Jira
    "node": [set[str]()],  # GraphQL edges
    "doc": [{"id", "key"}],  # CouchDB
}

# The type that DynamoDB writes as key of a value: text, number, truth value, sets.
_TYPED: Final = re.compile(r"\.(?:S|N|BOOL|SS|NS)$")


def wrapper_of(keys: Collection[str]) -> str | None:
    """The key under which records with these keys have their values, if it is one that exports are known to use."""
    found = [
        key for key, ways in _WRAPPERS.items() if key in keys and any(beside <= set(keys) for beside in ways)
    ]
    alone = [key for key in found if any(_WRAPPERS[key]) or len(keys) == 1 or set(keys) == {key, "cursor"}]
    return alone[0] if len(alone) == 1 else None


def lone_path(keys: Sequence[str]) -> str:
    """The name of a value in records that have one key alone: `.data.name`, whatever that key is."""
    return "." + ".".join(keys)


def path_of(name: str) -> tuple[str, ...]:
    """The keys that lead to a value of that name."""
    return tuple(name.removeprefix(".").split("."))


def unwrapped(path: str) -> str:
    """What a value is called inside of the wrapping: `name` for `_source.name`, `Item.name.S` and `.data.name`."""
    head, _, rest = path.partition(".")
    if not head and "." in rest:
        return rest.partition(".")[2]
    if head not in _WRAPPERS or not rest:
        return path
    return _TYPED.sub("", rest) if head == "Item" else rest


def bare(path: str) -> str:
    """What a value is called inside of all wrapping: `name` for `.data.attributes.name`."""
    inner = unwrapped(path)
    return path if inner == path else bare(inner)


def is_typed(path: str) -> bool:
    """The last key is the type that DynamoDB writes."""
    return path.startswith("Item.") and unwrapped(path) != path.removeprefix("Item.")


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
