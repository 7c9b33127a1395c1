"""Which names of a source are like a target's: each pair is compared once, and most pairs never."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from heal_cli.match.kindred import Kindred
from heal_cli.match.likeness import Similarity, similarity
from heal_cli.match.names import Name
from heal_cli.match.readings import offered, wanted
from heal_cli.match.remainder import Context

UNALIKE: Final = Similarity(0.0)


class Alike:
    """The names of a source, by what a name that is like them has of theirs: a word, its kin, a way to read one."""

    def __init__(self, sources: Iterable[Name], around: Context) -> None:
        self.around = around
        self._sources = tuple(sources)
        self._found: dict[str, Mapping[str, Similarity]] = {}
        self._by_key: dict[str, set[int]] = {}
        self._by_wanted: dict[str, set[int]] = {}
        self._by_offered: dict[str, set[int]] = {}
        for place, source in enumerate(self._sources):
            for name in self._readings(source):
                _put(self._by_key, _keys(name), place)
                _put(self._by_wanted, wanted(name), place)
                _put(self._by_offered, offered(name), place)
        words = (word for source in self._sources for name in self._readings(source) for word in name.words)
        self._kindred = Kindred(words, around.taken)

    def to(self, target: Name) -> Mapping[str, Similarity]:
        """The raw names that are like a target's, in the order of the source."""
        if target.raw not in self._found:
            alike = ((source.raw, similarity(source, target, self.around)) for source in self._near(target))
            self._found[target.raw] = {raw: found for raw, found in alike if found.score}
        return self._found[target.raw]

    def _near(self, target: Name) -> list[Name]:
        """The names that have something in common with a target's; the similarity of all others is 0."""
        kin = (other.concept for word in target.words for other in self._kindred.of(word))
        places = {place for key in (*_keys(target), *kin) for place in self._by_key.get(key, ())}
        places |= {place for key in offered(target) for place in self._by_wanted.get(key, ())}
        places |= {place for key in wanted(target) for place in self._by_offered.get(key, ())}
        return [self._sources[place] for place in sorted(places)]

    def _readings(self, source: Name) -> list[Name]:
        """The name as it is compared, and a shorter one where there is one."""
        shorter = self.around.plainer.get(source.raw)
        return [source, *([shorter] if shorter else [])]


def _keys(name: Name) -> set[str]:
    """What two names share that say the same, or part of it."""
    return {*name.concepts, name.meaning_key, name.spelled_key} - {""}


def _put(index: dict[str, set[int]], keys: Iterable[str], place: int) -> None:
    for key in keys:
        index.setdefault(key, set()).add(place)
