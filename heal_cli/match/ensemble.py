"""The vote: which of several proposed fixes is taken, or why none is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, TypeAlias

import polars as pl

from heal_cli.model import Candidate, Tier

Strategy: TypeAlias = Literal["weighted", "majority", "unanimous"]

VOTE_FLOOR: Final = 0.5
"""Confidence under which a tier has no opinion and does not vote."""

_TIERS: Final = tuple(Tier)
_DIGITS: Final = 9  # kept when margins are compared, for 0.95 - 0.85 is a margin of 0.1


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of the vote.

    Attributes:
        winner: The candidate taken; None when nothing was.
        best: The surest candidate, taken or not; None when there was none.
        runner_up: The surest candidate of another fix.
        votes: The best candidate of every tier that has an opinion, cheapest tier first.
        reason: Why nothing was taken, for people; empty otherwise.
    """

    winner: Candidate | None
    best: Candidate | None
    runner_up: Candidate | None
    votes: tuple[Candidate, ...]
    reason: str = ""


def decide(
    candidates: Iterable[Candidate], *, strategy: Strategy, min_confidence: float, min_margin: float
) -> Decision:
    """One decision among candidates of all tiers; the order they come in does not matter.

    A fix is a pair of source and target. The surest tier speaks for it. Whatever the strategy, the fix
    needs `min_confidence`, and `min_margin` over every other fix. Beyond that `weighted` asks nothing,
    `majority` that more than half of the tiers with an opinion have this fix as their best, `unanimous`
    that all of them do.
    """
    ranked = sorted(candidates, key=_rank)
    if not ranked:
        return Decision(None, None, None, (), "nothing fits")
    best = ranked[0]
    runner_up = next((other for other in ranked if _fix(other) != _fix(best)), None)
    votes = _votes(ranked)
    reason = _objection(best, runner_up, votes, strategy, min_confidence, min_margin)
    return Decision(None if reason else best, best, runner_up, votes, reason)


def ensemble_decision(
    candidates: Iterable[Candidate],
    rows: pl.DataFrame | Iterable[Mapping[str, Any]],
    *,
    strategy: Strategy = "weighted",
    min_confidence: float = 0.7,
    min_margin: float = 0.1,
) -> Decision:
    """The vote on candidates for one target, each weighed by the rows that have a value for it.

    Args:
        rows: A frame, or a mapping for each row; null and an absent key are no value.

    Returns:
        The decision; confidences are those given, times the share of rows with a value where that is
        under 1. A default needs no rows. Without rows nothing is weighed.
    """
    frame = rows if isinstance(rows, pl.DataFrame) else _frame(rows)
    weighed = (
        replace(candidate, confidence=round(candidate.confidence * _filled(frame, candidate.source), 4))
        for candidate in candidates
    )
    return decide(weighed, strategy=strategy, min_confidence=min_confidence, min_margin=min_margin)


def _frame(rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Which rows have a value under which name, as Booleans; what the values are does not matter."""
    listed = list(rows)
    names = dict.fromkeys(name for row in listed for name in row)
    return pl.DataFrame(
        {name: [True if row.get(name) is not None else None for row in listed] for name in names}
    )


def _filled(frame: pl.DataFrame, source: str | None) -> float:
    """Share of rows with a value in the column; 1 for a default or without rows, 0 for a column that is not there."""
    if source is None or not frame.height:
        return 1.0
    return 1 - frame[source].null_count() / frame.height if source in frame.columns else 0.0


def _objection(
    best: Candidate,
    runner_up: Candidate | None,
    votes: tuple[Candidate, ...],
    strategy: Strategy,
    min_confidence: float,
    min_margin: float,
) -> str:
    """Why the best candidate is not taken; empty when it is."""
    if best.confidence < min_confidence:
        return f"confidence {best.confidence:.2f} is under {min_confidence:.2f}"
    margin = 1.0 if runner_up is None else round(best.confidence - runner_up.confidence, _DIGITS)
    if runner_up is not None and margin < min_margin:
        rival = f"{runner_up.source!r} as {runner_up.target!r}"
        return f"{rival} is as likely ({runner_up.confidence:.2f}, margin {margin:.2f} is under {min_margin:.2f})"
    backers = sum(_fix(vote) == _fix(best) for vote in votes)
    needed = {"weighted": 0, "majority": len(votes) // 2 + 1, "unanimous": len(votes)}[strategy]
    if backers < needed:
        return f"{backers} of {len(votes)} tiers vote for it, {strategy} needs {needed}"
    return ""


def _votes(ranked: list[Candidate]) -> tuple[Candidate, ...]:
    best_of_tier: dict[Tier, Candidate] = {}
    for candidate in ranked:
        if candidate.confidence >= VOTE_FLOOR:
            best_of_tier.setdefault(candidate.tier, candidate)
    return tuple(best_of_tier[tier] for tier in _TIERS if tier in best_of_tier)


def _fix(candidate: Candidate) -> tuple[str | None, str]:
    return candidate.source, candidate.target


def _rank(candidate: Candidate) -> tuple[float, int, str, str, str]:
    """Surest first; among equals the cheaper tier, then names, so that no order of arrival shows."""
    tier = _TIERS.index(candidate.tier)
    return -candidate.confidence, tier, candidate.target, candidate.source or "", candidate.pattern or ""
