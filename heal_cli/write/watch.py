"""A client-side end to waiting: a frozen server keeps none of its own time limits."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import Final

import psycopg

from heal_cli.model import WriteOptions

GRACE_S: Final = 5.0
"""Given to a server that is alive to end the transaction by its own limits first."""


def longest_s(options: WriteOptions, *, server_version: int) -> float | None:
    """Past this a transaction hangs on a server that keeps no limit of its own any more; None for no limit."""
    if options.is_one_transaction or not options.timeout_s:
        return None
    # Before PostgreSQL 17 the limit is one of each statement, not of the whole transaction.
    times = 1 if server_version >= 170000 else 10
    return times * (options.timeout_s + options.lock_timeout_s) + GRACE_S


class Watch:
    """Whether the time was up."""

    def __init__(self) -> None:
        self.has_cut = False


@contextmanager
def cut_after(connection: psycopg.Connection, seconds: float | None) -> Iterator[Watch]:
    """Cut the connection when the block takes longer; whoever waits on it gets an OperationalError.

    Args:
        seconds: None for no limit.
    """
    watch = Watch()
    if seconds is None:
        yield watch
        return
    # A handle of our own: libpq may close its socket, and the number may be another file's by then.
    handle = socket.socket(fileno=os.dup(connection.pgconn.socket))

    def cut() -> None:
        watch.has_cut = True
        with suppress(OSError):  # it was closed in the same moment
            handle.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()
        timer.join()
        handle.close()
