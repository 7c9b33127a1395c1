"""How alike two words are that do not mean the same by the vocabulary: misspelt, shortened, of one root, related."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from heal_cli.match.cognates import cognate
from heal_cli.match.concepts import Word, related
from heal_cli.match.vocabulary import vocabulary

_TEMPORAL_TRUST: Final = 0.9  # `created_date` against `created_at`
_KIND_TRUST: Final = 0.85  # `order_no` against `order_id`
_VERB_TRUST: Final = 0.93  # `review_date` against `reviewed_at`
_RELATED_TRUST: Final = 0.88  # `fee` against `charge`
_COGNATE_TRUST: Final = 0.88  # `frecuencia` against `frequency`
_EXCHANGEABLE: Final = ("reference", "naming", "saying", "remark", "call", "web")
_ENDINGS: Final = ("ation", "ment", "ance", "ion", "ing", "al", "ed", "e")
_SHORTEST_TYPO: Final = 5  # letters; shorter words have too many real neighbours (lat, lng)
_SHORT_TRUST: Final = 0.82  # an abbreviation that no list knows
_SKELETON_TRUST: Final = 0.9  # all consonants of a word, and no vowel: `brnd` of `brand`
_SHORTEST_SHORT: Final = 3
_SHORTEST_OTHER: Final = 4  # letters of a known short word that may stand for another word
_VOWELS: Final = "aeiou"
_SHORTEST_STEM: Final = 3
_LETTERS_PER_SLIP: Final = 8  # one slip in up to 8 letters, two in up to 16


@lru_cache(maxsize=65536)
def kinship(x: Word, y: Word, taken: frozenset[str]) -> float:
    """Likeness (0-1) of two words of different concepts; 0 where nothing speaks for it.

    Args:
        taken: Words written on both sides, which are therefore neither slips of the pen nor synonyms.
    """
    table = vocabulary()
    if x.concept in table.temporal and y.concept in table.temporal:
        return _TEMPORAL_TRUST if {x.concept, y.concept} != {"date", "time"} else 0.0
    if not exchangeable(x.concept).isdisjoint(exchangeable(y.concept)):
        return _KIND_TRUST
    if _one_verb(x.concept, y.concept):
        return _VERB_TRUST
    if _are_related(x, y) and x.concept not in taken and y.concept not in taken:
        return _RELATED_TRUST
    short = max(_short_for(x, y, taken), _short_for(y, x, taken))
    if short or (x.is_known and y.is_known):
        return short
    return _typo(x.concept, y.concept, taken) or _one_root(x, y, taken)


@lru_cache(maxsize=8192)
def exchangeable(concept: str) -> frozenset[str]:
    """The kinds of words in which one is as good as another that a word is of."""
    kinds = vocabulary().kinds
    return frozenset(kind for kind in _EXCHANGEABLE if concept in kinds[kind])


def _are_related(x: Word, y: Word) -> bool:
    return not related(x).isdisjoint(related(y))


def _one_root(x: Word, y: Word, taken: frozenset[str]) -> float:
    """How surely two words are one in two languages: `frecuencia` and `frequency`."""
    if x.concept in taken or y.concept in taken:
        return 0.0
    one, other = cognate(x.concept), cognate(y.concept)
    return _COGNATE_TRUST if one and one == other else 0.0


def _short_for(x: Word, y: Word, taken: frozenset[str]) -> float:
    """How surely a short word stands for one that has its letters in this order: `stn` for `station`.

    One that the vocabulary knows stands for another word only where it has all its consonants: `emp` is
    an employee, no employer. One that many words begin with (`cont`) stands for none.
    """
    short = x.text if x.is_short else x.concept
    if short in taken or short in vocabulary().ambiguous or (x.is_known and not x.is_short):
        return 0.0
    found = max(_shortens(short, long) for long in {y.concept, y.text})
    is_other = x.is_known and not (found == _SKELETON_TRUST and len(short) >= _SHORTEST_OTHER)
    return 0.0 if is_other else found


def _shortens(short: str, long: str) -> float:
    if not _SHORTEST_SHORT <= len(short) < len(long) or short[0] != long[0]:
        return 0.0
    if short == _skeleton(long):
        return _SKELETON_TRUST
    rest = iter(long)
    ends_alike = short[-1] == long[-1] or long.startswith(short)
    is_within = len(short) <= len(long) - 3 and ends_alike and all(letter in rest for letter in short)
    return _SHORT_TRUST if is_within else 0.0


def _skeleton(word: str) -> str:
    """The word without its vowels, but for a first one."""
    return word[0] + "".join(letter for letter in word[1:] if letter not in _VOWELS)


def _one_verb(x: str, y: str) -> bool:
    """True for a participle beside its own verb or noun: `reviewed` and `review`, `enrolled` and `enrolment`."""
    if " " in x + y:
        return False
    if vocabulary().verbs.get(x) == y or vocabulary().verbs.get(y) == x:
        return True
    if not (x.endswith("ed") or y.endswith("ed")):
        return False
    return stem(x) == stem(y) and len(stem(x)) >= _SHORTEST_STEM


def stem(word: str) -> str:
    """The word without its ending and without a doubled last letter."""
    ending = next((end for end in _ENDINGS if word.endswith(end)), "")
    stem = word.removesuffix(ending)
    return stem[:-1] if len(stem) > _SHORTEST_STEM and stem[-1:] == stem[-2:-1] else stem


def _typo(x: str, y: str, taken: frozenset[str]) -> float:
    """Likeness of two spellings of one word, of which at most one is a real word; 0 where they are two words."""
    length = max(len(x), len(y))
    if min(len(x), len(y)) < _SHORTEST_TYPO or x[0] != y[0] or x in taken or y in taken:
        return 0.0
    slips = 1 + (length - 1) // _LETTERS_PER_SLIP
    distance = OSA.distance(x, y, score_cutoff=slips)
    return 0.0 if distance > slips else 1 - distance / length
