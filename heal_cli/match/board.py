"""The state of one matching: what is placed, what is asked, what is open.

Columns are handled in order of their names throughout, so the order in which source or table list them
never shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

import polars as pl

from heal_cli.match.abridged import abridged
from heal_cli.match.by_names import ByNames
from heal_cli.match.by_pattern import Pattern, by_pattern
from heal_cli.match.ensemble import Decision, decide
from heal_cli.match.explicit import is_writable
from heal_cli.match.likeness import context
from heal_cli.match.names import Name, parse
from heal_cli.match.past import Past
from heal_cli.match.persons import read_halves
from heal_cli.match.remainder import Context
from heal_cli.match.tiers import Target, are_one_in_singular, in_singular
from heal_cli.match.values import Evidence, Fit
from heal_cli.model import (
    ROW,
    Candidate,
    Column,
    ColumnMatch,
    Kind,
    Matching,
    MatchOptions,
    TableSchema,
    Tier,
)

NORMALISED: Final = 0.98


@dataclass
class Board:
    """The state of one matching: what is placed, what is asked, what is open."""

    sample: pl.DataFrame
    table: TableSchema
    patterns: Iterable[Pattern]
    options: MatchOptions
    fit: Fit
    past: Past
    placed: dict[str, ColumnMatch] = field(default_factory=dict)  # by target
    refused: dict[str, ColumnMatch] = field(default_factory=dict)  # by target
    asked: set[str] = field(default_factory=set)  # sources that wait for an answer

    def __post_init__(self) -> None:
        self.sources = {name: parse(name) for name in sorted(self.sample.columns) if name != ROW}
        self.writable = {c.name: c for c in self._columns() if is_writable(c, self.options)}
        self.evidence = Evidence(self.sample, self.table, self.fit, self.past.known)

    def _columns(self) -> list[Column]:
        return sorted(self.table.columns, key=lambda column: column.name)

    @cached_property
    def targets(self) -> dict[str, Target]:
        """The writable columns by name; of equal names on both sides nobody asks what their words mean."""
        names = read_halves({column.name: parse(column.name) for column in self._columns()})
        return {name: Target(column, names[name]) for name, column in self.writable.items()}

    @cached_property
    def said(self) -> dict[str, Name]:
        """What the names of the source say, without the way into an object and the tag of a system in front.

        Halves of a person's name are read as such, here and in the table.
        """
        return read_halves(abridged(self.sources.values(), (target.name for target in self.targets.values())))

    @cached_property
    def by_names(self) -> ByNames:
        """Patterns by names; taking their names apart is spared where every column is certain."""
        targets = (target.name for target in self.targets.values())
        return ByNames(self.patterns, self.table.name, self.said.values(), targets)

    @cached_property
    def around(self) -> Context:
        """What the names of the whole source and the whole table say about single words."""
        return context(self.said.values(), (t.name for t in self.targets.values()), self.table.name)

    def known_candidates(self, source: Name, target: Target) -> Iterator[Candidate]:
        """Candidates by spelling and by pattern."""
        if are_one_in_singular(source, target.name):
            yield in_singular(source, target, self.evidence)
        patterns = self.by_names.of(source, target.name)
        if patterns:
            known = [(pattern, self.by_names.trust(pattern)) for pattern in patterns]
            yield from by_pattern(source, target, known, self.past.confidence, self.evidence)

    def vote(self, candidates: Iterable[Candidate]) -> Decision:
        """The decision among candidates by the options."""
        return decide(
            candidates,
            strategy=self.options.strategy,
            min_confidence=self.options.min_confidence,
            min_margin=self.options.min_margin,
        )

    def experience(self, winner: Candidate, margin: float) -> str:
        """What earlier matches say against a winner; empty when they do not."""
        if self.past.expects is None:
            return ""
        chance, wanted = self.past.expects(winner, margin), self.options.min_confidence
        return f"of matches like it, {chance:.2f} held here, under {wanted:.2f}" if chance < wanted else ""

    def matching(self) -> Matching:
        """What was decided, in the order of table and source."""
        order = [column.name for column in self.table.columns]
        used = self.used()
        return Matching(
            matches=tuple(self.placed[name] for name in order if name in self.placed),
            unmatched_source=tuple(n for n in self.sample.columns if n != ROW and n not in used),
            unmatched_target=tuple(n for n in order if n not in self.placed),
            refused=tuple(self.refused[name] for name in order if name in self.refused),
        )

    def place(
        self, winner: Candidate, runner_up: Candidate | None = None, votes: tuple[Candidate, ...] = ()
    ) -> None:
        """Give a target its winner."""
        self.placed[winner.target] = ColumnMatch(winner.target, winner, runner_up, votes or (winner,))

    def refuse(
        self,
        winner: Candidate,
        runner_up: Candidate | None,
        reason: str,
        votes: tuple[Candidate, ...] = (),
    ) -> None:
        """Leave a target open, with the question about it."""
        asked = replace(winner, evidence=(*winner.evidence, reason))
        self.refused[winner.target] = ColumnMatch(winner.target, asked, runner_up, votes)

    def used(self) -> set[str | None]:
        """The sources that are placed."""
        return {c.source for match in self.placed.values() for c in (match.winner, *match.fallbacks)}

    def open_sources(self) -> dict[str, Name]:
        """The sources that are neither placed nor asked about."""
        used = self.used() | self.asked
        return {raw: name for raw, name in self.sources.items() if raw not in used}

    def open_said(self) -> list[Name]:
        """What the names of open sources say."""
        return [self.said[raw] for raw in self.open_sources()]

    def open_targets(self) -> list[Target]:
        """The targets that are neither placed nor asked about."""
        done = self.placed.keys() | self.refused.keys()
        return [self.targets[name] for name in self.writable if name not in done]


def certain(source: str, target: str, confidence: float, reason: str) -> Candidate:
    """A candidate that no value speaks against."""
    return Candidate(Kind.RENAME, target, source, Tier.EXACT, confidence, evidence=(reason,))
