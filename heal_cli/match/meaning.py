"""Tier semantic: what a model of language says of words that the vocabulary does not know.

Its word alone is a question at most. It is weight beside what speaks for a pair already: a word that both
names share, or values that fit a column which does not take any text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, TypeAlias

from heal_cli.match.apart import Parting, is_open, part, saying
from heal_cli.match.cells import Pair
from heal_cli.match.likeness import UNEXPLAINED
from heal_cli.match.names import Name, Word
from heal_cli.match.remainder import Context
from heal_cli.match.tiers import Target, second_name
from heal_cli.match.values import LOOKS, MIN_FIT, TEXT_FACTOR, TEXTS, TIMES, Evidence, Verdict
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, Features, Kind, Tier

Nearness: TypeAlias = Callable[[str, str], float]
"""How near two phrases are in meaning (0-1); 0 where the model does not know a word of them."""

NEAR: Final = 0.5
"""Nearness from which the tier has an opinion."""

LEAD: Final = 0.1
"""How much nearer a pair has to be than either name is to any other column of the other side."""

SHARED: Final = 0.4  # weight of a word that both names have: with the least nearness it just reaches 0.7
FITTING: Final = 0.25  # of values that fit numbers or times: by themselves they ask for a nearness of 0.6
TELLING: Final = 0.4  # of values that are among the labels, look as asked, or stand in the table already
SUREST: Final = 0.85

_ASKED: Final = (
    *LOOKS,
    "reference",
    "naming",
    "saying",
    "counting",
)  # kinds of words that values can contradict


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the model says of the columns that the other tiers left open.

    Attributes:
        sources: All names of the source, those with a place among them: a nearer one is a rival all the same.
        targets: All names of the table.
    """

    nearness: Nearness
    sources: tuple[Name, ...]
    targets: tuple[Name, ...]
    around: Context
    evidence: Evidence

    def candidates(
        self, sources: Iterable[Name], targets: Sequence[Target]
    ) -> Iterator[tuple[Pair, Candidate]]:
        """A candidate for each open pair that is near, and nearer than any other pair of either name."""
        for source, target in product(sources, targets):
            comment = second_name(target.column)
            found = [
                candidate
                for name in (target.name, *([comment] if comment else []))
                for candidate in self._compare(source, target, name)
                if self._leads(source, target.name, candidate)
            ]
            if found:
                yield (source.raw, target.column.name), max(found, key=lambda each: each.confidence)

    def _compare(self, source: Name, target: Target, name: Name) -> Iterator[Candidate]:
        """The candidate that the target is by this name of it, if any."""
        parting = part(source, name, self.around)
        if not is_open(source, name, parting, is_time=target.column.type.base in TIMES):
            return
        near = self._near(source, name, parting)
        if near < NEAR:
            return
        verdict = self.evidence.judge(source.raw, target.column, target.name)
        is_against = verdict.is_evidence and verdict.factor < TEXT_FACTOR
        if verdict.fit >= MIN_FIT and not is_against and not self._contradicts(source, target, parting):
            yield _weigh(source, target, parting, near, verdict)

    def _near(self, source: Name, name: Name, parting: Parting) -> float:
        """Nearness of the names, or of the words that only one of them has: shared words flatter."""
        whole = self.nearness(_said(source.words), _said(name.words))
        if whole < NEAR or not parting.is_shared:
            return whole
        left, right = saying(parting.left), saying(parting.right)
        if not left or not right:
            return 0.0 if left or right else 1.0
        return min(whole, self.nearness(_said(left), _said(right)))

    def _leads(self, source: Name, target: Name, candidate: Candidate) -> bool:
        """True when no other column of either side is about as near."""
        rivals = [(source, other) for other in self.targets if other != target]
        rivals += [(other, target) for other in self.sources if other != source]
        nearest = max((self._near(a, b, part(a, b, self.around)) for a, b in rivals), default=0.0)
        return candidate.features is not None and candidate.features.name >= nearest + LEAD

    def _contradicts(self, source: Name, target: Target, parting: Parting) -> bool:
        """True when the values speak against a word that only one name has: `email`, `number`, `name`."""
        kinds = vocabulary().kinds
        alone = {word.concept for word in parting.words}
        asked = (kind for kind in _ASKED if alone & kinds.get(kind, frozenset((kind,))))
        return any(self.evidence.contradiction(source.raw, target.column, kind) for kind in asked)


def _weigh(source: Name, target: Target, parting: Parting, near: float, verdict: Verdict) -> Candidate:
    """The candidate; what speaks for it adds up as chances do, and the model's word alone to a question."""
    by_name, by_values = SHARED if parting.is_shared else 0.0, _weight(verdict, target)
    is_backed = verdict.is_evidence and bool(by_name or by_values)
    chance = 1 - (1 - near) * (1 - by_name) * (1 - by_values)
    told = f"meaning {near:.2f}: {_said(saying(parting.left))} ~ {_said(saying(parting.right))}"
    return Candidate(
        Kind.RENAME,
        target.column.name,
        source.raw,
        Tier.SEMANTIC,
        round(min(chance, SUREST) if is_backed else min(near, UNEXPLAINED), 4),
        evidence=(told, *verdict.reasons, *(() if is_backed else ("nothing else speaks for it",))),
        features=Features(near, verdict.fit, verdict.factor),
    )


def _weight(verdict: Verdict, target: Target) -> float:
    """How much the values say; nothing where any value would fit."""
    if not verdict.is_evidence or verdict.factor < 1.0:
        return 0.0
    is_telling = target.column.type.base in TEXTS or bool(target.column.type.labels)
    return TELLING if is_telling else FITTING


def _said(words: Sequence[Word]) -> str:
    """The words as a phrase, abbreviations and other languages written out in English."""
    return " ".join(word.concept for word in words)
