"""Run ids."""

from __future__ import annotations

import os
import time
import uuid
from contextlib import suppress


def new_run_id(after: str | None = None) -> str:
    """A UUIDv7 (RFC 9562): unique, and in the order in which runs began.

    The standard library makes them from Python 3.14 on.

    Args:
        after: An earlier run that it has to sort behind, also where the clock was set back since.
    """
    moment = time.time_ns() // 1_000_000
    if after is not None:
        with suppress(ValueError):  # a name that is no run's
            moment = max(moment, (uuid.UUID(after).int >> 80) + 1)
    value = moment << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))
