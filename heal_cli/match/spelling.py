"""The words of the vocabulary that are spelled nearly as another one, or begin as it does: slips of the pen, and words cut off."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import takewhile
from typing import Final

from rapidfuzz.distance import OSA

from heal_cli.match.concepts import singular
from heal_cli.match.vocabulary import vocabulary
from heal_cli.match.wordforms import base_form, parts

_SHORTEST_CUT: Final = 4  # letters that are kept; so many words begin with three that they may be any of them
_LEAST_CUT: Final = 2  # letters that are not
_LEAST_PART: Final = 4  # letters of the last part of a compound: `maschinenbediener` beside `maschine`
_MOST_MEANINGS: Final = 5  # of words that begin so, over which nobody knows which is meant
_VOWELS: Final = frozenset("aeiouy")
_SHORTEST_SLIP: Final = 7  # letters; shorter words have too many real neighbours
_LETTERS_PER_SLIP: Final = 12  # one slip in less, two in more


@lru_cache(maxsize=8192)
def begun_so(word: str) -> tuple[str, ...]:
    """What the words mean that begin with these letters: `masch` is a `machine`, for `maschine` is one."""
    table = vocabulary()
    if len(word) < _SHORTEST_CUT or word in table.phrases:
        return ()
    listed = _words()
    begun = takewhile(lambda long: long.startswith(word), listed[bisect_left(listed, word) :])
    longer = sorted((long for long in begun if len(long) >= len(word) + _LEAST_CUT), key=len)
    found = tuple(meaning for meaning in _meanings(_simple(longer)) if " " not in meaning)
    return found if len(found) <= _MOST_MEANINGS else ()


@lru_cache(maxsize=8192)
def spelled_like(word: str) -> tuple[str, ...]:
    """What the words mean that an unknown one is misspelt for: `organistion` is an `organization`."""
    table = vocabulary()
    if len(word) < _SHORTEST_SLIP or word in table.known or {singular(word), base_form(word)} & table.known:
        return ()
    if not word.isalpha() or parts(word):
        return ()
    slips = 1 + len(word) // _LETTERS_PER_SLIP
    near = (
        long for length in range(len(word) - slips, len(word) + slips + 1) for long in _alike(word, length)
    )
    found = (long for long in near if OSA.distance(word, long, score_cutoff=slips) <= slips)
    return _meanings(long for long in found if not _is_real_neighbour(word, long))


def _is_real_neighbour(word: str, long: str) -> bool:
    """True where one consonant stands for another: `aptitude` is no slip for `altitude`."""
    odd = (Counter(word) - Counter(long)) + (Counter(long) - Counter(word))
    return len(word) == len(long) and not odd.keys() <= _VOWELS


def _simple(words: Sequence[str]) -> Iterator[str]:
    """Those, shorter ones first, that are no compounds of a shorter one: a `maschinenbediener` is no `maschine`."""
    kept: list[str] = []
    for word in words:
        if not any(word.startswith(short) and len(word) - len(short) >= _LEAST_PART for short in kept):
            kept.append(word)
            yield word


def _meanings(words: Iterable[str]) -> tuple[str, ...]:
    phrases = vocabulary().phrases
    return tuple(dict.fromkeys(phrases[word].concept for word in words))


def _alike(word: str, length: int) -> list[str]:
    return _by_length().get((word[0], length), [])


@cache
def _words() -> list[str]:
    """The single words that have a meaning, in order."""
    return sorted(word for word in vocabulary().phrases if " " not in word)


@cache
def _by_length() -> Mapping[tuple[str, int], list[str]]:
    """First letter and length -> the words."""
    found: dict[tuple[str, int], list[str]] = {}
    for word in _words():
        found.setdefault((word[0], len(word)), []).append(word)
    return found
