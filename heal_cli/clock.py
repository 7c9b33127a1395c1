"""A moment as the clock of whoever reads it has it."""

from __future__ import annotations

from datetime import datetime


def local_time(at: datetime) -> datetime:
    """The same moment by this machine's time zone, without one.

    `astimezone()` cannot say offsets of a day and more, which POSIX allows in TZ.
    """
    return datetime.fromtimestamp(at.timestamp())  # noqa: DTZ006
