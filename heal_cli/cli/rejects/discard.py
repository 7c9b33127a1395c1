"""`heal rejects discard`: rejects that nobody wants any more go to an archive."""

from __future__ import annotations

import sys

import typer

from heal_cli.cli.options import Config, Json, StateDir, Yes
from heal_cli.cli.rejects.find import Named, find_rejects, state_dir_of
from heal_cli.cli.terminal import clean, note, say, say_json
from heal_cli.errors import UsageError


def discard(
    rejects: Named = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
    yes: Yes = None,
) -> None:
    """Move a rejects file to the archive.

    That is the folder 'archive' beside it; nothing is deleted.
    """
    from heal_cli.record import archive, iter_rejects

    path = find_rejects(rejects, state_dir_of(state_dir, config))
    rows = sum(record.settled is None for record in iter_rejects(path))
    said_rows = f"{rows:,} rejected {'row' if rows == 1 else 'rows'}"
    if not yes:
        _ask(f"Archive {said_rows} of {str(path)!r}?")
    target = archive(path)
    if json:
        say_json({"path": str(path), "archived": str(target), "rows": rows})
        return
    say(f"archived {said_rows}: {clean(str(target))}")
    note("heal rejects takes that path, too, if they are wanted after all")


def _ask(question: str) -> None:
    """Go on only after a yes.

    Raises:
        UsageError: Nobody is there to ask.
        Abort: The answer is no.
    """
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(
            "Archiving rejects needs a yes, and there is no terminal to ask on", hint="Say it with --yes"
        )
    if not typer.confirm(clean(question), err=True):
        raise UsageError("Nothing was archived")
