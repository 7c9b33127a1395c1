"""Two locks: one start at a time, and proof that a server lives.

The second is an flock on a file descriptor that the server inherits. The kernel keeps it until the last
process of that server is gone, however it went, so it cannot be fooled by a pid that was reused, a
zombie, a part-written pid file, or a backend that outlives its postmaster.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from heal_cli.errors import DatabaseUnavailable

START_TIMEOUT_S: Final = 180.0
"""Longer than one start may take, so that who waits for it sees its outcome."""


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Nobody else starts, stops or initialises this server inside the block.

    Raises:
        DatabaseUnavailable: The lock stayed taken, or the file system has no locks.
    """
    # A soft lock (a plain file) would outlive kill -9 and block every later start.
    lock = FileLock(path, timeout=START_TIMEOUT_S, mode=0o600, fallback_to_soft=False, poll_interval=0.02)
    try:
        lock.acquire()
    except Timeout as exc:
        raise DatabaseUnavailable(
            f"Another heal has been starting or stopping the server for {START_TIMEOUT_S:.0f} s, and holds {str(path)!r}",
            hint="See what it does, or end it, and run the command again",
        ) from exc
    except (OSError, NotImplementedError) as exc:
        raise DatabaseUnavailable(
            f"Lock {str(path)!r} cannot be taken: {exc}", hint="Name a folder on a local disk with --data-dir"
        ) from exc
    try:
        yield
    finally:
        lock.release()


def claim(path: Path) -> int | None:
    """An open file descriptor that holds the lock of the living; None while a server's process holds it.

    Hand it to the server; never unlock it, only close it.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        return None
    return fd


def is_alive(path: Path) -> bool:
    """Some process of the server lives."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
