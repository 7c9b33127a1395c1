"""A person's name in two columns, one of them called only `name`: `Nombre, Apellidos`, `Nom, Prénom`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from heal_cli.match.names import Name, parse

FIRST: Final = "first name"
LAST: Final = "last name"


def half_meant(names: Sequence[Name]) -> str:
    """Which half a column called only `name` means beside the other one; empty where none or both are there."""
    halves = {word.concept for name in names for word in name.words if word.concept in (FIRST, LAST)}
    if len(halves) != 1 or sum(map(_is_bare, names)) != 1:
        return ""
    return LAST if FIRST in halves else FIRST


def of_a_person(name: Name, half: str) -> Name:
    """The name, read as that half of a person's name where it says only `name`."""
    return Name(name.raw, parse(half).plain) if half and _is_bare(name) else name


def _is_bare(name: Name) -> bool:
    return [word.concept for word in name.words] == ["name"]
