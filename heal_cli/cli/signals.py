"""Ctrl-C, SIGTERM and SIGHUP: the first lets the batches in flight finish, the second ends heal at once."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_SHOW_CURSOR: Final = "\x1b[?25h"


class StopRequest:
    """Whether a signal has asked the run to stop, and which."""

    def __init__(self) -> None:
        self.signal_number: int | None = None

    def __call__(self) -> int:
        """The number of the signal that came, else 0: what the engine asks between batches."""
        return self.signal_number or 0

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Handle a signal: note the first, die of the second.

        A terminal that goes away is nobody's wish to stop at once, and shell and kernel may both tell of it.
        """
        is_hangup = number == signal.SIGHUP
        if self.signal_number is not None:
            if is_hangup:
                return
            _die(number)
        self.signal_number = signal.SIGTERM if is_hangup else number
        _write("heal: stopping after the batches in flight; the same signal again stops at once\n")

    def exit_code(self, code: int) -> int:
        """The exit code of a run that ended with `code`: 143 in place of 130 when no Ctrl-C stopped it."""
        return 128 + self.signal_number if self.signal_number is not None and code in (130, 143) else code


@contextmanager
def stop_on_signal() -> Iterator[StopRequest]:
    """A StopRequest that these signals fill while the block runs; for the main thread.

    Under nohup SIGHUP stays ignored.
    """
    request = StopRequest()
    is_nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    numbers = [number for number in _SIGNALS if number != signal.SIGHUP or not is_nohup]
    before = {number: signal.signal(number, request.receive) for number in numbers}
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
