"""The figures behind a confidence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.patterns import is_significant, posterior_mean, wilson_lower_bound

COUNTS = st.integers(0, 500).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(
    ("prior", "successes", "trials", "mean"),
    [(0.95, 0, 0, 0.95), (0.95, 1, 1, 0.96), (0.95, 0, 1, 0.76), (0.5, 1, 1, 0.6), (0.5, 6, 6, 0.8)],
)
def test_the_posterior_moves_with_each_trial(prior: float, successes: int, trials: int, mean: float) -> None:
    """A prior weighs four trials: one success moves 0.95 to 0.96."""
    assert posterior_mean(prior, successes, trials) == pytest.approx(mean)


@pytest.mark.parametrize(
    ("successes", "trials", "bound"),
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    [(81, 263, 0.2553), (15, 148, 0.0624), (0, 20, 0.0), (1, 29, 0.0061)],
)
def test_the_wilson_bound_is_that_of_the_literature(successes: int, trials: int, bound: float) -> None:
    """Published intervals to four digits."""
    assert wilson_lower_bound(successes, trials) == pytest.approx(bound, abs=5e-5)


def test_without_trials_the_bound_is_zero() -> None:
    """Nothing known, nothing promised."""
    assert wilson_lower_bound(0, 0) == 0


@given(COUNTS)
def test_the_bound_never_exceeds_the_share(counts: tuple[int, int]) -> None:
    """It lies in 0-1, under the share of successes."""
    successes, trials = counts
    assert 0 <= wilson_lower_bound(successes, trials) <= (successes / trials if trials else 0) + 1e-12


@pytest.mark.parametrize(
    ("successes", "trials", "expected"), [(29, 29, False), (30, 30, True), (21, 30, True), (20, 30, False)]
)
def test_significance_asks_for_thirty_trials_and_the_bound(
    successes: int, trials: int, expected: bool
) -> None:
    """Both conditions, against an even chance."""
    assert is_significant(successes, trials) is expected


def test_impossible_counts_are_refused() -> None:
    """More successes than trials is a defect of the caller."""
    with pytest.raises(ValueError, match="3 successes in 2 trials"):
        posterior_mean(0.5, 3, 2)
