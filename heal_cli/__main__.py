"""`heal`, and `python -m heal_cli`: the command line, quiet also when Ctrl-C comes while it is still imported."""

from __future__ import annotations

import sys

_INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit."""
    try:
        from heal_cli.cli.app import run
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
