"""Promises of how long one transaction is tried again."""

from __future__ import annotations

import psycopg
import pytest

from heal_cli.model import WriteOptions
from heal_cli.write.patience import RETRIES, retrying


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
