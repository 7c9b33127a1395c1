"""The words of a source by what their kin share with them: of all others nobody has to ask whether they are kin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TypeAlias

from heal_cli.match.cognates import cognate
from heal_cli.match.concepts import Word, related
from heal_cli.match.kinship import exchangeable, kinship, stem
from heal_cli.match.vocabulary import vocabulary

_Trace: TypeAlias = tuple[str, str | int]
"""What kin share, of what sort it is: a group of words, a stem, a first letter."""


class Kindred:
    """Words, found by a word that they are kin to; the answer of `kinship` for a few of them holds for all."""

    def __init__(self, words: Iterable[Word], taken: frozenset[str]) -> None:
        self._words = tuple(dict.fromkeys(words))
        self._taken = taken
        self._found: dict[Word, list[Word]] = {}
        self._by_trace: dict[_Trace, list[Word]] = {}
        for word in self._words:
            for trace in (
                *_traces(word),
                *_begins("any", word),
                *(_begins("odd", word) if _is_odd(word) else ()),
            ):
                self._by_trace.setdefault(trace, []).append(word)

    def of(self, word: Word) -> list[Word]:
        """Those that are kin to a word, and mean something else."""
        if word not in self._found:
            near = (other for other in self._near(word) if other.concept != word.concept)
            self._found[word] = [other for other in near if kinship(other, word, self._taken)]
        return self._found[word]

    def _near(self, word: Word) -> dict[Word, None]:
        """Those that share something with it; only odd words may be kin by nothing but letters."""
        letters = _begins("any" if _is_odd(word) else "odd", word)
        near = (other for trace in (*_traces(word), *letters) for other in self._by_trace.get(trace, ()))
        return dict.fromkeys((*near, *self._of_one_root(word)))

    def _of_one_root(self, word: Word) -> list[Word]:
        if word.is_known and self._are_all_known:
            return []
        return self._roots.get(cognate(word.concept), [])

    @cached_property
    def _are_all_known(self) -> bool:
        return all(word.is_known for word in self._words)

    @cached_property
    def _roots(self) -> dict[str, list[Word]]:
        found: dict[str, list[Word]] = {}
        for word in self._words:
            found.setdefault(cognate(word.concept), []).append(word)
        found.pop("", None)
        return found


def _traces(word: Word) -> Iterator[_Trace]:
    """What a word shares with any that is kin to it by meaning."""
    table = vocabulary()
    if word.concept in table.temporal:
        yield "time", ""
    yield from (("kind", kind) for kind in exchangeable(word.concept))
    yield from (("group", group) for group in related(word))
    yield "verb", table.verbs.get(word.concept, word.concept)
    yield "stem", stem(word.concept)


def _begins(sort: str, word: Word) -> set[_Trace]:
    return {(sort, word.text[:1]), (sort, word.concept[:1])}


def _is_odd(word: Word) -> bool:
    """It may be another word, misspelt or shortened."""
    return word.is_short or not word.is_known
