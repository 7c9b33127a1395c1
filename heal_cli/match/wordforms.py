"""Words as they are written: other endings, other spellings, and several words run together."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from heal_cli.match.vocabulary import vocabulary

_SHORTEST_FORM: Final = 4  # letters of a word whose ending may differ
_SHORTEST_RUN: Final = 6  # letters of words run together
_SHORTEST_PART: Final = 4  # letters of a word within them
_SHORTEST_SHORT: Final = 3  # letters of a short word within them
_MOST_PARTS: Final = 4
_LINKS: Final = ("", "s", "n", "en", "es", "er", "e")  # between the parts of a German or Dutch compound
_TAILS: Final = frozenset({"id", "no", "nr", "at", "by", "on", "dt", "cd", "nm", "ts", "tm"})
_ENDINGS: Final = (
    ("en", "e", "er", "es", "n", "em"),
    ("", "e", "o", "a", "en"),
)
"""Endings that German, Dutch and the Romance languages put on a word, and those it may have without them."""
_SWAPS: Final = (
    ("as", "o"),
    ("os", "o"),
    ("a", "o"),
    ("i", "o"),
    ("i", "e"),
    ("e", "a"),
    ("oes", "ao"),
    ("is", "l"),
)
_UMLAUTS: Final = (("ae", "a"), ("oe", "o"), ("ue", "u"))


@lru_cache(maxsize=8192)
def base_form(word: str) -> str:
    """The word that the vocabulary has for another form of it (`letztes`, `cerrada`, `gebuehr`), or the word."""
    phrases = vocabulary().phrases
    if len(word) < _SHORTEST_FORM or word in vocabulary().own or word in phrases:
        return word
    return next((form for form in _forms(word) if form in phrases), word)


def _forms(word: str) -> list[str]:
    plain = word
    for umlaut, vowel in _UMLAUTS:
        plain = plain.replace(umlaut, vowel)
    forms = [plain]
    for each in dict.fromkeys((word, plain)):
        forms += [
            each.removesuffix(old) + new
            for old, new in _SWAPS
            if each.endswith(old) and len(each) > len(old) + 2
        ]
        for ending in _ENDINGS[0]:
            stem = each.removesuffix(ending)
            if stem != each and len(stem) >= _SHORTEST_FORM:
                forms += [stem + other for other in _ENDINGS[1]]
    return forms


@lru_cache(maxsize=8192)
def parts(word: str) -> tuple[str, ...]:
    """The known words that an unknown one is run together from: `custname`, `mietbeginn`; none where it is not.

    The fewest parts count, and of those the longest first one.
    """
    table = vocabulary()
    if len(word) < _SHORTEST_RUN or not word.isalpha() or word in table.known or word in table.phrases:
        return ()
    found = _cut(word, _MOST_PARTS, is_first=True)
    is_word = any(len(part) >= _SHORTEST_PART for part in found)
    return found if len(found) > 1 and is_word else ()


def _cut(rest: str, most: int, *, is_first: bool = False) -> tuple[str, ...]:
    if not is_first and (_is_part(rest) or rest in _TAILS):
        return (rest,)
    best: tuple[str, ...] = ()
    if most == 1:
        return best
    for end in range(len(rest) - 2, _SHORTEST_SHORT - 1, -1):
        front = rest[:end]
        if not _is_part(front):
            continue
        for link in _LINKS:
            if link and not (rest[end:].startswith(link) and len(front) >= _SHORTEST_PART):
                continue
            behind = _cut(rest[end + len(link) :], most - 1)
            if behind and (not best or len(behind) + 1 < len(best)):
                best = (front, *behind)
    return best


def _is_part(word: str) -> bool:
    """True for a word that may be part of another one: short ones only if they are abbreviations."""
    table = vocabulary()
    if len(word) >= _SHORTEST_PART:
        return word in table.phrases or word in table.abbreviations or word in table.known
    return len(word) >= _SHORTEST_SHORT and (word in table.abbreviations or word in table.parts)
