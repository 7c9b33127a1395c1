"""What words mean in column names: abbreviations, synonyms, and words that say little.

The words themselves are data, in `words/`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

import rtoml

ABBREVIATION_TRUST: Final = 0.97
SYNONYM_TRUST: Final = 0.95
NEAR_TRUST: Final = 0.88


class Meaning(NamedTuple):
    """The concept behind a phrase, and how surely the phrase means it (0-1)."""

    parts: tuple[str, ...]  # concepts: one, or of a composed phrase several, each of which counts
    trust: float

    @property
    def concept(self) -> str:
        """What the phrase means, in one."""
        return " ".join(self.parts)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Lookup tables over normalised words."""

    abbreviations: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, Meaning]  # words with one blank between them
    joined: Mapping[str, Meaning]  # the same phrases, written as one word: 'zipcode'
    longest: int  # words in the longest phrase
    temporal: frozenset[str]
    weak: frozenset[str]
    of: frozenset[str]  # between two words, the second says which: `numero de factura`
    claims: frozenset[str]  # in front of a name: yes or no
    singular: frozenset[str]  # words that look like plurals and are not
    ambiguous: frozenset[str]  # beginnings of so many words that they stand for none of them
    parts: frozenset[str]  # words of three letters that are found within others: `daystart`
    senses: Mapping[str, list[str]]  # short word -> what else it may mean
    verbs: Mapping[str, str]  # participle -> verb or noun, where endings do not show it: 'sent' -> 'send'
    groups: Mapping[str, frozenset[int]]  # concept -> the groups of words of like meaning that it is in
    known: frozenset[str]  # real words: two of them are never typos of each other
    own: frozenset[
        str
    ]  # those of them that are no form of another: `agente` may be one, though `agente fiscal` is known
    backs: Mapping[str, str]  # last part of a compound -> what it means: 'nummer' -> 'number'
    dimensions: Mapping[str, frozenset[str]]  # what is measured -> units that say so by themselves
    kinds: Mapping[str, frozenset[str]]  # 'reference', 'naming', ...: see words/kinds.toml


@cache
def vocabulary() -> Vocabulary:
    """The words that ship with heal, read once."""
    data = _read()
    phrases = _phrases(data["synonyms"], SYNONYM_TRUST) | _phrases(data["near"], NEAR_TRUST)
    phrases |= _composed(data["composed"], phrases)
    for phrase, meaning in _turned(phrases, data["kinds"]["adjective"]).items():
        phrases.setdefault(phrase, meaning)
    abbreviations = _compounds(data["compounds"])
    abbreviations |= {short: tuple(long.split()) for short, long in data["abbreviations"].items()}
    words = data["words"]
    groups = _groups(data["related"]["groups"], phrases)
    several = [phrase for phrase in phrases if " " in phrase]
    concepts = " ".join((*data["synonyms"], *data["near"], *data["composed"], *groups)).split()
    concepts += [word for long in abbreviations.values() for word in long]
    own = frozenset((*words["known"], *words["temporal"], *words["weak"], *concepts, *abbreviations))
    return Vocabulary(
        abbreviations=abbreviations,
        phrases=phrases,
        joined={phrase.replace(" ", ""): phrases[phrase] for phrase in several},
        longest=max(phrase.count(" ") for phrase in several) + 1,
        temporal=frozenset(words["temporal"]),
        weak=frozenset(words["weak"]),
        of=frozenset(words["of"]),
        claims=frozenset(words["claims"]),
        singular=frozenset(words["singular"]),
        ambiguous=frozenset(words["ambiguous"]),
        parts=frozenset(words["parts"]),
        senses=data["senses"],
        verbs=data["verbs"],
        groups=groups,
        backs=data["compounds"]["back"],
        dimensions={measured: frozenset(units) for measured, units in data["dimensions"].items()},
        kinds={kind: frozenset(members) for kind, members in data["kinds"].items()},
        known=own.union(" ".join(phrases).split()),
        own=own,
    )


def _read() -> dict[str, Any]:
    """All files of words as one: tables of tables and their lists are joined."""
    merged: dict[str, Any] = {}
    folder = resources.files(__package__) / "words"
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        for table, entries in rtoml.loads(file.read_text("utf-8")).items():
            into = merged.setdefault(table, {})
            for name, entry in entries.items():
                into[name] = into.get(name, []) + entry if isinstance(entry, list) else entry
    return merged


def _groups(groups: Iterable[list[str]], phrases: Mapping[str, Meaning]) -> dict[str, frozenset[int]]:
    """Concept -> the places of the groups that its words are in."""
    found: dict[str, set[int]] = {}
    for place, words in enumerate(groups):
        for word in words:
            meaning = phrases.get(word)
            found.setdefault(meaning.concept if meaning else word, set()).add(place)
    return {word: frozenset(places) for word, places in found.items()}


def _compounds(parts: Mapping[str, Mapping[str, str]]) -> dict[str, tuple[str, ...]]:
    """Every front word run together with every back word, as the English words of both."""
    return {
        front + back: (*first.split(), last)
        for front, first in parts["front"].items()
        for back, last in parts["back"].items()
    }


def _composed(groups: Mapping[str, list[str]], phrases: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """Each phrase of a group with the words that it stands for, each by its own concept."""
    meanings: dict[str, Meaning] = {}
    for concept, phrases_of in groups.items():
        meanings |= dict.fromkeys(phrases_of, Meaning(_settled(concept, phrases), SYNONYM_TRUST))
    return meanings


def _settled(concept: str, phrases: Mapping[str, Meaning]) -> tuple[str, ...]:
    """The words of a composed concept as a column's name would be read."""
    known = phrases.get(concept)
    if known:
        return (known.concept,)
    words = concept.split()
    return tuple(phrases[word].concept if word in phrases else word for word in words)


def _turned(phrases: Mapping[str, Meaning], adjectives: Iterable[str]) -> dict[str, Meaning]:
    """Phrases of an adjective and one word, the other way around: `opens unique` beside `unique opens`."""
    fronts = tuple(f"{adjective} " for adjective in adjectives)
    split = ((phrase.split(" "), meaning) for phrase, meaning in phrases.items() if phrase.startswith(fronts))
    return {f"{words[1]} {words[0]}": meaning for words, meaning in split if len(words) == 2}


def _phrases(groups: Mapping[str, list[str]], trust: float) -> dict[str, Meaning]:
    """Each phrase of a group with the group's concept; the concept's own words are fully trusted."""
    meanings: dict[str, Meaning] = {}
    for concept, phrases in groups.items():
        meanings[concept] = Meaning((concept,), 1.0)
        meanings |= dict.fromkeys(phrases, Meaning((concept,), trust))
    return meanings
