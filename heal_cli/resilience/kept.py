"""A small private file that is there whole with its checksum, or counts as not there."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from heal_cli.durable import open_folder
from heal_cli.resilience.entry import sync, write_new

_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def keep(path: Path, document: bytes) -> None:
    """Put the document at the path, in one step, over whatever was there.

    Raises:
        OSError: It is not there; what was there before is.
    """
    os.close(open_folder(path.parent))
    new = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_new(new, hashlib.sha256(document).hexdigest().encode() + b"\n" + document)
        new.replace(path)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
    sync(path.parent)


def recall(path: Path) -> bytes | None:
    """The document at the path; None where there is none, or where it is not what was put there."""
    try:
        with os.fdopen(os.open(path, _READ), "rb") as file:
            digest, _, document = file.read().partition(b"\n")
    except OSError:
        return None
    return document if hashlib.sha256(document).hexdigest().encode() == digest else None
