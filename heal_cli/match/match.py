"""Source columns x target columns -> one `Matching`.

What is certain goes first and is no matter of degree: `--map`, then equal names, then names equal but
for case, separators and accents. All others are one assignment over all pairs, after which every pair
still has to stand out from its rivals. Columns are handled in order of their names throughout, so the
order in which source or table list them never shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeAlias

import polars as pl

from heal_cli.match.by_names import ByNames
from heal_cli.match.cells import Cells, Pair, Pairs, surest_first
from heal_cli.match.ensemble import Decision, decide
from heal_cli.match.explicit import check_renames, is_writable
from heal_cli.match.fallback import may_fill_in, never_contradict
from heal_cli.match.learned import Learned, Recall
from heal_cli.match.likeness import UNEXPLAINED, context
from heal_cli.match.made import cut_names, made_from
from heal_cli.match.meaning import Meaning, Nearness
from heal_cli.match.names import Name, parse
from heal_cli.match.position import by_position
from heal_cli.match.remainder import Context
from heal_cli.match.tiers import (
    FLOOR,
    Pattern,
    Target,
    by_default,
    by_likeness,
    by_pattern,
    named_alike,
)
from heal_cli.match.values import Evidence, Fit
from heal_cli.model import (
    ROW,
    Candidate,
    ColumnMatch,
    Kind,
    KnownValues,
    Matching,
    MatchOptions,
    TableSchema,
    Tier,
)

EXACT: Final = 1.0
NORMALISED: Final = 0.98
POSITION: Final = 0.9
CUT: Final = "PostgreSQL takes 63 bytes of the name"

Expects: TypeAlias = Callable[[Candidate, float], float]
"""Chance (0-1) that a candidate holds that won by that margin."""


def match_columns(
    sample: pl.DataFrame,
    table: TableSchema,
    *,
    patterns: Sequence[Pattern],
    options: MatchOptions,
    fit: Fit,
    confidences: Mapping[str, float] | None = None,
    known: Mapping[str, KnownValues] | None = None,
    learned: Sequence[Learned] = (),
    expects: Expects | None = None,
    nearness: Nearness | None = None,
    is_nameless: bool = False,
) -> Matching:
    """Where every target column gets its values, and which columns stay open.

    Args:
        sample: ROW and source columns; all values of the rows at hand, text or typed.
        patterns: The catalogue's entries; only renames, mappings and defaults matter here.
        fit: Share of a series' non-null values that convert to a type.
        confidences: Pattern id -> confidence learned from trials, in place of the prior.
        known: Column -> what the table holds already, where that is known.
        learned: What earlier runs taught about this table and this shape.
        expects: What earlier matches say of new ones; it holds candidates back, and never helps one.
        nearness: A model of language, asked for columns that all else leaves open; None to do without.
        is_nameless: The source has no header, so that only the order of its columns says what they are.

    Returns:
        Matches in the table's order; `refused` holds one question for each open target column that
        has a candidate, the reason last in the evidence of its `winner`.

    Raises:
        UsageError: `options.renames` names a column that is missing, twice used or not writable.
    """
    past = (confidences or {}, known or {}, tuple(learned), expects)
    board = _Board(sample, table, tuple(patterns), options, fit, *past, nearness)
    board.place_explicit()
    if is_nameless and not options.renames:
        board.place_by_position()
    board.place_named()
    board.place_made()
    board.place_normalised()
    board.place_assigned()
    board.add_fallbacks()
    board.place_defaults()
    return board.matching()


@dataclass
class _Board:
    """The state of one matching: what is placed, what is asked, what is open."""

    sample: pl.DataFrame
    table: TableSchema
    patterns: tuple[Pattern, ...]
    options: MatchOptions
    fit: Fit
    confidences: Mapping[str, float]
    known: Mapping[str, KnownValues]
    learned: tuple[Learned, ...]
    expects: Expects | None = None
    nearness: Nearness | None = None
    placed: dict[str, ColumnMatch] = field(default_factory=dict)  # by target
    refused: dict[str, ColumnMatch] = field(default_factory=dict)  # by target
    asked: set[str] = field(default_factory=set)  # sources that wait for an answer

    def __post_init__(self) -> None:
        self.sources = {name: parse(name) for name in sorted(self.sample.columns) if name != ROW}
        columns = sorted(self.table.columns, key=lambda column: column.name)
        self.targets = {c.name: Target(c, parse(c.name)) for c in columns if is_writable(c, self.options)}
        self.evidence = Evidence(self.sample, self.table, self.fit, self.known)

    @cached_property
    def around(self) -> Context:
        """What source and table as a whole say about single words."""
        return context(self.sources.values(), (t.name for t in self.targets.values()), self.table.name)

    @cached_property
    def by_names(self) -> ByNames:
        """Patterns by names; taking their names apart is spared where every column is certain."""
        return ByNames(self.patterns)

    # ------------------------------------------------------------------- what is certain

    def place_explicit(self) -> None:
        """`--map`, and the columns made for sources that had none, stand above everything."""
        check_renames(self.options, tuple(self.sources), self.table)
        for source, target in self.options.renames:
            self._place(_certain(source, target, EXACT, "named with --map"))
        for source, target in self.options.added:
            if target in self.targets:
                self._place(_certain(source, target, EXACT, "made by --unknown-columns add"))

    def place_by_position(self) -> None:
        """The columns of a source without header, all of them or none."""
        sources = [name for name in self.sample.columns if name != ROW]
        columns = [column for column in self.table.columns if column.name in self.targets]
        reason = "by position: there is no header, and all values fit"
        for source, column in by_position(sources, columns, self.evidence):
            self._place(_certain(source, column.name, POSITION, reason))

    def place_named(self) -> None:
        """Equal names."""
        for name in self._open_sources():
            if name in self.targets and name not in self.placed:
                self._place(_certain(name, name, EXACT, "same name"))

    def place_made(self) -> None:
        """What `--create` made of these columns, and names that PostgreSQL has cut."""
        made = made_from([name for name in self.sample.columns if name != ROW], self.table)
        for source in self._open_sources():
            if source in made and made[source] in {t.column.name for t in self._open_targets()}:
                self._place(_certain(source, made[source], NORMALISED, "the name that --create gives it"))
        for names in cut_names(self._open_sources(), {t.column.name for t in self._open_targets()}):
            first = _certain(names.sources[0], names.target, NORMALISED, CUT)
            if names.is_certain:
                self._place(first)
                continue
            self.asked |= set(names.sources)
            self._refuse(first, None, "other names and columns begin with the same 63 bytes")

    def place_normalised(self) -> None:
        """Names equal but for case, separators and accents; two that contradict each other are a question."""
        for key in sorted({target.name.key for target in self._open_targets()} - {""}):
            targets = [target for target in self._open_targets() if target.name.key == key]
            sources = [name for name in self._open_sources().values() if name.key == key]
            pairs = [
                _certain(source.raw, target.column.name, NORMALISED, "same name but for spelling")
                for target in targets
                for source in sorted(sources, key=self._fullest)
            ]
            if not pairs:
                continue
            first = pairs[0].source or ""
            agree = all(never_contradict(self.sample, first, s.raw) for s in sources if s.raw != first)
            if len(targets) == 1 and agree:
                self._place(pairs[0])
                continue
            self.asked |= {source.raw for source in sources}
            for target in targets:
                mine = [pair for pair in pairs if pair.target == target.column.name]
                rival = next(pair for pair in (*mine, *pairs) if pair != mine[0])
                self._refuse(mine[0], rival, f"{rival.source!r} as {rival.target!r} is as likely")

    # ------------------------------------------------------------------- what is likely

    def place_assigned(self) -> None:
        """All other pairs at once: the best assignment, then threshold and margin for each pair."""
        cells = self._cells()
        pairs = cells.assignment(self.options.min_confidence)
        while True:
            decisions = {pair: self._decide(pair, cells, pairs) for pair in pairs}
            standing = [
                pair
                for pair in pairs
                if _takes(decisions[pair], pair) and not self._experience(decisions[pair])
            ]
            if len(standing) == len(pairs):
                break
            pairs = Pairs(standing)
        for pair in pairs:
            self._place(cells.best(pair), decisions[pair].runner_up, decisions[pair].votes)
        if self.nearness is not None:
            cells = self._place_meant(self.nearness, cells, pairs)
        self._ask(cells, pairs)

    def _cells(self) -> Cells:
        """Candidates of all tiers for every open pair that has any worth a question."""
        wanted = self.options.min_confidence
        sources = self._open_sources().values()
        found: dict[Pair, list[Candidate]] = {}
        for target in self._open_targets():
            for source in sources:
                candidates = [
                    *self._known(source, target),
                    *by_likeness(source, target, self.around, self.evidence, min_confidence=wanted),
                ]
                worthy = [candidate for candidate in candidates if candidate.confidence >= FLOOR]
                if worthy:
                    found[source.raw, target.column.name] = worthy
        targets = {target.column.name: target for target in self._open_targets()}
        Recall(self.learned, frozenset(self._open_sources()), targets).add_to(found, self.evidence)
        return Cells(found)

    def _place_meant(self, nearness: Nearness, cells: Cells, pairs: Pairs) -> Cells:
        """Pairs that stand by their meaning and by what backs it; what was placed stays, and what stands in for it."""
        placed = [self.targets[target] for target in self.placed]
        sources = self._open_sources().values()
        free = [name for name in sources if not any(self._stand_ins(name, target) for target in placed)]
        names = tuple(target.name for target in self.targets.values())
        meaning = Meaning(nearness, tuple(self.sources.values()), names, self.around, self.evidence)
        cells = cells.joined(meaning.candidates(free, self._open_targets()))
        meant = {pair: self._decide(pair, cells, pairs) for pair in cells.of_tier(Tier.SEMANTIC)}
        for pair, decision in meant.items():
            is_meant = decision.winner is not None and decision.winner.tier is Tier.SEMANTIC
            if is_meant and _takes(decision, pair) and not self._experience(decision):
                self._place(cells.best(pair), decision.runner_up, decision.votes)
        return cells

    def _known(self, source: Name, target: Target) -> Iterator[Candidate]:
        """Candidates by spelling and by pattern."""
        yield from named_alike(source, target, self.evidence)
        patterns = self.by_names.of(source, target.name)
        if patterns:
            yield from by_pattern(source, target, self.table, patterns, self.confidences, self.evidence)

    def _decide(self, pair: Pair, cells: Cells, pairs: Pairs) -> Decision:
        """The vote on a pair among its own candidates and those of its rivals in row and column."""
        rivals = [other for other in cells.rivals(pair) if not self._is_settled(other, pair, cells, pairs)]
        candidates = [candidate for one in (pair, *rivals) for candidate in cells.candidates(one)]
        return self._vote(candidates)

    def _is_settled(self, rival: Pair, pair: Pair, cells: Cells, pairs: Pairs) -> bool:
        """True when a rival is none: it clearly belongs elsewhere, or may stand in for the pair's source."""
        if cells.belongs_elsewhere(rival, pair, pairs, self.options.min_margin):
            return True
        stands_in = rival[1] == pair[1] and cells.best(rival).tier not in (Tier.FUZZY, Tier.SEMANTIC)
        return stands_in and never_contradict(self.sample, pair[0], rival[0])

    def _vote(self, candidates: Iterable[Candidate]) -> Decision:
        return decide(
            candidates,
            strategy=self.options.strategy,
            min_confidence=self.options.min_confidence,
            min_margin=self.options.min_margin,
        )

    def _experience(self, decision: Decision) -> str:
        """What earlier matches say against a winner; empty when they do not."""
        if decision.winner is None or self.expects is None:
            return ""
        rival = decision.runner_up
        margin = decision.winner.confidence - rival.confidence if rival else 1.0
        chance, wanted = self.expects(decision.winner, margin), self.options.min_confidence
        return f"of matches like it, {chance:.2f} held here, under {wanted:.2f}" if chance < wanted else ""

    def _ask(self, cells: Cells, pairs: Pairs) -> None:
        """A question for each target column that stays open although it has a candidate."""
        sources = self._open_sources()
        for target in self._open_targets():
            waiting = [pair for pair in cells.of_target(target.column.name) if pair[0] in sources]
            if not waiting:
                continue
            pair = min(waiting, key=lambda pair: surest_first(cells.best(pair)))
            decision = self._decide(pair, cells, pairs)
            surer = f"{pair[0]!r} is surer as {decision.best.target!r}" if decision.best else ""
            reason = decision.reason or self._experience(decision) or surer
            self._refuse(cells.best(pair), decision.runner_up, reason, decision.votes)

    # ------------------------------------------------------------------- what is left

    def add_fallbacks(self) -> None:
        """Renames for rows that lack the direct column: only by equal name or pattern, never by likeness."""
        for name in self._open_sources().values():
            found = [
                candidate
                for match in self.placed.values()
                for candidate in self._stand_ins(name, self.targets[match.target])
                if candidate.confidence >= self.options.min_confidence
                and may_fill_in(self.sample, match.winner.source or "", name.raw)
            ]
            if found and len({candidate.target for candidate in found}) == 1:
                best = min(found, key=surest_first)
                match = self.placed[best.target]
                fallbacks = sorted((*match.fallbacks, best), key=surest_first)
                self.placed[best.target] = replace(match, fallbacks=tuple(fallbacks))

    def _stand_ins(self, source: Name, target: Target) -> list[Candidate]:
        if source.key and source.key == target.name.key:
            return [_certain(source.raw, target.column.name, NORMALISED, "same name but for spelling")]
        return list(self._known(source, target))

    def place_defaults(self) -> None:
        """Values for NOT NULL columns without a source, unless a source is in question."""
        for target in self._open_targets():
            question = self.refused.get(target.column.name)
            asked = question.winner if question else None
            likely = asked and asked.confidence > UNEXPLAINED and asked.tier is not Tier.SEMANTIC
            if not target.column.is_required or likely:
                continue
            found = list(by_default(target, self.table, self.patterns, self.confidences, self.evidence))
            decision = self._vote(found)
            if decision.winner is not None:
                runner_up = question.winner if question else None
                self.refused.pop(target.column.name, None)
                self._place(decision.winner, runner_up, decision.votes)
            elif decision.best is not None and question is None:
                self._refuse(decision.best, None, decision.reason)

    def matching(self) -> Matching:
        """What was decided, in the order of table and source."""
        order = [column.name for column in self.table.columns]
        used = self._used()
        return Matching(
            matches=tuple(self.placed[name] for name in order if name in self.placed),
            unmatched_source=tuple(n for n in self.sample.columns if n != ROW and n not in used),
            unmatched_target=tuple(n for n in order if n not in self.placed),
            refused=tuple(self.refused[name] for name in order if name in self.refused),
        )

    # ------------------------------------------------------------------- bookkeeping

    def _place(
        self, winner: Candidate, runner_up: Candidate | None = None, votes: tuple[Candidate, ...] = ()
    ) -> None:
        self.placed[winner.target] = ColumnMatch(winner.target, winner, runner_up, votes or (winner,))

    def _refuse(
        self,
        winner: Candidate,
        runner_up: Candidate | None,
        reason: str,
        votes: tuple[Candidate, ...] = (),
    ) -> None:
        asked = replace(winner, evidence=(*winner.evidence, reason))
        self.refused[winner.target] = ColumnMatch(winner.target, asked, runner_up, votes)

    def _used(self) -> set[str | None]:
        return {c.source for match in self.placed.values() for c in (match.winner, *match.fallbacks)}

    def _open_sources(self) -> dict[str, Name]:
        used = self._used() | self.asked
        return {raw: name for raw, name in self.sources.items() if raw not in used}

    def _open_targets(self) -> list[Target]:
        done = self.placed.keys() | (self.refused.keys())
        return [target for name, target in self.targets.items() if name not in done]

    def _fullest(self, source: Name) -> tuple[int, str]:
        return -self.evidence.profile(source.raw).filled, source.raw


def _certain(source: str, target: str, confidence: float, reason: str) -> Candidate:
    return Candidate(Kind.RENAME, target, source, Tier.EXACT, confidence, evidence=(reason,))


def _takes(decision: Decision, pair: tuple[str, str]) -> bool:
    winner = decision.winner
    return winner is not None and (winner.source, winner.target) == pair
