"""Other ways to read a name beside another one: initials (`dob`), words cut off (`Masch.`), misspelt or of several meanings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from heal_cli.match.names import Name, parse
from heal_cli.match.spelling import begun_so, spelled_like
from heal_cli.match.vocabulary import vocabulary
from heal_cli.match.wordforms import base_form

_INITIALS_TRUST: Final = 0.93  # of three initials or more: with values that fit text it passes 0.7
_FEW_TRUST: Final = 0.85  # of one or two letters: only where the type tells values apart
_SENSE_TRUST: Final = 0.92  # of another meaning of a short word
_LONGEST: Final = 5  # letters that are initials
_SHORTEST_STEM: Final = 4  # letters of a verb
_LONGEST_ENDING: Final = 3  # letters of its participle's ending: `submitter`, `submitted`
_SMALL: Final = frozenset({"of", "on", "at", "per", "and", "the", "in", "to", "by", "for", "de"})
"""Words whose initials are often left out (`moq`), and that are no initials of other words themselves."""

Words: TypeAlias = tuple[str, ...]

Sense: TypeAlias = tuple[Words, frozenset[str]]
"""Other words that a word may stand for, and what they mean."""


class Reading(NamedTuple):
    """A name read otherwise, and how surely (0-1) it is meant so."""

    name: Name
    trust: float


class _Unclear(NamedTuple):
    """A word that may be read otherwise."""

    word: str
    place: int
    senses: tuple[Sense, ...]
    initials: int  # words that it may be the initials of; 0 for none
    stem: str  # of the verb whose agent it is, or empty

    def read_as(self, words: Words, name: Name) -> Name:
        """The name with these words in its place."""
        return parse(" ".join((*name.plain[: self.place], *words, *name.plain[self.place + 1 :])))


def readings(name: Name, other: Name) -> list[Reading]:
    """The name with one of its words read as initials of the other's words, or by another meaning."""
    if wanted(name).isdisjoint(offered(other)):
        return []
    return [
        Reading(unclear.read_as(words, name), trust)
        for unclear in _unclear(name.plain, name.cut)
        for words, trust in _meant(unclear, other)
    ]


@lru_cache(maxsize=8192)
def _unclear(plain: Words, cut: frozenset[str]) -> tuple[_Unclear, ...]:
    """The words that may be read otherwise; most names have none."""
    found = (
        _Unclear(
            word,
            place,
            _senses(word, is_cut=word in cut),
            0 if place and len(word) == 1 and word in vocabulary().kinds["unit"] else _initials(word),
            _agent_stem(word),
        )
        for place, word in enumerate(plain)
    )
    return tuple(each for each in found if each.senses or each.initials or each.stem)


def _senses(word: str, *, is_cut: bool) -> tuple[Sense, ...]:
    """What else a word may mean: by the list of those that mean several things, cut off, or misspelt."""
    table = vocabulary()
    listed = table.senses.get(word) or table.senses.get(base_form(word)) or ()
    found = [*listed, *(begun_so(word) if is_cut else ()), *spelled_like(word)]
    return tuple((tuple(sense.split()), parse(sense).concepts) for sense in dict.fromkeys(found))


@lru_cache(maxsize=8192)
def wanted(name: Name) -> frozenset[str]:
    """What another name offers, at least one of these, if it says how an unclear word of this one is to be read."""
    found: set[str] = set()
    for unclear in _unclear(name.plain, name.cut):
        found.update(*(concepts for _, concepts in unclear.senses))
        found.update((unclear.word,) if unclear.initials else (), ("by",) if unclear.stem else ())
    return frozenset(found)


@lru_cache(maxsize=8192)
def offered(name: Name) -> frozenset[str]:
    """By what an unclear word beside this name is read: what its words mean, and the initials that they have together."""
    written = "".join(word[0] for word in name.plain)
    spoken = "".join(word[0] for word in name.plain if word not in _SMALL)
    initials = (
        run[start : start + length]
        for run in {written, spoken}
        for length in range(1, _LONGEST + 1)
        for start in range(len(run) - length + 1)
    )
    ids = (f"{word[0]}id" for word in name.plain if len(word) > 2)
    by = ("by",) if "by" in name.plain else ()
    return frozenset((*name.concepts, *initials, *ids, *by))


def _meant(unclear: _Unclear, other: Name) -> list[tuple[Words, float]]:
    """What a word may mean beside the other name's words, and how surely."""
    word, found = unclear.word, []
    for words, concepts in unclear.senses:
        if not concepts.isdisjoint(other.concepts):
            found.append((words, _SENSE_TRUST if len(word) > 1 else _FEW_TRUST))
    if 0 < unclear.initials <= len(other.plain):
        trust = _INITIALS_TRUST if len(word) > 2 and not word.endswith("id") else _FEW_TRUST
        found += [(words, trust) for words in _spelled_out(word, other.plain)]
    if unclear.stem:
        found += [(pair, _SENSE_TRUST) for pair in pairwise(other.plain) if _is_done_by(pair, unclear.stem)]
    return found


def _initials(word: str) -> int:
    """How many words the letters may be the initials of; `pid` needs one beside it."""
    if not _are_initials(word):
        return 0
    return 1 if _is_its_id(word) else len(word)


def _are_initials(word: str) -> bool:
    """True for a few letters that are short for something, as far as is known: no real word."""
    if not word.isalpha() or len(word) > _LONGEST or word in _SMALL:
        return False
    table = vocabulary()
    return (
        _is_its_id(word) or word in table.abbreviations or not (word in table.phrases or word in table.known)
    )


def _is_its_id(word: str) -> bool:
    """True for `pid`, which may be a patient's."""
    return len(word) == 3 and word.endswith("id")


def _spelled_out(word: str, others: Words) -> list[Words]:
    """The words, one after another, that the letters are the initials of."""
    if _is_its_id(word):
        return [(other, "id") for other in others if len(other) > 2 and other[0] == word[0]]
    plain = tuple(other for other in others if other not in _SMALL)
    return sorted({run for words in (others, plain) for run in _runs(word, words)})


def _runs(word: str, words: Words) -> Iterator[Words]:
    for start in range(len(words) - len(word) + 1):
        run = words[start : start + len(word)]
        if all(other[0] == letter for other, letter in zip(run, word, strict=True)):
            yield run


def _agent_stem(word: str) -> str:
    """The verb of one who does it: `approv` of `approver`; empty for other words."""
    stem = word[:-2] if word.endswith(("er", "or")) else ""
    return stem if len(stem) >= _SHORTEST_STEM else ""


def _is_done_by(pair: Words, stem: str) -> bool:
    """True for `approved by` beside `approv`."""
    verb, by = pair
    is_participle = verb.startswith(stem) and verb.endswith("ed") and len(verb) <= len(stem) + _LONGEST_ENDING
    return by == "by" and is_participle
