"""Rejects that nobody wants any more: moved aside, never deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from heal_cli.errors import RecordError

FOLDER: Final = "archive"


def archive(path: Path) -> Path:
    """Where the file is now: in the folder `archive` beside it, under its own name or one with a number.

    Raises:
        RecordError: It could not be moved; it is where it was.
    """
    folder = path.parent / FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        target, number = folder / path.name, 1
        while target.exists():
            number += 1
            target = folder / f"{path.name}.{number}"
        return path.rename(target)
    except OSError as exc:
        raise RecordError(
            f"{str(path)!r} cannot be moved to {str(folder)!r}: {exc.strerror}",
            hint="Move it by hand, or make its folder writable",
        ) from exc
