"""Promises of how long one transaction is tried again."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.model import WriteOptions
from heal_cli.write.patience import RETRIES, Pace, retrying


def test_our_own_time_limit_is_no_retry() -> None:
    """Each such try is half the size of the last, so they end by themselves: at a lone row, and without waits."""
    tries = 0
    for attempt in retrying(WriteOptions()):
        with attempt:
            tries += 1
            if tries < 4 * RETRIES:
                raise psycopg.errors.QueryCanceled
    assert tries == 4 * RETRIES


def test_a_run_of_one_transaction_is_tried_once() -> None:
    """What it wrote before is gone with the first failure."""
    attempts = iter(retrying(WriteOptions(atomic=True)))
    with next(attempts):
        raise psycopg.errors.QueryCanceled
    with pytest.raises(psycopg.errors.QueryCanceled):
        next(attempts)


def test_the_time_that_a_batch_took_is_no_part_of_the_retry_budget() -> None:
    """A server that goes away in the middle of a long batch is tried for as long as one that was never there."""
    times = iter([25.0, 29.0, 33.0, 37.0])
    failures = 0
    attempts = retrying(WriteOptions(retry_s=10), clock=lambda: next(times))

    @attempts.wraps
    def fail() -> None:
        nonlocal failures
        failures += 1
        raise psycopg.OperationalError

    with pytest.raises(psycopg.OperationalError):
        fail()
    assert failures == 4


def test_a_size_that_a_time_limit_taught_is_kept_until_transactions_are_quick() -> None:
    """Slow ones leave it as it is, a quick one doubles it; without a limit met there is none."""
    now = 0.0
    pace = Pace(8.0, clock=lambda: now)
    sizes = []
    for seconds in (1.0, None, 4.0, 2.0, 1.5, 0.5, None):
        pace.begin()
        now += seconds or 8.0
        if seconds is None:
            pace.note_limit(100)
        else:
            pace.note_committed()
        sizes.append(pace.most_rows)
    assert sizes == [None, 100, 100, 100, 200, 400, 100]
