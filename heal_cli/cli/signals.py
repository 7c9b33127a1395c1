"""Ctrl-C and SIGTERM: the first lets the batches in flight finish, the second ends heal at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SHOW_CURSOR: Final = "\x1b[?25h"


class StopRequest:
    """Whether a signal has asked the run to stop, and which."""

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def __call__(self) -> int:
        """The number of the signal that came, else 0: what the engine asks between batches."""
        return self.signal_number or 0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: note the first, die of the second."""
        if self.signal_number is not None:
            _die(number)
        self.signal_number = number
        _write("heal: stopping after the batches in flight; the same signal again stops at once\n")

    def exit_code(self, code: int) -> int:
        """The exit code of a run that ended with `code`: 143 in place of 130 when SIGTERM stopped it."""
        return 128 + self.signal_number if self.signal_number is not None and code in (130, 143) else code


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """A StopRequest that SIGINT and SIGTERM fill while the block runs; for the main thread."""
    request = StopRequest()
    before = {number: signal.signal(number, request.receive) for number in _SIGNALS}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _die(number: int) -> None:
    """End as the signal ends any program; the server rolls back what was not committed."""
    if sys.stderr.isatty():
        _write(_SHOW_CURSOR)
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)


def _write(text: str) -> None:
    """Straight to stderr: a handler may interrupt a buffered write of the same stream.

    Where nobody reads it any more, the batches in flight are finished all the same.
    """
    with suppress(OSError):
        os.write(2, text.encode())
