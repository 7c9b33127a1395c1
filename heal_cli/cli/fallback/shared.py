"""What the verbs of `heal fallback` share: the spool, and which entries of it are meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from heal_cli.errors import SpoolError, UsageError

if TYPE_CHECKING:
    from heal_cli.resilience import EmergencyLog, Entry, Manifest, Spool

Named = Annotated[
    str | None, typer.Argument(metavar="ENTRY|RUN", help="An entry's name, or the run that made it.")
]


def open_fallback(
    state_dir: str | None, emergency_log: str | None, config: str | None
) -> tuple[str, Spool, EmergencyLog]:
    """The state folder, its spool and its emergency log."""
    from heal_cli.resilience import EmergencyLog, Spool, emergency_path
    from heal_cli.settings import load_settings

    settings = load_settings({"state_dir": state_dir, "emergency_log": emergency_log}, config=config)
    place = settings.state_dir
    return place, Spool(place), EmergencyLog(emergency_path(place, settings.emergency_log))


def find_entries(spool: Spool, name: str | None) -> list[Entry]:
    """The entries that are meant, set aside or not.

    Raises:
        UsageError: There is none.
    """
    return among([*spool.entries(), *spool.set_aside_entries()], name)


def among(entries: list[Entry], name: str | None) -> list[Entry]:
    """Those of that name, or of that run; all where none is named.

    Raises:
        UsageError: There is none.
    """
    found = [entry for entry in entries if name is None or f"{entry.name}.".startswith(f"{name}.")]
    if not found:
        raise UsageError(
            f"There is no such entry: {name!r}" if name else "There is no entry",
            hint="See what there is with: heal fallback status",
        )
    return found


def manifest_of(entry: Entry) -> Manifest | None:
    """What an entry says of itself; None of a damaged one."""
    from heal_cli.resilience import read_manifest

    try:
        return read_manifest(entry)
    except SpoolError:
        return None
