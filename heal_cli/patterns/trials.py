"""Trials: what came of the patterns that runs used, kept in the target database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final
from uuid import UUID

from psycopg import sql

from heal_cli.model import PatternTrial
from heal_cli.patterns.catalogue import Catalogue
from heal_cli.patterns.statistics import (
    CONFIDENCE_LEVEL,
    MIN_TRIALS,
    is_significant,
    posterior_mean,
    wilson_lower_bound,
)
from heal_cli.patterns.store import TRIALS, Connection

LEARNED_PRIOR: Final = 0.5
"""Of a pattern that no catalogue vouches for."""

HALF_LIFE_DAYS: Final = 180
"""Age at which a trial counts half, in whole days: sources change their ways within seasons, not within weeks."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One use of a pattern in one run and shape, and whether its rows were loaded."""

    pattern: str
    shape: str  # of the source: see `shape_of`
    success: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """All trials of one pattern."""

    successes: int = 0
    trials: int = 0
    weighed_successes: float = 0.0  # each trial counts less the older it is
    weight: float = 0.0

    def confidence(self, prior: float) -> float:
        """Mean of the Beta posterior, 0-1."""
        return posterior_mean(prior, self.weighed_successes, self.weight)

    @property
    def lower_bound(self) -> float:
        """Of the share of successes, at 95 %: see `wilson_lower_bound`."""
        return wilson_lower_bound(self.weighed_successes, self.weight)

    @property
    def failure_bound(self) -> float:
        """Lower bound of the share of failures."""
        return wilson_lower_bound(max(0.0, self.weight - self.weighed_successes), self.weight)

    def is_significant(self, min_trials: int = MIN_TRIALS, level: float = CONFIDENCE_LEVEL) -> bool:
        """True when the trials are many enough and surely better than a coin."""
        return self.trials >= min_trials and is_significant(
            self.weighed_successes, self.weight, min_trials=0, confidence=level
        )


def shape_of(columns: Iterable[str]) -> str:
    """Hash of a source's column names, whatever their order; hex, 32 digits."""
    text = "\x00".join(sorted(columns))
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def record_trials(
    conn: Connection, run: UUID | str, trials: Sequence[Trial], *, catalogue: Catalogue
) -> tuple[PatternTrial, ...]:
    """Store what came of the patterns in a run, and say how far each confidence moved.

    Doing it again with the same run and shapes changes nothing and answers the same; a pattern in several
    shapes is one entry. Needs `ensure(conn)` to have said True.

    Returns:
        One entry a pattern, by id; `success` when all of its trials were.
    """
    priors = {pattern.id: pattern.confidence for pattern in catalogue}
    ordered = sorted(set(trials), key=lambda trial: (trial.pattern, trial.shape))
    moved = []
    with conn.transaction():
        insert = sql.SQL(
            "insert into {} (pattern, run, shape, success) values (%s, %s, %s, %s) on conflict do nothing"
        ).format(TRIALS)
        with conn.cursor() as cursor:
            cursor.executemany(insert, [(t.pattern, run, t.shape, t.success) for t in ordered])
        after, before = tallies(conn), tallies(conn, without=run)
        for pattern, group in groupby(ordered, key=lambda trial: trial.pattern):
            prior = priors.get(pattern, LEARNED_PRIOR)
            moved.append(
                PatternTrial(
                    pattern,
                    before=before.get(pattern, Tally()).confidence(prior),
                    after=after[pattern].confidence(prior),
                    success=all(trial.success for trial in group),
                )
            )
    return tuple(moved)


def failed_before(conn: Connection, trial: Trial, run: UUID | str) -> bool:
    """True when another run saw the same pattern fail in the same shape."""
    query = "select exists (select from {} where pattern = %s and shape = %s and not success and run <> %s)"
    row = conn.execute(sql.SQL(query).format(TRIALS), (trial.pattern, trial.shape, run)).fetchone()
    return bool(row and row[0])


def tallies(conn: Connection, *, without: UUID | str | None = None) -> dict[str, Tally]:
    """Pattern -> its trials, but for one run's."""
    query = sql.SQL(
        "select pattern, count(*) filter (where success), count(*), coalesce(sum(weight) filter (where success), 0),"
        " sum(weight) from (select *, power(0.5::float8, greatest(0, floor(extract(epoch from now() - recorded_at) / 86400))"
        "::float8 / %s) as weight from {}) weighed where run is distinct from %s::uuid group by pattern"
    ).format(TRIALS)
    rows = conn.execute(query, (HALF_LIFE_DAYS, without)).fetchall()
    return {
        # sums of the same numbers in another order may differ in the last digit
        pattern: Tally(successes, trials, min(weighed, weight), weight)
        for pattern, successes, trials, weighed, weight in rows
    }
