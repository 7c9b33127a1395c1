"""Whose name, address and telephone it is, where only one side says it: `donor_email` beside `E-Mail`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from heal_cli.match.names import Name
from heal_cli.match.vocabulary import vocabulary

_OTHERS: Final = frozenset(
    {"previous", "old", "next", "new", "former", "work", "origin", "departed", "arrived", "tax", "birth"}
)
"""Words that make another address of it, whoever's it is."""

_FEWEST: Final = 2  # facets of one party, under which it may be chance


def without_party(names: Iterable[Name], others: Iterable[Name]) -> Mapping[str, Name]:
    """Raw name -> the name without the word that says whose it is, where the other side has one of them and does not say.

    Neither side may have that facet twice.
    """
    names, others = list(names), list(others)
    told, bare = Counter(filter(None, map(_facet, names))), Counter(filter(None, map(_facet, others)))
    owned = {_facet(other) for other in others if _whose(other)}
    shared = {facet for facet in told if told[facet] == bare[facet] == 1} - owned
    mine = [name for name in names if _whose(name) and _facet(name) in shared]
    often = Counter(map(_whose, mine))
    return {
        name.raw: Name(name.raw, name.plain[len(name.words[0].text.split()) :])
        for name in mine
        if often[_whose(name)] >= _FEWEST
    }


def _facet(name: Name) -> str:
    """What of a person or a company it is; empty for all other names."""
    is_one = len(name.words) == 1 or (len(name.words) == 2 and name.words[0].concept not in _facets())
    return name.words[-1].concept if is_one and name.words[-1].concept in _facets() else ""


def _whose(name: Name) -> str:
    """The word in front of a facet; empty where there is none."""
    is_whose = len(name.words) == 2 and _facet(name) and name.words[0].concept not in _OTHERS
    return name.words[0].concept if is_whose else ""


@cache
def _facets() -> frozenset[str]:
    """What belongs to a person or a company: the parts of an address, and how to reach them."""
    return vocabulary().kinds["addressed"] | {"email", "mobile", "fax"}
