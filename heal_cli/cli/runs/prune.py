"""`heal runs prune`: restore points of old runs, deleted."""

from __future__ import annotations

from typing import Annotated

import typer

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.runs.shared import WHERE, ledger
from heal_cli.cli.taking_flags import with_flags
from heal_cli.cli.terminal import say, say_json
from heal_cli.errors import UsageError
from heal_cli.wording import counted


@with_flags(*WHERE, "json", "yes")
def prune(
    flags: LoadFlags,
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, metavar="DAYS", help="Only those that are older.")
    ] = 30,
) -> None:
    """Delete the restore points of old runs.

    What rows were before those runs changed them: they cannot be undone any more.
    """
    from datetime import timedelta

    from heal_cli.write import prune_restore_points

    if not flags.yes:
        raise UsageError(
            f"Runs with --mode from more than {older_than} days ago could not be undone any more",
            hint="Say --yes if that is meant",
        )
    with ledger(flags) as connection:
        count, freed = prune_restore_points(connection, older_than=timedelta(days=older_than))
    if flags.json:
        say_json({"runs": count, "bytes": freed})
        return
    say(f"deleted the restore points of {counted(count, 'run')} ({freed:,} bytes)")
