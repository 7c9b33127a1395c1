"""`heal fallback status`: how much waits, what was set aside, and the breakers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from heal_cli.cli.fallback.shared import manifest_of, open_fallback
from heal_cli.cli.options import Config, EmergencyLogPath, Json, StateDir
from heal_cli.cli.terminal import clean, console, note, say, say_json
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.resilience import Entry


def status(
    state_dir: StateDir = None,
    emergency_log: EmergencyLogPath = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show how much waits, and what was set aside and why.

    And the breakers: which database nobody calls for now.
    """
    from heal_cli.resilience import breaker_states

    place, spool, log = open_fallback(state_dir, emergency_log, config)
    waiting = [_facts(entry) for entry in spool.entries()]
    aside = [{**_facts(entry), "reason": entry.tries.reason} for entry in spool.set_aside_entries()]
    breakers = [
        {
            "name": found.name,
            "state": found.state,
            "opened_at": found.opened_at.isoformat(timespec="seconds") if found.opened_at else None,
        }
        for found in breaker_states(place)
    ]
    events = sum(1 for _ in log.events())
    document = {
        "entries": waiting,
        "aside": aside,
        "events": events,
        "breakers": breakers,
        "bytes": spool.size,
        "spool": str(spool.folder),
        "emergency_log": str(log.path),
    }
    if json:
        say_json(document)
        return
    rows = sum(int(str(facts["rows"])) for facts in waiting)
    say(
        f"{counted(len(waiting), 'batch', 'batches')} ({counted(rows, 'row')}, {spool.size:,} bytes) and {counted(events, 'event')} wait in {spool.folder}"
    )
    for breaker in breakers:
        since = "" if breaker["state"] == "closed" else f", last opened {breaker['opened_at']}"
        say(f"breaker {clean(str(breaker['name']))}: {breaker['state']}{since}")
    if waiting:
        _table(waiting)
        note("bring them home with: heal replay-fallback")
    for facts in aside:
        say(clean(f"set aside {facts['entry']}: {facts['reason']}"))


def _facts(entry: Entry) -> dict[str, object]:
    manifest = manifest_of(entry)
    facts: dict[str, object] = {"entry": entry.name, "bytes": entry.size, "tries": entry.tries.tries}
    if manifest is None:
        return {**facts, "rows": 0, "source": None, "table": None, "since": None}
    return {
        **facts,
        "rows": manifest.rows,
        "source": manifest.source.name,
        "table": manifest.target.table,
        "since": manifest.made_at.isoformat(timespec="seconds"),
    }


def _table(waiting: list[dict[str, object]]) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in ("entry", "rows", "source", "table", "since", "tries"):
        grid.add_column(heading, overflow="fold")
    for facts in waiting:
        grid.add_row(
            *(Text(clean(str(facts[key]))) for key in ("entry", "rows", "source", "table", "since", "tries"))
        )
    console().print(grid)
