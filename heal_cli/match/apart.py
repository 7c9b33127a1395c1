"""Which names may be compared by meaning: those whose difference nobody has settled yet.

A model of language finds opposites and siblings as near as synonyms, and words that are spelled alike nearer
than they are. So where `apart.toml` or the vocabulary's contrasts tell two names apart, or where the difference
is one of spelling, number, unit or time, the model is not asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from itertools import product
from typing import Final, NamedTuple

import rtoml
from rapidfuzz.distance import Postfix, Prefix

from heal_cli.match.concepts import Word, singular
from heal_cli.match.likeness import Similarity, align
from heal_cli.match.names import Name, is_claim
from heal_cli.match.remainder import Context
from heal_cli.match.vocabulary import vocabulary

_SHORTEST: Final = 3  # letters; shorter words stand for others, which a model can only guess
_SHORTEST_ENDING: Final = 4  # letters: `latitude` and `longitude`, `upload` and `download` are siblings
_PARTNERS: Final = ("ee", "e")  # `payer` and `payee`, `employer` and `employee`
_NEGATIONS: Final = (
    "un",
    "non",
    "in",
    "im",
    "dis",
    "anti",
    "de",
    "sub",
    "super",
    "under",
    "over",
    "up",
    "co",
)


class Parting(NamedTuple):
    """Two names side by side: the words that both have, and what only one of them has."""

    shared: tuple[Word, ...]
    left: tuple[Word, ...]
    right: tuple[Word, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """The words that only one name has."""
        return (*self.left, *self.right)


def part(a: Name, b: Name, around: Context) -> Parting:
    """What two names have in common, and what not."""
    pairs, left, right = align(a, b, around)
    return Parting(tuple(word for word, _, _ in pairs), tuple(left), tuple(right))


def saying(words: Sequence[Word]) -> tuple[Word, ...]:
    """Those of the words that say something."""
    return tuple(word for word in words if word.weight == 1.0)


def sets_apart(parting: Parting) -> bool:
    """True where a word that only one name has makes another thing of it, or two of them are two things."""
    table = vocabulary()
    lone = any(
        word.concept in table.kinds["contrast"] or word.concept in table.claims or word.text.isdigit()
        for word in parting.words
    )
    return lone or any(_are_apart(x, y) for x, y in product(parting.left, parting.right))


def may_be_one(a: Name, b: Name, parting: Parting, alike: Similarity, *, is_time: bool) -> bool:
    """True where names differ by words of which nobody knows that they are two things.

    Either both have a word of their own, or the source says more and the words that say what they are agree.

    Args:
        is_time: The target takes a date or a time.
    """
    left, right = saying(parting.left), saying(parting.right)
    return (
        bool(left and (right or alike.shares_head))
        and min(len(a.key), len(b.key)) >= _SHORTEST
        and is_claim(a) == is_claim(b)
        and (is_time or not any(word.concept in vocabulary().temporal for word in parting.words))
        and not (any(map(_is_unit, left)) and any(map(_is_unit, right)))
        and not sets_apart(parting)
    )


def are_listed(parting: Parting) -> bool:
    """True where the vocabulary has synonyms for a word on either side, and does not count them as one."""
    return any(map(_is_listed, saying(parting.left))) and any(map(_is_listed, saying(parting.right)))


def _is_unit(word: Word) -> bool:
    kinds = vocabulary().kinds
    return word.concept in kinds["unit"] or word.concept in kinds["in_unit"]


def _is_listed(word: Word) -> bool:
    """True for a word that the vocabulary has synonyms for: it says by itself what it is and what it is not."""
    return word.concept in vocabulary().phrases or " " in word.concept


def _are_apart(x: Word, y: Word) -> bool:
    """True for two words that stand in one group of `apart.toml`, or are built alike."""
    if any(_share_group(one, other) for one, other in product(_spellings(x), _spellings(y))):
        return True
    spelled = {x.concept, x.text, singular(x.text)}, {y.concept, y.text, singular(y.text)}
    return any(_are_built_alike(one, other) for one, other in product(*spelled))


def _spellings(word: Word) -> set[str]:
    """What a word means and how it is written; of a phrase (`expedido por`) also its parts."""
    parts = word.text.split()
    return {word.concept, word.text, *parts, *map(singular, parts)}


def _share_group(x: str, y: str) -> bool:
    mine, others = _groups().get(x, {}), _groups().get(y, {})
    return any(others.get(group, member) != member for group, member in mine.items())


@cache
def _groups() -> Mapping[str, Mapping[int, int]]:
    """Word -> the groups that it stands in, each with the number of the member that it belongs to."""
    data = rtoml.loads((resources.files(__package__) / "apart.toml").read_text("utf-8"))
    found: dict[str, dict[int, int]] = {}
    for group, members in enumerate(data["groups"]):
        for member, words in enumerate(members):
            for word in words.split("|"):
                found.setdefault(word, {})[group] = member
    return found


def _are_built_alike(x: str, y: str) -> bool:
    """True for two words of which the letters alone make a model think that they are near.

    They end alike, are partners (`payer`, `payee`), or one is the other with a word behind (`match`, `matchday`)
    or a negation before it.
    """
    if x == y:
        return False
    long, short = (x, y) if len(x) >= len(y) else (y, x)
    begin, end = Prefix.similarity(x, y), Postfix.similarity(x, y)
    return (
        end >= _SHORTEST_ENDING
        or (begin >= _SHORTEST and bool({x[begin:], y[begin:]} & set(_PARTNERS)))
        or (long.startswith(short) and long[len(short) :] in vocabulary().known)
        or any(long == negation + short for negation in _NEGATIONS)
    )
