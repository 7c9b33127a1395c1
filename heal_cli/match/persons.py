"""A person's name in two columns: `Nombre, Apellidos`, `Nom, Prénom`, `candidate_first, candidate_last`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from heal_cli.match.names import Name, parse

FIRST: Final = "first name"
LAST: Final = "last name"

_ENDS: Final = ("first", "last")


def read_halves(names: Mapping[str, Name]) -> dict[str, Name]:
    """The names of one side, those that are half of a person's name read as such.

    A column called only `name` beside first names has the last ones. Where one name ends in `first`, and one of
    the same words in `last`, they are first and last names.
    """
    halved = _pairs(names)
    read = {
        key: Name(name.raw, (*name.plain, "name")) if key in halved else name for key, name in names.items()
    }
    half = half_meant(tuple(read.values()))
    plain = parse(half).plain
    return {key: Name(name.raw, plain) if half and _is_bare(name) else name for key, name in read.items()}


def half_meant(names: Sequence[Name]) -> str:
    """Which half a column called only `name` means beside the other one; empty where none or both are there."""
    halves = {word.concept for name in names for word in name.words if word.concept in (FIRST, LAST)}
    if len(halves) != 1 or sum(map(_is_bare, names)) != 1:
        return ""
    return LAST if FIRST in halves else FIRST


def _pairs(names: Mapping[str, Name]) -> frozenset[str]:
    """The keys of names that end in `first` and `last` behind the same words."""
    ending = {name.plain: key for key, name in names.items() if name.plain[-1:] and name.plain[-1] in _ENDS}
    pairs = [(ending.get((*plain[:-1], "first")), ending.get((*plain[:-1], "last"))) for plain in ending]
    return frozenset(key for first, last in pairs if first and last for key in (first, last))


def _is_bare(name: Name) -> bool:
    return [word.concept for word in name.words] == ["name"]
