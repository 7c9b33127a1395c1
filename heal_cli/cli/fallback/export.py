"""`heal fallback export`: entries as files that any tool reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.cli.fallback.shared import Named, find_entries, open_fallback
from heal_cli.cli.options import Config, Json, StateDir
from heal_cli.cli.terminal import clean, note, say, say_json
from heal_cli.errors import RecordError, SpoolError

if TYPE_CHECKING:
    from heal_cli.model import Batch
    from heal_cli.resilience import Entry


def export(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="Where the files go.")],
    entry: Named = None,
    state_dir: StateDir = None,
    config: Config = None,
    json: Json = None,
) -> None:
    """Write entries to files that any tool reads.

    CSV of the parsed rows, or the source as it was.

    Records that are broken go to a file of their own, byte for byte. A damaged entry is told, and costs the
    others nothing; the command ends with 1 then.

    What is exported stays in the spool; throw it away with: heal fallback discard
    """
    _, spool, _ = open_fallback(state_dir, None, config)
    found = find_entries(spool, entry)
    try:
        to.mkdir(parents=True, exist_ok=True)
        written, damaged = _export_all(found, to)
    except OSError as error:
        raise RecordError(
            f"Entries cannot be exported to {str(to)!r}: {error.strerror}",
            hint="Name another folder with --to",
        ) from error
    if json:
        say_json({"files": written, "damaged": damaged})
    else:
        for path in written:
            say(clean(path))
    if damaged:
        raise typer.Exit(SpoolError.exit_code)


def _export_all(entries: list[Entry], folder: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The files, and the entries that are damaged with the reason."""
    written: list[str] = []
    damaged: list[dict[str, str]] = []
    for entry in entries:
        try:
            written += map(str, _export(entry, folder))
        except SpoolError as error:
            damaged.append({"entry": entry.name, "reason": error.message})
            note(f"{entry.name} is damaged: {error}")
    return written, damaged


def _export(entry: Entry, folder: Path) -> list[Path]:
    """Write an entry; for its owner only, as the spool is."""
    import os
    import shutil

    from heal_cli.resilience import check_stored, read_batch, read_manifest

    manifest = read_manifest(entry)
    kept = os.umask(0o077)
    try:
        if manifest.kind == "source":
            name = Path(manifest.source.name).name
            path = folder / f"{entry.name}.{'stdin' if name == '-' else name}"
            shutil.copyfile(check_stored(entry, manifest), path)
            return [path]
        batch = read_batch(entry, manifest, locate=lambda frame: lambda rows: frame)
        return _export_batch(batch, folder / entry.name)
    finally:
        os.umask(kept)


def _export_batch(batch: Batch, stem: Path) -> list[Path]:
    from heal_cli.heal import as_text
    from heal_cli.model import ROW

    frame, broken = batch.frame, batch.broken
    rows = stem.with_name(f"{stem.name}.csv")
    frame.select(as_text(frame[name]) for name in frame.columns if name != ROW).write_csv(rows, null_value="")
    if not broken.height:
        return [rows]
    raw = batch.locate(broken[ROW])["raw"].drop_nulls().to_list()
    rest = stem.with_name(f"{stem.name}.broken")
    rest.write_bytes(b"".join(record if record.endswith(b"\n") else record + b"\n" for record in raw))
    return [rows, rest]
