"""`heal`, and `python -m heal_cli`: the command line, quiet also when Ctrl-C comes while it is still imported."""

from __future__ import annotations

import gc
import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit."""
    # What the imports make lives until the end: to look through it for garbage costs a start 0.1 s of its 0.9.
    gc.set_threshold(50_000)
    try:
        from heal_cli.cli.app import run
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
