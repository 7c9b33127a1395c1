"""Matches on record: what each looked like beforehand, and whether its rows were loaded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from psycopg import sql

from heal_cli.model import Features, Tier
from heal_cli.patterns.calibration import MatchTrial
from heal_cli.patterns.store import MATCHES, Connection

MOST: Final = 1_000
"""Matches that a calibration looks at, the latest: enough for eight weights, read and fitted in a moment."""


def record_match_trials(conn: Connection, trials: Iterable[MatchTrial]) -> None:
    """Store them; one of the same run, shape and target is kept as it is."""
    insert = sql.SQL(
        "insert into {} (run, shape, target, tier, name, type_fit, value_fit, margin, confidence, success)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing"
    ).format(MATCHES)
    with conn.transaction(), conn.cursor() as cursor:
        cursor.executemany(insert, [_row(trial) for trial in trials])


def read_match_trials(conn: Connection) -> list[MatchTrial]:
    """The latest matches on record."""
    query = sql.SQL(
        "select run::text, shape, target, tier, name, type_fit, value_fit, margin, confidence, success from {}"
        " order by recorded_at desc, run, shape, target limit %s"
    ).format(MATCHES)
    rows = conn.execute(query, (MOST,)).fetchall()
    return [
        MatchTrial(
            run, shape, target, Tier(tier), Features(name, type_fit, value_fit), margin, given, success
        )
        for run, shape, target, tier, name, type_fit, value_fit, margin, given, success in rows
    ]


def _row(trial: MatchTrial) -> tuple[object, ...]:
    seen = trial.features
    return (
        trial.run,
        trial.shape,
        trial.target,
        trial.tier,
        seen.name,
        seen.type_fit,
        seen.value_fit,
        trial.margin,
        trial.confidence,
        trial.success,
    )
