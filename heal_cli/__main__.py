"""`heal`, and `python -m heal_cli`: the command line, in order also when a signal comes while it is still imported."""

from __future__ import annotations

import gc
import os
import signal
import sys
from contextlib import suppress
from types import FrameType

_INTERRUPTED = 130
_ENDED = 143


def _open_missing_streams() -> None:
    """Empty streams in place of those that a daemon closed: else the next file or socket would take their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode))  # noqa: PTH123, SIM115  a number, open to the end


def _end(number: int, frame: FrameType | None) -> None:
    """Leave as after an error: what is open is rolled back and closed; a load or a replay has its own way to stop."""
    with suppress(OSError):  # of SIGHUP the terminal is gone
        os.write(
            2,
            f"heal: Ended by {signal.Signals(number).name}; what was not committed is rolled back\n".encode(),
        )
    sys.exit(_ENDED)


def main() -> None:
    """Run the command line and exit."""
    _open_missing_streams()
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    # What the imports make lives until the end: to look through it for garbage costs a start 0.1 s of its 0.9.
    gc.set_threshold(200_000)
    try:
        from heal_cli.cli.app import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # while it is imported, or once more while the first is told
        code = _INTERRUPTED
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is told: one more ends what is left, untold
    # Else the interpreter looks through all of it for garbage once more before it goes: 0.1 s.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
