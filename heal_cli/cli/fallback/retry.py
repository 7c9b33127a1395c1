"""`heal fallback retry`: what replay gave up goes back to where it finds it."""

from __future__ import annotations

from heal_cli.cli.fallback.shared import Named, among, manifest_of, open_fallback
from heal_cli.cli.options import Config, Json, StateDir, Yes
from heal_cli.cli.terminal import note, say, say_json
from heal_cli.errors import UsageError
from heal_cli.wording import counted


def retry(
    entry: Named = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
    yes: Yes = None,
) -> None:
    """Put entries back that were set aside.

    Once their reason is mended; the next replay brings them home.

    heal fallback retry && heal replay-fallback
    """
    from heal_cli.resilience import hold_lock

    place, spool, _ = open_fallback(state_dir, None, config)
    with hold_lock(place):
        found = among(spool.set_aside_entries(), entry)
        if not yes and any(
            manifest.options.write.changes_rows for one in found if (manifest := manifest_of(one))
        ):
            raise UsageError(
                "Changes that were set aside would go in after later ones, over whatever those made of the rows",
                hint="Say --yes if that is meant, or see what they are with: heal fallback show",
            )
        for one in found:
            spool.put_back(one)
    if json:
        say_json({"entries": [one.name for one in found]})
        return
    say(f"{counted(len(found), 'entry waits', 'entries wait')} again")
    note("bring them home with: heal replay-fallback")
