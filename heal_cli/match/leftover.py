"""What the matches leave: fallbacks for rows that lack the direct column, defaults for columns without a source."""

from __future__ import annotations

from dataclasses import replace

from heal_cli.match.board import NORMALISED, Board, certain
from heal_cli.match.by_pattern import by_default
from heal_cli.match.cells import surest_first
from heal_cli.match.fallback import may_fill_in
from heal_cli.match.likeness import UNEXPLAINED
from heal_cli.match.names import Name
from heal_cli.match.tiers import Target
from heal_cli.model import Candidate


def add_fallbacks(board: Board) -> None:
    """Renames for rows that lack the direct column: only by equal name or pattern, never by likeness."""
    for name in board.open_sources().values():
        found = [
            candidate
            for match in board.placed.values()
            for candidate in _stand_ins(board, name, board.targets[match.target])
            if candidate.confidence >= board.options.min_confidence
            and may_fill_in(board.sample, match.winner.source or "", name.raw)
        ]
        if found and len({candidate.target for candidate in found}) == 1:
            best = min(found, key=surest_first)
            match = board.placed[best.target]
            fallbacks = sorted((*match.fallbacks, best), key=surest_first)
            board.placed[best.target] = replace(match, fallbacks=tuple(fallbacks))


def _stand_ins(board: Board, source: Name, target: Target) -> list[Candidate]:
    """Candidates that may fill in where the target's own source is empty."""
    if source.key and source.key == target.name.key:
        return [certain(source.raw, target.column.name, NORMALISED, "same name but for spelling")]
    return list(board.known_candidates(source, target))


def place_defaults(board: Board) -> None:
    """Values for NOT NULL columns without a source, unless a source is in question."""
    for target in board.open_targets():
        question = board.refused.get(target.column.name)
        likely = question is not None and question.winner.confidence > UNEXPLAINED
        if not target.column.is_required or likely:
            continue
        found = list(by_default(target, board.table, board.patterns, board.past.confidence, board.evidence))
        decision = board.vote(found)
        if decision.winner is not None:
            runner_up = question.winner if question else None
            board.refused.pop(target.column.name, None)
            board.place(decision.winner, runner_up, decision.votes)
        elif decision.best is not None and question is None:
            board.refuse(decision.best, None, decision.reason)
