"""`heal fallback show`: entries, where they are from and where they go, and their first rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.fallback.shared import Named, find_entries, manifest_of, open_fallback
from heal_cli.cli.options import MOST, Config, Json, StateDir
from heal_cli.cli.terminal import clean, note, say, say_json
from heal_cli.clock import local_time
from heal_cli.errors import SpoolError
from heal_cli.wording import counted

if TYPE_CHECKING:
    from heal_cli.resilience import Entry, Manifest


def show(
    entry: Named = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=MOST, metavar="N", help="At most N rows.")
    ] = 10,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Show where entries are from, where they go, and rows."""
    _, spool, _ = open_fallback(state_dir, None, config)
    entries = find_entries(spool, entry)
    if json:
        say_json({"entries": [_document(found) for found in entries]})
        return
    for found in entries:
        try:
            _show(found, limit)
        except SpoolError as error:
            note(f"{found.name} is damaged: {error}")


def _show(entry: Entry, limit: int) -> None:
    from heal_cli.resilience import read_manifest

    manifest = read_manifest(entry)
    say(
        clean(
            f"{entry.name}: {counted(manifest.rows, 'row')} of {manifest.source.name} for {manifest.target.table}"
        )
    )
    say(clean(f"  from {local_time(manifest.made_at):%Y-%m-%d %H:%M} by: {manifest.command}"))
    if (tries := entry.tries).tries:
        say(clean(f"  tried {tries.tries} times, last: {tries.reason}"))
    for line in _first_rows(entry, manifest, limit):
        say(f"    {clean(line)}")


def _document(entry: Entry) -> dict[str, object]:
    """An entry with its whole manifest, None of a damaged one, and what became of it."""
    tries = entry.tries
    return {
        "entry": entry.name,
        "tries": tries.tries,
        "reason": tries.reason,
        "manifest": manifest_of(entry),
    }


def _first_rows(entry: Entry, manifest: Manifest, limit: int) -> list[str]:
    if manifest.kind == "source":
        return []
    from heal_cli.heal import as_text
    from heal_cli.resilience import read_batch

    frame = read_batch(entry, manifest, locate=lambda frame: lambda rows: frame).frame.head(limit)
    texts = [as_text(frame[name]).to_list() for name in frame.columns]
    return [" | ".join("NULL" if cell is None else cell for cell in row) for row in zip(*texts, strict=True)]
