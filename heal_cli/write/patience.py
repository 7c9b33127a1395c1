"""How long one transaction is tried again, by what was in the way, and how much it holds."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import psycopg
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from heal_cli.errors import DatabaseUnavailable
from heal_cli.model import WriteOptions
from heal_cli.write.sqlstate import Fault, fault_of

RETRIES: Final = 6
"""Tries when another transaction was in the way; the world has `retry_s`, our own time limit a lone row."""

LONGEST_WAIT_S: Final = 5.0

_GROWS_BELOW: Final = 0.25
"""Share of the time limit that a transaction may take for the next to be twice its size: half would do, this is safe."""

_WAIT: Final = wait_random_exponential(multiplier=0.2, max=LONGEST_WAIT_S)


class Pace:
    """How many rows a transaction of a writer may hold, as time limits have taught it.

    Args:
        clock: Seconds.
    """

    def __init__(self, timeout_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._timeout_s = timeout_s
        self._clock = clock
        self._began = 0.0
        self.most_rows: int | None = None
        """None: no transaction has met its time limit."""

    def begin(self) -> None:
        """A transaction begins."""
        self._began = self._clock()

    def note_committed(self) -> None:
        """It is committed; where it was quick, one row that is slow was to blame, and the next may be larger."""
        if self.most_rows and self._clock() - self._began < self._timeout_s * _GROWS_BELOW:
            self.most_rows *= 2

    def note_limit(self, most_rows: int) -> None:
        """It took too long: the next hold no more than this."""
        self.most_rows = most_rows


def retrying(options: WriteOptions, clock: Callable[[], float] = time.monotonic) -> Retrying:
    """Tries at one transaction, with random waits between them; the last error is raised as it came.

    A run that is one transaction has one try: what it wrote before is gone with the connection.

    Args:
        clock: Seconds.
    """
    away_since: float | None = None

    def is_spent(state: RetryCallState) -> bool:
        nonlocal away_since
        if options.is_one_transaction:
            return True
        if _is_limit(state):
            return False  # the next try is smaller, and ends with the lone row that takes too long
        error = state.outcome.exception() if state.outcome else None
        if error is not None and _is_away(error):
            now = clock()
            away_since = now if away_since is None else away_since
            return now - away_since >= options.retry_s
        return state.attempt_number >= RETRIES

    return Retrying(
        retry=retry_if_exception(_is_passing),
        wait=lambda state: 0.0 if _is_limit(state) else _WAIT(state),
        stop=is_spent,
        reraise=True,
    )


def _is_limit(state: RetryCallState) -> bool:
    """Our own time limit ended the last try."""
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, psycopg.Error) and fault_of(error) is Fault.LIMIT


def _is_away(error: BaseException) -> bool:
    """The world is to blame."""
    if isinstance(error, psycopg.Error):
        return fault_of(error) is Fault.WORLD
    return isinstance(error, DatabaseUnavailable)


def _is_passing(error: BaseException) -> bool:
    """Another try may get past it, a server that is just restarting included."""
    if _is_away(error):
        return True
    return isinstance(error, psycopg.Error) and fault_of(error) in {Fault.RETRY, Fault.LIMIT}
