"""How often matches like this one held: a logistic regression over the recorded ones, kept small on purpose.

It is used only where it beats the confidence that was given at the time, on trials that it was not fitted to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import exp, log, sqrt
from typing import Final, TypeAlias

from heal_cli.model import Candidate, Features, Tier

MIN_TRIALS: Final = 30
MIN_FAILURES: Final = 5  # fewer say nothing of what failures have in common

_FOLDS: Final = 5
_RIDGE: Final = 1.0  # keeps weights finite where every trial of a tier held
_STEPS: Final = 8  # of Newton's method; it settles in six or so
_GRAIN: Final = 0.05  # of features: trials that are alike are counted together
_MOST_SURE: Final = 0.99  # features are capped here before they become odds
_TIERS: Final = (Tier.PATTERN, Tier.LEARNED, Tier.FUZZY)  # beside these, the intercept stands for all others

NAMES: Final = ("intercept", *_TIERS, "name", "type_fit", "value_fit", "margin")

_Row: TypeAlias = tuple[float, ...]
_Counts: TypeAlias = Mapping[tuple[_Row, bool], int]


@dataclass(frozen=True, slots=True)
class MatchTrial:
    """One match in one run and shape: what it looked like beforehand, and whether its rows were loaded."""

    run: str
    shape: str  # of the source: see `shape_of`
    target: str
    tier: Tier
    features: Features
    margin: float  # over the runner-up, 0-1
    confidence: float  # given at the time, 0-1
    success: bool


@dataclass(frozen=True, slots=True)
class Calibration:
    """What recorded matches say of new ones.

    Attributes:
        trials: Matches on record.
        failures: Those of them that failed.
        error: Mean squared error of its predictions on held-back trials (Brier score); None while not fitted.
        prior_error: The same of the confidences given at the time.
        weights: By NAMES; empty while it is not used.
        reason: Why it is used or not, for people.
    """

    trials: int = 0
    failures: int = 0
    error: float | None = None
    prior_error: float | None = None
    weights: tuple[float, ...] = ()
    reason: str = "no match is on record"

    @property
    def is_used(self) -> bool:
        """True when it beats the prior."""
        return bool(self.weights)

    def expected(self, candidate: Candidate, margin: float) -> float:
        """Chance (0-1) that such a match holds; its own confidence where the calibration is not used."""
        if not self.weights or candidate.features is None:
            return candidate.confidence
        return _chance(self.weights, _row(candidate.tier, candidate.features, margin))


@dataclass(frozen=True, slots=True)
class _Folds:
    """Trials by fold; all of one run are in one, since they are not independent."""

    folds: tuple[Sequence[MatchTrial], ...] = field(default_factory=tuple)

    def errors(self) -> tuple[list[float], list[float]]:
        """Squared errors of the held-back predictions, and of the confidences given at the time."""
        mine, given = [], []
        for held_back in self.folds:
            rest = [trial for fold in self.folds if fold is not held_back for trial in fold]
            weights = _fitted(_counted(rest))
            mine += [(_chance(weights, _row_of(trial)) - trial.success) ** 2 for trial in held_back]
            given += [(trial.confidence - trial.success) ** 2 for trial in held_back]
        return mine, given


def calibrate(trials: Iterable[MatchTrial]) -> Calibration:
    """The calibration that the trials allow; an unused one, with the reason, where they are few or it is no better."""
    ordered = sorted(trials, key=lambda trial: (trial.run, trial.shape, trial.target))
    failures = sum(not trial.success for trial in ordered)
    if not ordered:
        return Calibration()
    if len(ordered) < MIN_TRIALS or failures < MIN_FAILURES:
        reason = f"it takes {MIN_TRIALS} matches on record with {MIN_FAILURES} failures among them"
        return Calibration(len(ordered), failures, reason=reason)
    folds = _by_run(ordered)
    if len(folds.folds) < _FOLDS:
        return Calibration(len(ordered), failures, reason=f"it takes {_FOLDS} runs to hold some back")
    mine, given = folds.errors()
    gains = [theirs - own for own, theirs in zip(mine, given, strict=True)]
    mean = sum(gains) / len(gains)
    spread = sqrt(sum((gain - mean) ** 2 for gain in gains) / (len(gains) - 1) / len(gains))
    is_better = mean > spread
    return Calibration(
        len(ordered),
        failures,
        error=sum(mine) / len(mine),
        prior_error=sum(given) / len(given),
        weights=_fitted(_counted(ordered)) if is_better else (),
        reason="it beats the prior on held-back trials"
        if is_better
        else "it does not beat the prior on held-back trials",
    )


def _by_run(trials: Sequence[MatchTrial]) -> _Folds:
    runs = {run: place % _FOLDS for place, run in enumerate(dict.fromkeys(trial.run for trial in trials))}
    folds = ([trial for trial in trials if runs[trial.run] == fold] for fold in range(_FOLDS))
    return _Folds(tuple(fold for fold in folds if fold))


def _row_of(trial: MatchTrial) -> _Row:
    return _row(trial.tier, trial.features, trial.margin)


def _row(tier: Tier, features: Features, margin: float) -> _Row:
    """The numbers that NAMES lists."""
    tiers = (float(tier is each) for each in _TIERS)
    measured = (features.name, features.type_fit, features.value_fit, margin)
    return (1.0, *tiers, *map(_log_odds, measured))


def _log_odds(number: float) -> float:
    """Log odds of a number from 0 to 1, so that 0.95 and 0.99 are told apart as well as 0.5 and 0.8."""
    capped = min(max(round(number / _GRAIN) * _GRAIN, 1 - _MOST_SURE), _MOST_SURE)
    return log(capped / (1 - capped))


def _counted(trials: Iterable[MatchTrial]) -> _Counts:
    return Counter((_row_of(trial), trial.success) for trial in trials)


def _chance(weights: Sequence[float], row: _Row) -> float:
    score = sum(weight * number for weight, number in zip(weights, row, strict=True))
    return 1 / (1 + exp(-max(-30.0, min(30.0, score))))


def _fitted(counts: _Counts) -> tuple[float, ...]:
    """Weights of the ridge-penalised logistic regression, by Newton's method; the intercept is free."""
    width = len(NAMES)
    weights = [0.0] * width
    for _ in range(_STEPS):
        slope = [-_RIDGE * weight if place else 0.0 for place, weight in enumerate(weights)]
        bend = [[_RIDGE * (i == j) * (i > 0) for j in range(width)] for i in range(width)]
        for (row, success), count in counts.items():
            chance = _chance(weights, row)
            off, curve = count * (success - chance), count * max(chance * (1 - chance), 1e-6)
            for i, number in enumerate(row):
                slope[i] += off * number
                for j in range(i + 1):
                    bend[i][j] += curve * number * row[j]
        for i in range(width):
            for j in range(i):
                bend[j][i] = bend[i][j]
        weights = [weight + step for weight, step in zip(weights, _solved(bend, slope), strict=True)]
    return tuple(weights)


def _solved(matrix: list[list[float]], right: Sequence[float]) -> list[float]:
    """x of `matrix` x = `right`, by elimination; the matrix is symmetric and positive definite."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place, pivot in enumerate(rows):
        for lower in rows[place + 1 :]:
            share = lower[place] / pivot[place]
            lower[place:] = [x - share * y for x, y in zip(lower[place:], pivot[place:], strict=True)]
    found = [0.0] * len(rows)
    for place in reversed(range(len(rows))):
        known = sum(rows[place][later] * found[later] for later in range(place + 1, len(rows)))
        found[place] = (rows[place][-1] - known) / rows[place][place]
    return found
