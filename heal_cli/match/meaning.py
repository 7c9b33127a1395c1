"""Tier semantic: what a model of language says of words that the vocabulary does not know.

It comes last and takes nothing away: only columns without a place are looked at. Its word alone is a question at
most; it is weight beside what speaks for a pair already, a word that both names share or values that not any
column would take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

from heal_cli.match.apart import Parting, are_listed, is_open, part, saying
from heal_cli.match.board import Board
from heal_cli.match.concepts import Word
from heal_cli.match.likeness import UNEXPLAINED
from heal_cli.match.names import Name, parse
from heal_cli.match.remainder import Context
from heal_cli.match.shapes import LOOKS
from heal_cli.match.tiers import Target
from heal_cli.match.values import MIN_FIT, TEXT_FACTOR, TIMES, Evidence, Verdict
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, ColumnMatch, Features, Kind, Matching, TableSchema, Tier

Nearness: TypeAlias = Callable[[str, str], float]
"""How near two phrases are in meaning (0-1); 0 where the model does not know a word of them."""

NEAR: Final = 0.6
"""Nearness from which the tier has an opinion: under it, as many of its questions are idle as are right."""

LEAD: Final = 0.1
"""How much nearer a pair has to be than either name is to any other column of the other side."""

SUREST: Final = 0.85

# What speaks for a pair, as the share of doubt that it takes away; the model's own share is its nearness less 0.2.
# Measured on lists of synonyms, opposites, siblings and words of one topic: of those that no list keeps apart, as
# many are near by half as mean the same, and only from 0.8 on hardly any is another thing. So a pair passes 0.7
# from there with a word in common that says what the column is, and from 0.85 with `name` in common or with
# numbers that fit; all others are questions.
_OVERSTATED: Final = 0.2
_SPECIFIC: Final = 0.25
_GENERIC: Final = 0.15
_LISTED: Final = 0.5  # values among the column's labels, or in the table already
_FITTING: Final = 0.15
_MET: Final = 0.5  # share of values that the table has already

_KINDS: Final = ("reference", "naming", "saying", "place", "unit", "counting", "mild", "generic")
_ASKED: Final = (*LOOKS, "reference", "naming", "saying", "counting")  # words that values can contradict


def add_meaning(matching: Matching, board: Board, nearness: Nearness) -> Matching:
    """The matching, with what the model adds to columns that have no place; all else stays as it is."""
    sources, targets = _open_columns(matching, board)
    if not sources or not targets:
        return matching
    names = tuple(board.said.values()), tuple(parse(column.name) for column in board.table.columns)
    meaning = _Meaning(nearness, *names, board.around, board.evidence)
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
    """

    nearness: Nearness
    sources: tuple[Name, ...]
    targets: tuple[Name, ...]
    around: Context
    evidence: Evidence

    def candidates(self, source: Name, target: Target) -> Iterator[Candidate]:
        """The pair's candidate, if it is near, and nearer than any other pair of either name."""
        names = (target.name, target.by_comment.name) if target.by_comment else (target.name,)
        found = [candidate for name in names for candidate in self._compare(source, target, name)]
        if found:
            yield max(found, key=lambda candidate: candidate.confidence)

    def _compare(self, source: Name, target: Target, name: Name) -> Iterator[Candidate]:
        """The candidate that the target is by this name of it, if any."""
        parting, column = part(source, name, self.around), target.column
        if not is_open(source, name, parting, is_time=column.type.base in TIMES):
            return
        near = self._near(source, name)
        if near < NEAR or not self._leads(source, target.name, near):
            return
        verdict = self.evidence.judge(source.raw, column, target.name)
        is_against = verdict.is_evidence and verdict.factor < TEXT_FACTOR
        if verdict.fit >= MIN_FIT and not is_against and not self._contradicts(source, target, parting):
            yield self._weigh(source, target, parting, near, verdict)

    def _near(self, source: Name, name: Name) -> float:
        """Nearness of the names, or of the words that only one of them has: shared words flatter."""
        parting = part(source, name, self.around)
        whole = self.nearness(_said(source.words), _said(name.words))
        if whole < NEAR or not parting.shared:
            return whole
        left, right = saying(parting.left), saying(parting.right)
        if not left or not right:
            return 0.0 if left or right else 1.0
        return min(whole, self.nearness(_said(left), _said(right)))

    def _leads(self, source: Name, target: Name, near: float) -> bool:
        """True when no other column of either side is about as near."""
        rivals = [(source, other) for other in self.targets if other != target]
        rivals += [(other, target) for other in self.sources if other != source]
        return all(self._near(*rival) + LEAD <= near for rival in rivals)

    def _contradicts(self, source: Name, target: Target, parting: Parting) -> bool:
        """True when the values speak against a word that only one name has: `email`, `number`, `name`."""
        kinds = vocabulary().kinds
        alone = {word.concept for word in parting.words}
        asked = (kind for kind in _ASKED if alone & kinds.get(kind, frozenset((kind,))))
        return any(self.evidence.contradiction(source.raw, target.column, kind) for kind in asked)

    def _weigh(
        self, source: Name, target: Target, parting: Parting, near: float, verdict: Verdict
    ) -> Candidate:
        """The candidate: what speaks for it takes doubt away, share by share; the model's word alone is a question."""
        by_name, by_values = _by_name(parting), self._by_values(source, target, verdict)
        chance = 1 - (1 - near + _OVERSTATED) * (1 - by_name) * (1 - by_values)
        against = _against(parting, is_backed=verdict.is_evidence and bool(by_name or by_values))
        told = f"meaning {near:.2f}: {_said(saying(parting.left))} ~ {_said(saying(parting.right))}"
        return Candidate(
            Kind.RENAME,
            target.column.name,
            source.raw,
            Tier.SEMANTIC,
            round(min(chance, UNEXPLAINED if against else SUREST), 4),
            evidence=(told, *verdict.reasons, *against),
            features=Features(near, verdict.fit, verdict.factor),
        )

    def _by_values(self, source: Name, target: Target, verdict: Verdict) -> float:
        """How much the values say; nothing where any value would fit."""
        if not verdict.is_evidence or verdict.factor < 1.0:
            return 0.0
        is_listed = bool(self.evidence.labels(target.column))
        is_listed = is_listed or self.evidence.known_share(source.raw, target.column) >= _MET
        return _LISTED if is_listed else _FITTING


def _against(parting: Parting, *, is_backed: bool) -> tuple[str, ...]:
    """Why the pair may be a question at most; nothing where it may be more."""
    if are_listed(parting):
        return ("these are two words to heal",)
    return () if is_backed else ("nothing else speaks for it",)


def _by_name(parting: Parting) -> float:
    """How much the words say that both names have: `name` or `id` says little about whose it is."""
    kinds = vocabulary().kinds
    shared = [word for word in parting.shared if word.weight == 1.0 and not word.text.isdigit()]
    specific = [word for word in shared if not any(word.concept in kinds[kind] for kind in _KINDS)]
    return _SPECIFIC if specific else _GENERIC if shared else 0.0


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
