"""Files that a command writes where it is told: never over what is something else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from heal_cli.errors import UsageError

_LOOKED_AT_BYTES: Final = 2**16


def save_text(path: str, text: str, *, key: str, what: str) -> None:
    """Write a file, anew where one of the same kind is there: a slip of a flag must not cost a source.

    Args:
        key: Of TOML, at the beginning of a line in every file of the kind.
        what: What the file is, for messages: 'a plan'.

    Raises:
        UsageError: It cannot be written, or something else is there.
    """
    try:
        if not _may_replace(Path(path), key):
            raise UsageError(
                f"{path!r} is there and is not {what}", hint="Name another file, or remove that one first"
            )
        Path(path).write_text(text, "utf-8")
    except OSError as exc:
        raise UsageError(f"{path!r} cannot be written: {exc.strerror}") from exc


def _may_replace(path: Path, key: str) -> bool:
    """Nothing, a device, an empty file, or one of the kind."""
    if not path.is_file():
        return True
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT_BYTES)
    return not start or re.search(rb"^" + key.encode() + rb"\b", start, re.MULTILINE) is not None
