"""The vote among candidates."""

from __future__ import annotations

import random

import pytest

from heal_cli.match import decide, ensemble_decision
from heal_cli.model import Candidate, Kind, Tier


def candidate(source: str, confidence: float, tier: Tier = Tier.FUZZY, target: str = "role") -> Candidate:
    """A rename, as sure as it says."""
    return Candidate(Kind.RENAME, target, source, tier, confidence)


SENDER = candidate("sender", 0.95, Tier.PATTERN)
AUTHOR = candidate("author", 0.80)
ROLL = candidate("roll", 0.60)


def vote(*candidates: Candidate, strategy: str = "weighted") -> Candidate | None:
    """The winner at the usual threshold and margin."""
    return decide(candidates, strategy=strategy, min_confidence=0.7, min_margin=0.1).winner  # type: ignore[arg-type]


def test_the_surest_fix_wins_with_a_margin() -> None:
    """0.95 stands 0.15 above 0.80."""
    assert vote(AUTHOR, SENDER) == SENDER


def test_a_tie_is_refused_with_the_rival_named() -> None:
    """0.95 against 0.90 is a question, not a guess."""
    rival = candidate("author", 0.90)
    decision = decide([SENDER, rival], strategy="weighted", min_confidence=0.7, min_margin=0.1)
    assert decision.winner is None
    assert (decision.best, decision.runner_up) == (SENDER, rival)
    assert decision.reason == "'author' as 'role' is as likely (0.90, margin 0.05 is under 0.10)"


def test_a_margin_that_is_just_met_is_enough() -> None:
    """0.95 - 0.85 is 0.1 here, whatever binary fractions say."""
    assert vote(SENDER, candidate("author", 0.85)) == SENDER


def test_too_low_is_refused() -> None:
    """The threshold holds without rivals too."""
    decision = decide([ROLL], strategy="weighted", min_confidence=0.7, min_margin=0.1)
    assert (decision.winner, decision.reason) == (None, "confidence 0.60 is under 0.70")


def test_nothing_proposed_is_no_winner() -> None:
    """An empty vote decides nothing."""
    assert decide([], strategy="weighted", min_confidence=0.7, min_margin=0.1).reason == "nothing fits"


@pytest.mark.parametrize(
    ("strategy", "winner"), [("weighted", SENDER), ("majority", None), ("unanimous", None)]
)
def test_tiers_that_disagree_split_the_stricter_votes(strategy: str, winner: Candidate | None) -> None:
    """One tier for `sender`, one for `author`: only the weighted vote decides."""
    assert vote(SENDER, AUTHOR, strategy=strategy) == winner


@pytest.mark.parametrize(("strategy", "winner"), [("majority", SENDER), ("unanimous", None)])
def test_a_majority_is_more_than_half(strategy: str, winner: Candidate | None) -> None:
    """Two of three tiers are a majority and not all."""
    votes = (SENDER, candidate("sender", 0.9), candidate("author", 0.8, Tier.AI))
    assert vote(*votes, strategy=strategy) == winner


def test_the_order_of_candidates_never_shows() -> None:
    """Any shuffle gives the same decision."""
    candidates = [SENDER, AUTHOR, ROLL, candidate("b", 0.6), candidate("a", 0.6)]
    expected = decide(candidates, strategy="majority", min_confidence=0.7, min_margin=0.1)
    for seed in range(20):
        random.Random(seed).shuffle(candidates)
        assert decide(candidates, strategy="majority", min_confidence=0.7, min_margin=0.1) == expected


def test_rows_weigh_a_candidate() -> None:
    """A source that one row of four lacks counts for three quarters; one that no row has, for nothing."""
    rows = [{"sender": "ann"}, {"sender": "bob"}, {"sender": "cid"}, {"sender": None}]
    absent = candidate("speaker", 0.95)
    decision = ensemble_decision([candidate("sender", 0.96), absent], rows)
    assert decision.winner is not None
    assert (decision.winner.source, decision.winner.confidence) == ("sender", 0.72)
    assert ensemble_decision([candidate("sender", 0.9)], rows).reason == "confidence 0.68 is under 0.70"


def test_without_rows_candidates_stand_as_they_are() -> None:
    """The public function decides as the planner does."""
    assert ensemble_decision([SENDER], []).winner == SENDER
