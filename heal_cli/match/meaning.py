"""Tier semantic: what a model of language says of words that the vocabulary does not know.

It comes last and takes nothing away: only columns without a place are looked at. Its word alone is a question at
most; it is weight beside what speaks for a pair already, a word that both names share or values that not any
column would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final, NamedTuple, TypeAlias

from heal_cli.match.apart import Parting, are_listed, may_be_one, part
from heal_cli.match.board import Board
from heal_cli.match.by_likeness import against
from heal_cli.match.concepts import Word
from heal_cli.match.likeness import UNEXPLAINED, similarity
from heal_cli.match.names import Name, parse, spoken
from heal_cli.match.remainder import Context
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

# What is nearest to each other, and neither an opposite nor a sibling that is known, is right as good as always: on
# four sets that nobody had tuned on 62 of 62, on a set of baits 3 of 4. So the model's word passes 0.7 wherever
# another thing speaks for the pair, too: a word in common, or values that not any column would take.
_LEAST: Final = 0.56
_SLOPE: Final = 0.3
_SUREST: Final = 0.85

_PERSONAL: Final = frozenset({"email", "phone", "mobile", "fax"})
"""Words that many people of one table have: of a manager's and an employee's, a model hears the same word first."""

_MET: Final = 0.5  # share of values that the table has already
_ASKED: Final = (*LOOKS, "reference", "naming", "saying", "counting")  # words that values can contradict


class Side(Enum):
    """Where a column stands."""

    SOURCE = "source"
    TARGET = "target"


def add_meaning(matching: Matching, board: Board, nearness: Nearness) -> Matching:
    """The matching, with what the model adds to columns that have no place; all else stays as it is."""
    sources, targets = _open_columns(matching, board)
    if not sources or not targets:
        return matching
    names = tuple(board.said.values()), tuple(parse(column.name) for column in board.table.columns)
    open_ = {(Side.SOURCE, source.raw) for source in sources}
    open_ |= {(Side.TARGET, target.column.name) for target in targets}
    meaning = _Meaning(nearness, *names, frozenset(open_), board.around, board.evidence)
    found = [c for source in sources for target in targets for c in meaning.candidates(source, target)]
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
    around: Context
    evidence: Evidence

    def candidates(self, source: Name, target: Target) -> Iterator[Candidate]:
        """The pair's candidate, if it is near, and nearer than any other pair of either name."""
        named = (target, target.by_comment) if target.by_comment else (target,)
        found = [candidate for other in named for candidate in self._compare(source, other, target.name)]
        if found:
            yield max(found, key=lambda candidate: candidate.confidence)

    def _compare(self, source: Name, target: Target, own: Name) -> Iterator[Candidate]:
        """The candidate that the target is by this name of it, if any; `own` is the one that its column has."""
        near = self._near(source, target.name)
        if near < NEAR or not self._leads(source, own, near):
            return
        parting = part(source, target.name, self.around)
        alike = similarity(source, target.name, self.around)
        if not may_be_one(source, target.name, parting, alike, is_time=target.column.type.base in TIMES):
            return
        verdict = self.evidence.judge(source.raw, target.column, target.name)
        is_against = verdict.fit < MIN_FIT or (verdict.is_evidence and verdict.factor < TEXT_FACTOR)
        is_against = is_against or bool(against(source, target, alike, self.evidence))
        if not is_against and not self._contradicts(source, target, parting):
            yield self._weigh(source, target, parting, near, verdict)

    def _near(self, source: Name, target: Name) -> float:
        """Nearness of the names, as they are written or with all that is known of them in English."""
        written = self.nearness(spoken(source.raw), spoken(target.raw))
        return max(written, self.nearness(_said(source.words), _said(target.words)))

    def _leads(self, source: Name, target: Name, near: float) -> bool:
        """True when no open column of either side is about as near, and none that has its place is nearer."""
        rivals = [
            (Side.TARGET, other.raw, self._near(source, other)) for other in self.targets if other != target
        ]
        rivals += [
            (Side.SOURCE, other.raw, self._near(other, target)) for other in self.sources if other != source
        ]
        return all(
            near - rival >= (LEAD if (side, raw) in self.open else -LEAD) for side, raw, rival in rivals
        )

    def _contradicts(self, source: Name, target: Target, parting: Parting) -> bool:
        """True when the values speak against a word that only one name has: `email`, `number`, `name`."""
        kinds = vocabulary().kinds
        alone = {word.concept for word in parting.words}
        asked = (kind for kind in _ASKED if alone & kinds.get(kind, frozenset((kind,))))
        return any(self.evidence.contradiction(source.raw, target.column, kind) for kind in asked)

    def _weigh(
        self, source: Name, target: Target, parting: Parting, near: float, verdict: Verdict
    ) -> Candidate:
        """The candidate, the surer the nearer; where nothing else speaks for it, a question."""
        is_telling = verdict.is_evidence and (verdict.factor >= 1.0 or self._knows(source, target))
        reason = _against(
            parting, near, is_backed=verdict.is_evidence and (is_telling or _shares_word(parting))
        )
        told = f"meaning {near:.2f}: {spoken(source.raw)} ~ {spoken(target.name.raw)}"
        return Candidate(
            Kind.RENAME,
            target.column.name,
            source.raw,
            Tier.SEMANTIC,
            round(min(_LEAST + _SLOPE * near, UNEXPLAINED if reason else _SUREST), 4),
            evidence=(told, *verdict.reasons, *reason),
            features=Features(near, verdict.fit, verdict.factor),
        )

    def _knows(self, source: Name, target: Target) -> bool:
        """True when the values are among the column's labels, or in the table already."""
        is_listed = bool(self.evidence.labels(target.column))
        return is_listed or self.evidence.known_share(source.raw, target.column) >= _MET


def _against(parting: Parting, near: float, *, is_backed: bool) -> tuple[str, ...]:
    """Why the pair may be a question at most; nothing where it may be more."""
    if near < LISTED and are_listed(parting):
        return ("these are two words to heal",)
    if _PERSONAL & {word.concept for word in parting.shared}:
        return ("whose it is, a model cannot tell",)
    return () if is_backed else ("nothing else speaks for it",)


def _shares_word(parting: Parting) -> bool:
    """True when the names have a word in common that says something."""
    return any(word.weight == 1.0 and not word.text.isdigit() for word in parting.shared)


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
