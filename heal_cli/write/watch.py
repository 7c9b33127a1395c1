"""A client-side end to waiting: a frozen server keeps none of its own time limits."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import psycopg
from psycopg.abc import RV, PQGen
from psycopg.rows import TupleRow

from heal_cli.model import WriteOptions

GRACE_S: Final = 5.0
"""Given to a server that is alive to end the transaction by its own limits first."""

_KEEPALIVES: Final = {"keepalives_idle": 10, "keepalives_interval": 3, "keepalives_count": 4}
"""Seconds, and probes: 20 s after its last word a host without power or network is given up, and not after two hours."""


def longest_s(options: WriteOptions, *, server_version: int, is_short: bool = False) -> float | None:
    """Past this a transaction hangs on a server that keeps no limit of its own any more; None for no limit.

    Args:
        is_short: It is not that of the rows, which a run in one transaction gives any time.
    """
    if not options.timeout_s or (options.is_one_transaction and not is_short):
        return None
    # Before PostgreSQL 17 the limit is one of each statement, not of the whole transaction.
    times = 1 if server_version >= 170000 else 10
    return times * options.timeout_s + GRACE_S


def tcp_settings(options: WriteOptions | None) -> dict[str, int]:
    """What libpq asks of the kernel, so that a connection whose other end is gone ends by itself.

    Args:
        options: Whose limits the statements have; None: nobody says.
    """
    if options is None or options.is_one_transaction or not options.timeout_s:
        # A server at work on a long statement may leave what was sent unread for any time.
        return _KEEPALIVES
    return {**_KEEPALIVES, "tcp_user_timeout": int((options.timeout_s + GRACE_S) * 1000)}


class WatchedConnection(psycopg.Connection[TupleRow]):
    """A connection that is cut at its deadline, whatever it waits for; whoever waits gets an OperationalError."""

    deadline: float | None = None  # of `time.monotonic`

    def wait(self, gen: PQGen[RV], *args: Any, **options: Any) -> RV:
        """As psycopg's own, which asks the generator at least ten times a second."""
        return super().wait(gen if self.deadline is None else self._until_deadline(gen), *args, **options)

    def _until_deadline(self, gen: PQGen[RV]) -> PQGen[RV]:
        try:
            awaited = next(gen)
            while True:
                ready = yield awaited
                if self.deadline is not None and time.monotonic() >= self.deadline:
                    self._cut()
                awaited = gen.send(ready)
        except StopIteration as end:
            result: RV = end.value
            return result

    def _cut(self) -> None:
        self.deadline = None
        # A handle of our own: the socket itself is libpq's to close.
        with socket.socket(fileno=os.dup(self.pgconn.socket)) as handle, suppress(OSError):
            handle.shutdown(socket.SHUT_RDWR)


@contextmanager
def cut_after(connection: WatchedConnection, seconds: float | None) -> Iterator[None]:
    """Cut the connection when the block takes longer.

    Args:
        seconds: None for no limit.
    """
    before = connection.deadline
    if seconds is not None:
        connection.deadline = time.monotonic() + seconds
    try:
        yield
    finally:
        connection.deadline = before
