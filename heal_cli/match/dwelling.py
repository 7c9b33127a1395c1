"""The word in front of the parts of an address where source and table know only one: `Home City`, `Home Street`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from heal_cli.match.names import Name
from heal_cli.match.vocabulary import vocabulary

_FEWEST: Final = 2  # parts, under which it is no address


def only_dwelling(sources: Sequence[Name], targets: Iterable[Name]) -> frozenset[str]:
    """What that word means; nothing where the table says it, or where another name of the source has such a part."""
    parts = [name for name in sources if _is_part(name)]
    first = {name.words[0].concept for name in parts}
    said = [name.words[1].concept for name in parts]
    if len(parts) < _FEWEST or len(first) > 1 or len(set(said)) < len(said):
        return frozenset()
    others = (name for name in sources if name not in parts)
    has_other = any(not name.concepts.isdisjoint(said) for name in others)
    is_told = any(not name.concepts.isdisjoint(first) for name in targets)
    return frozenset() if has_other or is_told else frozenset(first)


def _is_part(name: Name) -> bool:
    """True for a part of an address behind a word that says where it is."""
    kinds = vocabulary().kinds
    if len(name.words) != 2:
        return False
    where, part = name.words
    return where.concept in kinds["dwelling"] and part.concept in kinds["addressed"]
