"""`heal fallback discard`: entries thrown away for good."""

from __future__ import annotations

from typing import Annotated

import typer

from heal_cli.cli.fallback.shared import Named, find_entries, manifest_of, open_fallback
from heal_cli.cli.options import Config, EmergencyLogPath, Json, StateDir, Yes
from heal_cli.cli.terminal import say, say_json
from heal_cli.errors import UsageError
from heal_cli.wording import counted


def discard(
    entry: Named = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that waits and all that was set aside, the events too.")
    ] = False,
    state_dir: StateDir = None,
    emergency_log: EmergencyLogPath = None,
    config: Config = None,
    json: Json = None,
    yes: Yes = None,
) -> None:
    """Throw entries away for good; export them first."""
    if (entry is None) == (not everything):
        raise UsageError("Say what to throw away: an entry, a run, or --all")
    from heal_cli.resilience import hold_lock

    place, spool, log = open_fallback(state_dir, emergency_log, config)
    with hold_lock(place):
        found = [*spool.entries(), *spool.set_aside_entries()] if everything else find_entries(spool, entry)
        rows = sum(manifest.rows for one in found if (manifest := manifest_of(one)))
        if not yes:
            raise UsageError(
                f"{counted(len(found), 'entry', 'entries')} with {counted(rows, 'row')} would be lost for good",
                hint="Keep them with heal fallback export --to FOLDER, or say --yes",
            )
        for one in found:
            spool.remove(one)
        if everything:
            log.rotate()
            for path in log.files():
                path.unlink(missing_ok=True)
    if json:
        say_json({"entries": [one.name for one in found], "rows": rows, "events": everything})
        return
    say(f"threw away {counted(len(found), 'entry', 'entries')} with {counted(rows, 'row')}")
