"""How far trials carry a confidence: Beta posterior, Wilson bound, significance."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Final

PRIOR_WEIGHT: Final = 4.0
"""Trials that a prior is worth: one success then moves 0.95 to 0.96."""

MIN_TRIALS: Final = 30
CONFIDENCE_LEVEL: Final = 0.95


def posterior_mean(prior: float, successes: float, trials: float, weight: float = PRIOR_WEIGHT) -> float:
    """Mean of the Beta posterior, 0-1: the prior counted as `weight` trials, then the real ones.

    >>> posterior_mean(0.95, 1, 1)
    0.96
    """
    _check_counts(successes, trials)
    return (prior * weight + successes) / (weight + trials)


def wilson_lower_bound(successes: float, trials: float, confidence: float = CONFIDENCE_LEVEL) -> float:
    """Lower end of the two-sided Wilson score interval (Wilson 1927), 0-1; 0 without trials."""
    _check_counts(successes, trials)
    if not trials:
        return 0.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    share = successes / trials
    centre = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (centre - spread) / (1 + z * z / trials))


def is_significant(
    successes: float,
    trials: float,
    *,
    baseline: float = 0.5,
    min_trials: int = MIN_TRIALS,
    confidence: float = CONFIDENCE_LEVEL,
) -> bool:
    """True when there are enough trials and their Wilson lower bound stands above `baseline`."""
    return trials >= min_trials and wilson_lower_bound(successes, trials, confidence) > baseline


def _check_counts(successes: float, trials: float) -> None:
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} successes in {trials} trials")
