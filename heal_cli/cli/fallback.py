"""`heal fallback`: what waits for the database, looked at, saved elsewhere or thrown away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.groups import GroupedCommand
from heal_cli.cli.options import Config, EmergencyLogPath, Json, StateDir, Yes
from heal_cli.cli.terminal import clean, console, counted, note, say, say_json
from heal_cli.clock import local_time
from heal_cli.errors import SpoolError, UsageError

if TYPE_CHECKING:
    from heal_cli.resilience import EmergencyLog, Entry, Manifest, Spool

app = typer.Typer(
    help="See and manage what waits for the database.", no_args_is_help=True, rich_markup_mode=None
)

_Entry = Annotated[
    str | None, typer.Argument(metavar="[ENTRY|RUN]", help="An entry's name, or the run that made it.")
]


@app.callback()
def fallback() -> None:
    """See and manage what waits for the database."""


@app.command(cls=GroupedCommand)
def status(
    state_dir: StateDir = None,
    emergency_log: EmergencyLogPath = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show how much waits, what was set aside and why, and the breakers."""
    from heal_cli.resilience import breaker_states

    place, spool, log = _open(state_dir, emergency_log, config)
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
        f"{counted(len(waiting), 'batch', 'batches')} ({rows:,} rows, {spool.size:,} bytes) and {counted(events, 'event')} wait in {spool.folder}"
    )
    for breaker in breakers:
        since = "" if breaker["state"] == "closed" else f", last opened {breaker['opened_at']}"
        say(f"breaker {clean(str(breaker['name']))}: {breaker['state']}{since}")
    if waiting:
        _table(waiting)
        note("bring them home with: heal replay-fallback")
    for facts in aside:
        say(clean(f"set aside {facts['entry']}: {facts['reason']}"))


@app.command(cls=GroupedCommand)
def show(
    entry: _Entry = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, metavar="N", help="At most N rows.")] = 10,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show entries: where they are from, where they go, and their first rows."""
    _, spool, _ = _open(state_dir, None, config)
    entries = _find(spool, entry)
    if json:
        say_json({"entries": [_document(found) for found in entries]})
        return
    for found in entries:
        manifest = _manifest(found)
        if manifest is None:
            note(f"{found.name} is damaged: {found.tries.reason}")
            continue
        say(
            clean(
                f"{found.name}: {manifest.rows:,} rows of {manifest.source.name} for {manifest.target.table}"
            )
        )
        say(clean(f"  from {local_time(manifest.made_at):%Y-%m-%d %H:%M} by: {manifest.command}"))
        if (tries := found.tries).tries:
            say(clean(f"  tried {tries.tries} times, last: {tries.reason}"))
        for line in _first_rows(found, manifest, limit):
            say(f"    {clean(line)}")


@app.command(cls=GroupedCommand)
def export(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the files go.")],
    entry: _Entry = None,
    state_dir: StateDir = None,
    config: Config = None,
) -> None:
    """Write entries to files that any tool reads: CSV of the parsed rows, or the source as it was.

    What is exported stays in the spool; throw it away with: heal fallback discard
    """
    _, spool, _ = _open(state_dir, None, config)
    to.mkdir(parents=True, exist_ok=True)
    for found in _find(spool, entry):
        say(clean(str(_export(found, to))))


@app.command(cls=GroupedCommand)
def discard(
    entry: _Entry = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All that waits and all that was set aside.")
    ] = False,
    state_dir: StateDir = None,
    emergency_log: EmergencyLogPath = None,
    config: Config = None,
    yes: Yes = None,
) -> None:
    """Throw entries away for good; with --all the events, too. Export them first."""
    if (entry is None) == (not everything):
        raise UsageError("Say what to throw away: an entry, a run, or --all")
    from heal_cli.resilience import hold_lock

    place, spool, log = _open(state_dir, emergency_log, config)
    found = [*spool.entries(), *spool.set_aside_entries()] if everything else _find(spool, entry)
    rows = sum(manifest.rows for one in found if (manifest := _manifest(one)))
    if not yes:
        raise UsageError(
            f"{len(found)} entries with {rows:,} rows would be lost for good",
            hint="Keep them with heal fallback export --to FOLDER, or say --yes",
        )
    with hold_lock(place):
        for one in found:
            spool.remove(one)
        if everything:
            log.rotate()
            for path in log.files():
                path.unlink(missing_ok=True)
    say(f"threw away {len(found)} entries with {rows:,} rows")


def _open(
    state_dir: str | None, emergency_log: str | None, config: str | None
) -> tuple[str, Spool, EmergencyLog]:
    from heal_cli.resilience import EmergencyLog, Spool, emergency_path
    from heal_cli.settings import load_settings

    settings = load_settings({"state_dir": state_dir, "emergency_log": emergency_log}, config=config)
    place = settings.state_dir
    return place, Spool(place), EmergencyLog(emergency_path(place, settings.emergency_log))


def _find(spool: Spool, name: str | None) -> list[Entry]:
    """The entries that are meant, set aside or not.

    Raises:
        UsageError: There is none.
    """
    every = [*spool.entries(), *spool.set_aside_entries()]
    found = [
        entry for entry in every if name is None or entry.name == name or entry.name.startswith(f"{name}.")
    ]
    if not found:
        raise UsageError(
            f"There is no entry {name!r} in the spool" if name else "Nothing waits",
            hint="See what there is with: heal fallback status",
        )
    return found


def _manifest(entry: Entry) -> Manifest | None:
    """What an entry says of itself; None of a damaged one."""
    from heal_cli.resilience import read_manifest

    try:
        return read_manifest(entry)
    except SpoolError:
        return None


def _facts(entry: Entry) -> dict[str, object]:
    manifest = _manifest(entry)
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


def _document(entry: Entry) -> dict[str, object]:
    """An entry with its whole manifest, None of a damaged one, and what became of it."""
    tries = entry.tries
    return {
        "entry": entry.name,
        "tries": tries.tries,
        "reason": tries.reason,
        "manifest": _manifest(entry),
    }


def _first_rows(entry: Entry, manifest: Manifest, limit: int) -> list[str]:
    if manifest.kind == "source":
        return []
    from heal_cli.heal import as_text
    from heal_cli.resilience import read_batch

    frame = read_batch(entry, manifest, locate=lambda frame: lambda rows: frame).frame.head(limit)
    texts = [as_text(frame[name]).to_list() for name in frame.columns]
    return [" | ".join("NULL" if cell is None else cell for cell in row) for row in zip(*texts, strict=True)]


def _export(entry: Entry, folder: Path) -> Path:
    import os
    import shutil

    from heal_cli.heal import as_text
    from heal_cli.resilience import check_stored, read_batch, read_manifest

    manifest = read_manifest(entry)
    kept = os.umask(0o077)  # row values are for the one who exports them
    try:
        if manifest.kind == "source":
            name = Path(manifest.source.name).name
            path = folder / f"{entry.name}.{'stdin' if name == '-' else name}"
            shutil.copyfile(check_stored(entry, manifest), path)
            return path
        path = folder / f"{entry.name}.csv"
        frame = read_batch(entry, manifest, locate=lambda frame: lambda rows: frame).frame
        frame.select(as_text(frame[name]) for name in frame.columns[1:]).write_csv(path, null_value="")
        return path
    finally:
        os.umask(kept)


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
