"""Tier semantic: what a model of language says of words that the vocabulary does not know.

It comes last and takes nothing away: only columns without a place are looked at. Its word alone is a question at
most; it is weight beside what speaks for a pair already, a word that both names share or values that not any
column would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from itertools import chain
from typing import Final, NamedTuple, TypeAlias

from heal_cli.match.apart import Parting, are_listed, may_be_one, part, saying
from heal_cli.match.board import Board
from heal_cli.match.by_likeness import against
from heal_cli.match.concepts import Word
from heal_cli.match.likeness import UNEXPLAINED, similarity
from heal_cli.match.names import Name, parse, spoken
from heal_cli.match.ranges import NUMBERS
from heal_cli.match.shapes import LOOKS
from heal_cli.match.tiers import Target
from heal_cli.match.values import MIN_FIT, TEXT_FACTOR, TIMES, Evidence, Verdict
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, ColumnMatch, Features, Kind, Matching, TableSchema, Tier

Nearness: TypeAlias = Callable[[str, str], float]
"""How near two phrases are in meaning (0-1), of whatever languages the model knows."""

NEAR: Final = 0.5
"""Nearness from which the tier has an opinion."""

LEAD: Final = 0.05
"""How much nearer a pair has to be than either name is to any open column of the other side; a column that has its
place may be nearer by as much."""

LISTED: Final = 0.75
"""Nearness from which two words that the vocabulary knows, and not as one, may be one all the same."""

# What is nearest to each other, and neither an opposite nor a sibling that is known, is right as good as always: of 58
# matches in five sets that nobody had looked into, 57. So the model's word passes 0.7 wherever another thing speaks
# for the pair, too: a word in common, or values that not any column would take.
_LEAST: Final = 0.56
_SLOPE: Final = 0.3
_SUREST: Final = 0.85

_MOST_PAIRS: Final = 10_000
"""Open pairs of which the model is asked: a hundred columns with a hundred take seconds, a thousand minutes."""

_PERSONAL: Final = frozenset({"email", "phone", "mobile", "fax"})
"""Words that many people of one table have: of a manager's and an employee's, a model hears the same word first."""

_MET: Final = 0.5  # share of values that the table has already
_ASKED: Final = (*LOOKS, "reference", "naming", "saying", "counting")  # words that values can contradict


class Side(Enum):
    """Where a column stands."""

    SOURCE = "source"
    TARGET = "target"


def add_meaning(matching: Matching, board: Board, nearness: Nearness) -> Matching:
    """The matching, with what the model adds to columns that have no place; all else stays as it is.

    The model is not asked where nothing could come of it but questions about columns that may stay empty, and not
    of two tables that have next to nothing in common.
    """
    sources, targets = _open_columns(matching, board)
    if len(sources) * len(targets) > _MOST_PAIRS:
        return matching
    pairs = [pair for source in sources for target in targets for pair in _pairs(source, target, board)]
    if not any(pair.is_backed or pair.target.column.is_required for pair in pairs):
        return matching
    names = tuple(board.said.values()), tuple(parse(column.name) for column in board.table.columns)
    open_ = {(Side.SOURCE, source.raw) for source in sources}
    open_ |= {(Side.TARGET, target.column.name) for target in targets}
    found = _surest(_Meaning(nearness, *names, frozenset(open_)).candidates(pairs))
    votes = [_vote(candidate, (*found, *_asked(matching)), board) for candidate in found]
    return _joined(matching, votes, board.table)


def _open_columns(matching: Matching, board: Board) -> tuple[list[Name], list[Target]]:
    """What has no place yet, and of which nothing was learned that this tier could go against."""
    learned = board.past.learned
    sources = sorted(set(matching.unmatched_source).difference(each.source for each in learned))
    targets = sorted(set(matching.unmatched_target).difference(each.target for each in learned))
    return (
        [board.said[name] for name in sources],
        [board.targets[name] for name in targets if name in board.targets],
    )


def _asked(matching: Matching) -> tuple[Candidate, ...]:
    """What the other tiers have of their own for open columns: too little to place them, but rivals."""
    return tuple(match.winner for match in matching.refused)


class _Vote(NamedTuple):
    """What became of a candidate: the match, and why it is none; empty where it is one."""

    match: ColumnMatch
    reason: str


def _vote(candidate: Candidate, others: Sequence[Candidate], board: Board) -> _Vote:
    """The vote on a candidate among all that have its source or its target."""
    touching = [c for c in others if c.source == candidate.source or c.target == candidate.target]
    decision = board.vote(touching)
    best, second = decision.best, decision.runner_up
    match = ColumnMatch(candidate.target, candidate, second if best == candidate else best, decision.votes)
    if decision.reason:
        return _Vote(match, decision.reason)
    if best is not None and best != candidate:
        return _Vote(match, f"{best.source!r} is surer as {best.target!r}")
    return _Vote(match, board.experience(candidate, match.margin))


class _Pair(NamedTuple):
    """Two open columns of which neither names nor values say that they are two things.

    Attributes:
        target: By its name, or by what its comment calls it.
        own: The name that the target's column has.
        doubt: Why the pair may be a question at most, whatever the model says; empty where it may be more.
    """

    source: Name
    target: Target
    own: Name
    parting: Parting
    verdict: Verdict
    doubt: str

    @property
    def is_backed(self) -> bool:
        """Something else speaks for it, too."""
        return not self.doubt


def _pairs(source: Name, target: Target, board: Board) -> Iterator[_Pair]:
    """The pair by each name that the target has, where it may be one."""
    for named in (target, target.by_comment) if target.by_comment else (target,):
        parting = part(source, named.name, board.around)
        alike = similarity(source, named.name, board.around)
        if not may_be_one(source, named.name, parting, alike, is_time=target.column.type.base in TIMES):
            continue
        if target.column.type.base in NUMBERS and not saying(parting.right):
            continue  # engaged sessions are some of the sessions
        verdict = board.evidence.judge(source.raw, target.column, named.name)
        if verdict.fit < MIN_FIT or (verdict.is_evidence and verdict.factor < TEXT_FACTOR):
            continue
        objection = against(source, named, alike, board.evidence)
        if not objection and not _contradicts(source, target, parting, board.evidence):
            doubt = _doubt(source, target, parting, verdict, board.evidence)
            yield _Pair(source, named, target.name, parting, verdict, doubt)


def _contradicts(source: Name, target: Target, parting: Parting, evidence: Evidence) -> bool:
    """True when the values speak against a word that only one name has: `email`, `number`, `name`."""
    kinds = vocabulary().kinds
    alone = {word.concept for word in parting.words}
    asked = (kind for kind in _ASKED if alone & kinds.get(kind, frozenset((kind,))))
    return any(evidence.contradiction(source.raw, target.column, kind) for kind in asked)


def _doubt(source: Name, target: Target, parting: Parting, verdict: Verdict, evidence: Evidence) -> str:
    """Why the model's word would not do."""
    if _PERSONAL & {word.concept for word in parting.shared}:
        return "whose it is, a model cannot tell"
    shares_word = any(
        word.weight == 1.0 and word.concept != "by" and not word.text.isdigit() for word in parting.shared
    )
    is_telling = verdict.factor >= 1.0 or _knows(source, target, evidence)
    return "" if verdict.is_evidence and (shares_word or is_telling) else "nothing else speaks for it"


def _knows(source: Name, target: Target, evidence: Evidence) -> bool:
    """True when the values are among the column's labels, or in the table already."""
    return bool(evidence.labels(target.column)) or evidence.known_share(source.raw, target.column) >= _MET


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the model says of pairs.

    Attributes:
        sources: All names of the source, those with a place among them: a nearer one is a rival all the same.
        targets: All names of the table.
        open: The columns of either side that have no place.
    """

    nearness: Nearness
    sources: tuple[Name, ...]
    targets: tuple[Name, ...]
    open: frozenset[tuple[Side, str]]

    def candidates(self, pairs: Iterable[_Pair]) -> Iterator[Candidate]:
        """Of each pair that is near, and nearer than any other pair of either name: the surer the nearer."""
        for pair in pairs:
            near = self._near(pair.source, pair.target.name)
            if near >= NEAR and self._leads(pair.source, pair.own, near):
                yield _candidate(pair, near)

    def _near(self, source: Name, target: Name) -> float:
        """Nearness of the names, as they are written or with all that is known of them in English."""
        written = self.nearness(spoken(source.raw), spoken(target.raw))
        return max(written, self.nearness(_said(source.words), _said(target.words)))

    def _leads(self, source: Name, target: Name, near: float) -> bool:
        """True when no open column of either side is about as near, and none that has its place is nearer."""
        rivals = chain(
            ((Side.TARGET, name.raw, source, name) for name in self.targets if name != target),
            ((Side.SOURCE, name.raw, name, target) for name in self.sources if name != source),
        )
        return all(  # one is enough: of a thousand columns the first is soon found
            near - self._near(one, other) >= (LEAD if (side, raw) in self.open else -LEAD)
            for side, raw, one, other in rivals
        )


def _candidate(pair: _Pair, near: float) -> Candidate:
    """The candidate; a question where something is in doubt."""
    doubt = "these are two words to heal" if near < LISTED and are_listed(pair.parting) else pair.doubt
    told = f"meaning {near:.2f}: {spoken(pair.source.raw)} ~ {spoken(pair.target.name.raw)}"
    return Candidate(
        Kind.RENAME,
        pair.target.column.name,
        pair.source.raw,
        Tier.SEMANTIC,
        round(min(_LEAST + _SLOPE * near, UNEXPLAINED if doubt else _SUREST), 4),
        evidence=(told, *pair.verdict.reasons, *((doubt,) if doubt else ())),
        features=Features(near, pair.verdict.fit, pair.verdict.factor),
    )


def _surest(candidates: Iterable[Candidate]) -> list[Candidate]:
    """One candidate of each pair: a column has a name, and may have another by its comment."""
    best: dict[tuple[str | None, str], Candidate] = {}
    for candidate in candidates:
        fix = candidate.source, candidate.target
        if fix not in best or best[fix].confidence < candidate.confidence:
            best[fix] = candidate
    return list(best.values())


def _joined(matching: Matching, votes: Sequence[_Vote], table: TableSchema) -> Matching:
    """The matching with what was decided, and with a question where a column had none."""
    placed = {vote.match.target: vote.match for vote in votes if not vote.reason}
    asked = {match.target: match for match in matching.refused if match.target not in placed}
    for match, reason in sorted(votes, key=lambda vote: -vote.match.winner.confidence):
        if reason and match.target not in placed:
            winner = replace(match.winner, evidence=(*match.winner.evidence, reason))
            asked.setdefault(match.target, replace(match, winner=winner))
    matches = {match.target: match for match in matching.matches} | placed
    taken = {match.winner.source for match in placed.values()}
    order = [column.name for column in table.columns]
    return Matching(
        matches=tuple(matches[name] for name in order if name in matches),
        unmatched_source=tuple(name for name in matching.unmatched_source if name not in taken),
        unmatched_target=tuple(name for name in matching.unmatched_target if name not in placed),
        refused=tuple(asked[name] for name in order if name in asked),
    )


def _said(words: Sequence[Word]) -> str:
    """The words as a phrase, abbreviations and other languages written out in English."""
    return " ".join(word.concept for word in words)
