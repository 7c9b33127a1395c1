"""One entry of the spool: a folder whose files are checked against its manifest when they are read."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from heal_cli.durable import open_folder, sync_folder
from heal_cli.errors import SpoolError
from heal_cli.model import Batch
from heal_cli.resilience.manifest import Manifest, unseal
from heal_cli.resilience.packing import Locate, unpack

MANIFEST: Final = "manifest.json"
STORED: Final = "stored"  # of a `source` entry: the source, byte for byte
NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_TRIES: Final = "tries.json"
_BLOCK: Final = 2**20


@dataclass(frozen=True, slots=True)
class Tries:
    """How often replay has tried an entry, and what stopped it."""

    tries: int = 0  # that ended in an error
    reason: str = ""
    begun: int = 0  # that were begun: a killed one ends in nothing
    away: int = 0  # that ended since server, table or disk was not to be had: no fault of the entry


@dataclass(frozen=True, slots=True)
class Entry:
    """A folder of the spool."""

    path: Path

    @property
    def name(self) -> str:
        """Sorts as the rows were read: run, source, batch."""
        return self.path.name

    @property
    def stored_bytes(self) -> int:
        """Size of the source that it holds as it was stored; 0 where it holds a batch."""
        return size_of(self.path / STORED)

    @property
    def size(self) -> int:
        """Bytes of all its files; 0 when it has just gone."""
        return sum(size_of(found) for found in listed(self.path))

    @property
    def tries(self) -> Tries:
        """What replay noted; nothing where it never came by."""
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode((self.path / _TRIES).read_bytes(), type=Tries)
        return Tries()

    def forget_tries(self) -> None:
        """As if replay had never come by."""
        (self.path / _TRIES).unlink(missing_ok=True)

    def note(self, tries: Tries) -> None:
        """Keep what came of a try, through any crash; on a full disk what is known stays as it was."""
        new = self.path / f"{_TRIES}.new"
        new.unlink(missing_ok=True)
        try:
            write_new(new, msgspec.json.encode(tries))
        except OSError as error:
            if error.errno not in FULL:
                raise
            new.unlink(missing_ok=True)
            return  # nothing makes room but to go on
        new.replace(self.path / _TRIES)
        sync(self.path)


def read_manifest(entry: Entry) -> Manifest:
    """What the entry says of itself.

    Raises:
        SpoolError: It is damaged or gone.
    """
    path = entry.path / MANIFEST
    try:
        return unseal(path.read_bytes(), str(path))
    except OSError as error:
        raise SpoolError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def read_batch(entry: Entry, manifest: Manifest, *, locate: Callable[[pl.DataFrame], Locate]) -> Batch:
    """The batch of an entry, every byte of it checked.

    Args:
        locate: See `unpack`.

    Raises:
        SpoolError: A file is missing, cut short or changed.
    """
    files = {}
    for name, digest in manifest.files.items():
        path = entry.path / name
        try:
            data = path.read_bytes()
        except OSError as error:
            raise SpoolError(f"{str(path)!r} cannot be read: {error.strerror}") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise SpoolError(f"{str(path)!r} is not what was written: its checksum differs")
        files[name] = data
    return unpack(manifest, files, locate=locate)


def check_stored(entry: Entry, manifest: Manifest) -> Path:
    """The stored source of an entry, every byte of it checked.

    Raises:
        SpoolError: It is missing, cut short or changed.
    """
    path = entry.path / STORED
    try:
        digest = digest_of(path)
    except OSError as error:
        raise SpoolError(f"{str(path)!r} cannot be read: {error.strerror}") from error
    if digest != manifest.files.get(STORED):
        raise SpoolError(f"{str(path)!r} is not what was written: its checksum differs")
    return path


def is_stored_in(entry: Entry, manifest: Manifest, read: Callable[[int], bytes]) -> bool:
    """What is read begins with the stored source of an entry, or is it."""
    left = entry.stored_bytes
    summed = hashlib.sha256()
    while left and (block := read(min(left, _BLOCK))):
        summed.update(block)
        left -= len(block)
    return not left and summed.hexdigest() == manifest.files.get(STORED)


def listed(folder: Path) -> Iterator[Path]:
    """What stands in a folder; nothing where there is none, or can be none."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        yield from folder.iterdir()


def size_of(path: Path) -> int:
    """Bytes of a file; 0 when it has just gone."""
    try:
        return path.lstat().st_size
    except FileNotFoundError:
        return 0


def write_new(path: Path, data: bytes) -> None:
    """A file of our own that did not exist, on disk when this returns."""
    file = os.open(path, NEW, 0o600)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(folder: Path) -> None:
    """Make new names in the folder durable."""
    handle = open_folder(folder)
    try:
        sync_folder(handle)
    finally:
        os.close(handle)
