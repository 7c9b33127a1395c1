"""`heal`, and `python -m heal_cli`: the command line, quiet also when Ctrl-C comes while it is still imported."""

from __future__ import annotations

import gc
import os
import sys

_INTERRUPTED = 130


def _open_missing_streams() -> None:
    """Empty streams in place of those that a daemon closed: else the next file or socket would take their number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.open(os.devnull, os.O_RDWR), mode))  # noqa: PTH123, SIM115  a number, open to the end


def main() -> None:
    """Run the command line and exit."""
    _open_missing_streams()
    # What the imports make lives until the end: to look through it for garbage costs a start 0.1 s of its 0.9.
    gc.set_threshold(50_000)
    try:
        from heal_cli.cli.app import run
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    code = run(sys.argv[1:])
    # Else the interpreter looks through all of it for garbage once more before it goes: 0.1 s.
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
