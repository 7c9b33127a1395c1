"""What matches on record say of new ones, and when that counts."""

from __future__ import annotations

import random
import uuid

import pytest

from heal_cli.model import Candidate, Features, Kind, Tier
from heal_cli.patterns import (
    MatchTrial,
    calibrate,
    count_against,
    ensure,
    read_knowledge,
    record_match_trials,
)


def trial(run: int, success: bool, *, name: float = 0.9, tier: Tier = Tier.FUZZY) -> MatchTrial:
    """A match at 0.8 in a run of that number."""
    id = str(uuid.UUID(int=run))
    return MatchTrial(id, "s", f"t.c{name}{tier}", tier, Features(name, 1.0, 1.0), 1.0, 0.8, success)


def candidate(name: float, tier: Tier = Tier.FUZZY) -> Candidate:
    """A match of the same kind, still to be judged."""
    return Candidate(Kind.RENAME, "c", "s", tier, 0.8, features=Features(name, 1.0, 1.0))


WEAK_NAMES_FAIL = [trial(run, name > 0.8, name=name) for run in range(20) for name in (0.75, 0.95)]


def test_what_failed_before_is_expected_to_fail() -> None:
    """Where weak names never held, they are expected not to; sure ones still are."""
    found = calibrate(WEAK_NAMES_FAIL)
    assert (found.trials, found.failures, found.is_used) == (40, 20, True)
    assert found.expected(candidate(0.75), 1.0) < 0.7 < found.expected(candidate(0.95), 1.0)
    assert found.error < found.prior_error


@pytest.mark.parametrize(
    ("trials", "reason"),
    [
        ([], "no match is on record"),
        (WEAK_NAMES_FAIL[:20], "it takes 30 matches on record with 5 failures among them"),
        ([trial(run, True) for run in range(50)], "it takes 30 matches on record with 5 failures among them"),
        (
            [trial(1, name > 20, name=name / 100) for name in range(40)],
            "it takes 5 runs to hold some back",
        ),
    ],
)
def test_few_trials_say_nothing(trials, reason) -> None:
    """The candidate keeps its own confidence, and the reason is told."""
    found = calibrate(trials)
    assert (found.reason, found.is_used) == (reason, False)
    assert found.expected(candidate(0.75), 0.3) == 0.8


def test_chance_beats_no_prior() -> None:
    """Where failures have nothing in common, the confidences stand as they were given."""
    dice = random.Random(1)
    trials = [trial(run, dice.random() < 0.8, name=dice.choice((0.75, 0.95))) for run in range(60)]
    found = calibrate(trials)
    assert (found.is_used, found.reason) == (False, "it does not beat the prior on held-back trials")


def test_the_order_of_trials_does_not_matter() -> None:
    """The same trials are the same calibration."""
    assert calibrate(WEAK_NAMES_FAIL) == calibrate(reversed(WEAK_NAMES_FAIL))


def test_what_is_certain_is_never_judged() -> None:
    """Equal names have no features to judge by."""
    certain = Candidate(Kind.RENAME, "c", "c", Tier.EXACT, 1.0)
    assert calibrate(WEAK_NAMES_FAIL).expected(certain, 1.0) == 1.0


def test_the_database_keeps_them_and_an_undo_turns_them(conn) -> None:
    """Stored once a run, shape and target; undone runs failed."""
    assert ensure(conn)
    try:
        for _ in range(2):
            record_match_trials(conn, WEAK_NAMES_FAIL)
        assert read_knowledge(conn).calibration == calibrate(WEAK_NAMES_FAIL)
        count_against(conn, uuid.UUID(int=3), "undone")
        assert read_knowledge(conn).calibration.failures == 21
    finally:
        conn.execute("drop schema heal cascade")
