"""The spool: batches and whole sources kept on disk while the database is away.

An entry is a folder that appears whole or not at all: its files are written and synced under another
name, then the folder is renamed, then the folder it stands in is synced. Every file has its checksum in the
manifest, and the manifest has its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Lock
from typing import BinaryIO, Final

from heal_cli.errors import SpoolError
from heal_cli.model import Batch
from heal_cli.resilience.entry import FULL, MANIFEST, NEW, STORED, Entry, digest_of, listed, sync, write_new
from heal_cli.resilience.manifest import Manifest, seal
from heal_cli.resilience.packing import pack
from heal_cli.resilience.places import fallback_dir, make_folder

_UNFINISHED: Final = ".tmp-"
_GONE: Final = ".gone-"
_RESERVE: Final = ".reserve-"
_STALE_S: Final = 86_400.0
"""Age at which what a killed process left half-written is swept: no live one writes for a day."""

_LOOK_AGAIN_S: Final = 2.0  # how long the measured size of a shared spool may be out of date


class Spool:
    """The spool of a state folder; several processes may put entries into it.

    Args:
        max_bytes: Past this no more is read; what is in flight still finds its place.
        reserve_bytes: Disk set aside at once for the batches in flight when the disk fills up.
    """

    def __init__(self, state_dir: str, *, max_bytes: int | None = None, reserve_bytes: int = 0) -> None:
        self._root = fallback_dir(state_dir)
        self._max_bytes = max_bytes
        self._reserve_bytes = reserve_bytes
        self._reserve: Path | None = None
        self._lock = Lock()
        self._measured = (float("-inf"), 0)
        self.full: str | None = None
        """Why nothing more should be read; None as long as there is room."""

    @property
    def folder(self) -> Path:
        """Where the entries stand."""
        return self._root / "spool"

    @property
    def aside(self) -> Path:
        """Where entries stand that replay gave up."""
        return self._root / "aside"

    def entries(self) -> list[Entry]:
        """What waits, first to last."""
        return _entries(self.folder)

    @property
    def newest_run(self) -> str | None:
        """The run whose entries are the last; None where nothing waits, or nothing can be seen."""
        try:
            names = [entry.name for entry in self.entries()]
        except PermissionError:
            return None
        return names[-1].partition(".")[0] if names else None

    def set_aside_entries(self) -> list[Entry]:
        """What replay gave up."""
        return _entries(self.aside)

    def put(self, manifest: Manifest, batch: Batch, *, with_places: bool = True) -> Entry:
        """Keep a parsed batch; it is on disk when this returns.

        Raises:
            SpoolError: It is not on disk; nothing of it is left there.
        """
        manifest, files = pack(manifest, batch, with_places=with_places)
        room = self.room
        if room is not None and room <= 0:
            self.full = "the spool holds all that --spool-bytes allows"

        def fill(folder: Path) -> Manifest:
            for name, data in files.items():
                write_new(folder / name, data)
            sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            return replace(manifest, files=sums)

        with self._told():
            try:
                return self._put(manifest.entry, fill)
            except OSError as error:
                if error.errno not in FULL:
                    raise
                self.full = f"the disk of {str(self.folder)!r} is full"
                self.close()  # the reserve is for this
                return self._put(manifest.entry, fill)

    def put_source(self, name: str, fill: Callable[[BinaryIO], Manifest]) -> Entry:
        """Keep a whole source as it is stored.

        Args:
            fill: Writes its bytes to the file, in no more than `room`, and returns what stands beside them.

        Raises:
            SpoolError: It is not on disk; nothing of it is left there.
        """

        def fill_folder(folder: Path) -> Manifest:
            with open(folder / STORED, "xb", opener=_private) as file:
                manifest = fill(file)
                file.flush()
                os.fsync(file.fileno())
            return replace(manifest, files={STORED: digest_of(folder / STORED)})

        with self._told():
            return self._put(name, fill_folder)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """An OSError becomes a SpoolError that names the folder and the way out."""
        try:
            yield
        except OSError as error:
            raise SpoolError(
                f"Nothing could be spooled to {str(self.folder)!r}: {error.strerror}",
                hint="Free some space or name another place with --state-dir, then run the same command again",
            ) from error

    def _put(self, name: str, fill: Callable[[Path], Manifest]) -> Entry:
        """Write an entry under another name, then let it appear."""
        unfinished = make_folder(self.folder) / f"{_UNFINISHED}{name}"
        self._set_reserve()
        try:
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir(mode=0o700)
            write_new(unfinished / MANIFEST, seal(fill(unfinished)))
            sync(unfinished)
            entry = Entry(self.folder / name)
            unfinished.rename(entry.path)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        sync(self.folder)
        with self._lock:
            when, size = self._measured
            self._measured = (when, size + entry.size)
        return entry

    def remove(self, entry: Entry) -> None:
        """Let go of an entry that the server has; in one step, so that no half of it is found later."""
        gone = entry.path.with_name(f"{_GONE}{entry.name}")
        entry.path.rename(gone)
        sync(gone.parent)
        shutil.rmtree(gone, ignore_errors=True)

    def set_aside(self, entry: Entry) -> Entry:
        """Out of replay's way, with the reason beside it; `heal fallback show` tells of it."""
        make_folder(self.aside)
        there = Entry(self.aside / entry.name)
        entry.path.rename(there.path)
        sync(self.aside)
        sync(self.folder)
        return there

    def put_back(self, entry: Entry) -> Entry:
        """Back to where replay finds it, as if it had never been tried."""
        entry.forget_tries()
        there = Entry(make_folder(self.folder) / entry.name)
        entry.path.rename(there.path)
        sync(self.folder)
        return there

    def sweep(self) -> None:
        """Take away what killed processes left: entries on their way out, and stale ones on their way in."""
        for path in listed(self.folder):
            with contextlib.suppress(FileNotFoundError):  # its owner was quicker
                is_stale = time.time() - path.lstat().st_mtime > _STALE_S
                if path.name.startswith(_RESERVE) and is_stale:
                    path.unlink()
                elif path.name.startswith(_GONE) or (path.name.startswith(_UNFINISHED) and is_stale):
                    shutil.rmtree(path, ignore_errors=True)

    def close(self) -> None:
        """Give back the disk that was set aside."""
        with self._lock:
            if self._reserve is not None:
                self._reserve.unlink(missing_ok=True)
                self._reserve = None

    @property
    def size(self) -> int:
        """Bytes of all entries."""
        return sum(entry.size for entry in self.entries())

    @property
    def room(self) -> int | None:
        """Bytes that may still be put, None for no limit."""
        if self._max_bytes is None:
            return None
        with self._lock:
            if time.monotonic() - self._measured[0] > _LOOK_AGAIN_S:
                self._measured = (time.monotonic(), self.size)
        return self._max_bytes - self._measured[1]

    def _set_reserve(self) -> None:
        with self._lock:
            if self._reserve is not None or not self._reserve_bytes or self.full:
                return
            path = self.folder / f"{_RESERVE}{os.getpid()}-{id(self)}"
            file = os.open(path, NEW, 0o600)
            self._reserve = path
            try:
                os.posix_fallocate(file, 0, self._reserve_bytes)
            except OSError:
                # No room for it is little room: what is in flight is put first, then reading stops.
                os.ftruncate(file, 0)
                self.full = f"the disk of {str(self.folder)!r} is nearly full"
            finally:
                os.close(file)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | NEW, 0o600)


def _entries(folder: Path) -> list[Entry]:
    return [Entry(path) for path in sorted(listed(folder)) if not path.name.startswith(".")]
