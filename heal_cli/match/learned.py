"""Tier learned: what earlier runs had for this table and shape, as far as this file bears it out.

It never outdoes a name or a pattern that says otherwise before it has earned trust: one wrong `--map`
must not stay wrong for ever. Nor is likeness taken against a person's word: the two are a question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

from heal_cli.match.cells import Pair
from heal_cli.match.ensemble import VOTE_FLOOR
from heal_cli.match.tiers import Target
from heal_cli.match.values import MIN_FIT, Evidence
from heal_cli.model import Candidate, Features, Kind, Tier

UNEARNED: Final = 0.5
"""Most that a learned pattern reaches against a rival, or without values to try it on, until it is trusted."""

BORNE_OUT: Final = 0.7
"""Least that it reaches where all values of this file fit and nothing rivals it."""


class Learned(Protocol):
    """What matching needs to know of a learned pattern; its table and shape are those at hand."""

    @property
    def id(self) -> str:
        """Its name in reports."""

    @property
    def source(self) -> str:
        """Source column, to the letter."""

    @property
    def target(self) -> str:
        """Target column, to the letter."""

    @property
    def type(self) -> str:
        """Type that the target had."""

    @property
    def confidence(self) -> float:
        """What its trials made of it, 0-1."""

    @property
    def is_trusted(self) -> bool:
        """Promoted or approved: it may compete with what the catalogue says."""

    @property
    def is_a_persons(self) -> bool:
        """Taught by `--map`, by a saved plan or by approval."""

    @property
    def history(self) -> tuple[str, ...]:
        """Who taught it when, and what came of it."""


@dataclass(frozen=True, slots=True)
class Recall:
    """What was learned, tried on the columns that are still open."""

    learned: tuple[Learned, ...]
    sources: frozenset[str]
    targets: Mapping[str, Target]

    def add_to(self, found: dict[Pair, list[Candidate]], evidence: Evidence) -> None:
        """Put the candidates of this tier beside those of the others, by pair."""
        mine = [each for each in self.learned if self._is_open(each)]
        rivals = {each.id: list(_rivals(_pair(each), found)) for each in mine}
        made = [(each, self._candidate(each, mine, rivals[each.id], evidence)) for each in mine]
        for each, candidate in made:
            if each.is_a_persons and candidate.confidence >= UNEARNED:
                _hold_back_likeness(each, found)
        for each, candidate in made:
            found.setdefault(_pair(each), []).append(candidate)

    def _is_open(self, learned: Learned) -> bool:
        target = self.targets.get(learned.target)
        return (
            learned.source in self.sources and target is not None and target.column.type.name == learned.type
        )

    def _candidate(
        self, learned: Learned, others: Iterable[Learned], rivals: list[Candidate], evidence: Evidence
    ) -> Candidate:
        fit, reasons = evidence.fit(learned.source, self.targets[learned.target].column)
        known = [rival for rival in rivals if rival.tier is not Tier.FUZZY]
        is_rivalled = bool(rivals) or any(
            touch(_pair(learned), _pair(other)) and other.confidence >= UNEARNED for other in others
        )
        confidence = learned.confidence
        if not reasons:
            confidence, told = min(confidence, UNEARNED), "there are no values to try it on"
        elif fit < MIN_FIT:
            confidence, told = min(confidence, UNEARNED) * fit, "the values do not bear it out"
        elif known and not learned.is_trusted:
            confidence = min(confidence, UNEARNED)
            told = f"{known[0].tier} says {known[0].source!r} is {known[0].target!r}, and this one has not earned trust yet"
        elif fit == 1.0 and not is_rivalled and confidence >= UNEARNED:
            confidence, told = max(confidence, BORNE_OUT), "all values bear it out, and nothing rivals it"
        else:
            told = "it has a rival" if is_rivalled else "not all values bear it out"
        evidence_told = (*learned.history, *reasons, told)
        return Candidate(
            Kind.RENAME,
            learned.target,
            learned.source,
            Tier.LEARNED,
            round(confidence, 4),
            pattern=learned.id,
            evidence=evidence_told,
            features=Features(1.0, fit, fit),
        )


def _rivals(pair: Pair, found: Mapping[Pair, list[Candidate]]) -> Iterator[Candidate]:
    """Candidates with an opinion that give the source, or fill the target, otherwise; surest first."""
    others = (candidate for other, listed in found.items() if touch(pair, other) for candidate in listed)
    opinions = (candidate for candidate in others if candidate.confidence >= VOTE_FLOOR)
    yield from sorted(opinions, key=lambda c: (c.tier is Tier.FUZZY, -c.confidence, c.target, c.source or ""))


def _hold_back_likeness(learned: Learned, found: dict[Pair, list[Candidate]]) -> None:
    """Likeness that says otherwise than a person did, for this table and shape, is not enough by itself."""
    pair = _pair(learned)
    said = f"{learned.history[0]}: {learned.source!r} is {learned.target!r}"
    for other, listed in found.items():
        if touch(pair, other):
            found[other] = [
                replace(c, confidence=UNEARNED, evidence=(*c.evidence, said))
                if c.tier is Tier.FUZZY and c.confidence > UNEARNED
                else c
                for c in listed
            ]


def _pair(learned: Learned) -> Pair:
    return learned.source, learned.target


def touch(one: Pair, other: Pair) -> bool:
    """True when two pairs cannot both be placed."""
    return one != other and (one[0] == other[0] or one[1] == other[1])
