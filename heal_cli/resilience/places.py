"""Where the fallback lives in the state folder, and the lock that lets one replay at a time in."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from heal_cli.durable import open_folder
from heal_cli.errors import RecordError, ReplayIsRunning

_LOCK: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def fallback_dir(state_dir: str) -> Path:
    """The folder of spool, emergency log, breakers and lock."""
    return Path(os.path.abspath(state_dir)) / "fallback"  # noqa: PTH100  Path.resolve() would follow links


def make_folder(path: Path) -> Path:
    """The folder, made private where it is missing, reached through no link that others may have laid.

    Raises:
        OSError: It cannot be made or entered.
    """
    os.close(open_folder(path))
    return path


@contextmanager
def hold_lock(state_dir: str) -> Iterator[None]:
    """The one that works on the spool of this state folder; the lock goes with the process, however it ends.

    Raises:
        ReplayIsRunning: Another process holds it.
        RecordError: The folder cannot be written to, now or while the lock is held.
    """
    folder = fallback_dir(state_dir)
    try:
        file = os.open(make_folder(folder) / "lock", _LOCK, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(file)
    except BlockingIOError:
        raise ReplayIsRunning(
            f"Another replay is at work in {str(folder)!r}",
            hint="Wait for it; heal fallback status shows what is left",
        ) from None
    except OSError as error:
        raise RecordError(
            f"What waits in {str(folder)!r} cannot be worked on: {error.strerror}",
            hint="Make the folder writable, or name another with --state-dir",
        ) from error
