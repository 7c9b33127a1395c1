"""What words mean in column names: abbreviations, synonyms, and words that say little.

The words themselves are data, in `vocabulary.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import rtoml

ABBREVIATION_TRUST: Final = 0.97
SYNONYM_TRUST: Final = 0.95
NEAR_TRUST: Final = 0.88


@dataclass(frozen=True, slots=True)
class Meaning:
    """The concept behind a phrase, and how surely the phrase means it (0-1)."""

    concept: str
    trust: float
    is_composed: bool = False  # each word of the concept counts by itself: 'order date'


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Lookup tables over normalised words."""

    abbreviations: Mapping[str, tuple[str, ...]]
    phrases: Mapping[tuple[str, ...], Meaning]
    joined: Mapping[str, Meaning]  # the same phrases, written as one word: 'zipcode'
    longest: int  # words in the longest phrase
    temporal: frozenset[str]
    weak: frozenset[str]
    of: frozenset[str]  # between two words, the second says which: `numero de factura`
    claims: frozenset[str]  # in front of a name: yes or no
    singular: frozenset[str]  # words that look like plurals and are not
    known: frozenset[str]  # real words: two of them are never typos of each other
    backs: Mapping[str, str]  # last part of a compound -> what it means: 'nummer' -> 'number'
    kinds: Mapping[str, frozenset[str]]  # 'reference', 'naming', ...: see vocabulary.toml


@cache
def vocabulary() -> Vocabulary:
    """The words that ship with heal, read once."""
    data = rtoml.loads((resources.files(__package__) / "vocabulary.toml").read_text("utf-8"))
    phrases = _phrases(data["synonyms"], SYNONYM_TRUST) | _phrases(data["near"], NEAR_TRUST)
    phrases |= _composed(data["composed"])
    abbreviations = _compounds(data["compounds"])
    abbreviations |= {short: tuple(long.split()) for short, long in data["abbreviations"].items()}
    words = data["words"]
    spelled = {word for phrase in phrases for word in phrase}
    spelled |= {word for long in abbreviations.values() for word in long}
    spelled |= {word for concept in data["composed"] for word in concept.split()}
    return Vocabulary(
        abbreviations=abbreviations,
        phrases=phrases,
        joined={"".join(phrase): meaning for phrase, meaning in phrases.items() if len(phrase) > 1},
        longest=max(map(len, phrases)),
        temporal=frozenset(words["temporal"]),
        weak=frozenset(words["weak"]),
        of=frozenset(words["of"]),
        claims=frozenset(words["claims"]),
        singular=frozenset(words["singular"]),
        backs=data["compounds"]["back"],
        kinds={kind: frozenset(members) for kind, members in data["kinds"].items()},
        known=frozenset((*words["known"], *words["temporal"], *words["weak"], *spelled, *abbreviations)),
    )


def _compounds(parts: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Every front word run together with every back word, as the English words of both."""
    return {
        front + back: (*first.split(), last)
        for front, first in parts["front"].items()
        for back, last in parts["back"].items()
    }


def _composed(groups: Mapping[str, list[str]]) -> dict[tuple[str, ...], Meaning]:
    """Each phrase of a group with the words that it stands for."""
    return {
        tuple(phrase.split()): Meaning(concept, SYNONYM_TRUST, is_composed=True)
        for concept, phrases in groups.items()
        for phrase in phrases
    }


def _phrases(groups: Mapping[str, list[str]], trust: float) -> dict[tuple[str, ...], Meaning]:
    """Each phrase of a group with the group's concept; the concept's own words are fully trusted."""
    meanings: dict[tuple[str, ...], Meaning] = {}
    for concept, phrases in groups.items():
        meanings[tuple(concept.split())] = Meaning(concept, 1.0)
        meanings |= {tuple(phrase.split()): Meaning(concept, trust) for phrase in phrases}
    return meanings
