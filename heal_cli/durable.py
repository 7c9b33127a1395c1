"""Files that outlive a crash: private, opened without following links, written whole and synced."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Lock
from typing import IO, Final
from urllib.parse import quote

from heal_cli.errors import RecordError

_OTHERS_CAN_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
# Passing through a folder needs no right to list it; O_PATH is Linux's way to say so.
_FOLDER: Final = os.O_DIRECTORY | os.O_CLOEXEC | getattr(os, "O_PATH", os.O_RDONLY)
_APPEND: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
_NAME_BYTES: Final = 160  # ext4 and its kin stop at 255, and a run's id and the ending follow
_FULL: Final = "Free some space or name another place, then run the same command again"
_HINTS: Final = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL}
_FLAGS: Final = {"rejects": "--rejects or ", "events": "--emergency-log or "}
"""What the files hold that have a flag of their own."""
_BEGINS: Final = {"rejects": b'{"run":', "leftovers": b'{"run":'}
"""How a file begins that holds such: what begins otherwise is somebody's, the source itself by a slip of a flag."""


def file_name(table: str, run: str, kind: str) -> str:
    """`<table>.<run>.<kind>.jsonl`, with `%22` and its like for what a path or a shell would take as its own."""
    safe = re.sub(r"[^\w.-]", lambda found: quote(found[0], safe=""), table).lstrip(".") or "_"
    short = safe.encode()[:_NAME_BYTES].decode("utf-8", "ignore")
    return f"{short}.{run}.{kind}.jsonl"


class DurableFile:
    """An append-only file that is made when first written to.

    `append` returns once the bytes are on disk, and leaves the file as it was when they cannot be.
    Several threads may call it, and other processes may append to the same file.

    Args:
        path: Missing folders on the way are made with mode 0700.
        what: What the file holds, for messages: 'rejects', 'leftovers'.
        is_probed: Make and enter the folder now, and not only when something is written; look at what is there.

    Raises:
        RecordError: The folder cannot be made or entered, or is reached by a link that others may have laid; or
            the file is one that holds something else.
    """

    def __init__(self, path: Path, what: str, *, is_probed: bool = True) -> None:
        self.path = Path(os.path.abspath(path))  # noqa: PTH100  Path.resolve() would follow links
        self._what = what
        self._lock = Lock()
        self._file: int | None = None
        if is_probed:
            with self._told():
                self._probe()

    def append(self, data: bytes) -> None:
        """Put `data` at the end of the file and wait until the disk has it.

        Raises:
            RecordError: It could not be written whole; no part of it stays.
        """
        with self._lock, self._told():
            file = self._locked()
            try:
                _append_whole(file, data)
            finally:
                fcntl.flock(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file; a later `append` opens it again."""
        with self._lock:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _locked(self) -> int:
        """The file that stands at the path now, locked; another process may have replaced it."""
        while True:
            if self._file is None:
                self._file = self._open()
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if is_at(self._file, self.path):
                return self._file
            os.close(self._file)
            self._file = None

    def _probe(self) -> None:
        """Raise where nothing could be written; a file that is missing is made when it is."""
        folder = open_folder(self.path.parent)
        try:
            file = os.open(self.path.name, _APPEND & ~os.O_CREAT, dir_fd=folder)
        except FileNotFoundError:
            return
        finally:
            os.close(folder)
        try:
            self._refuse_strange(file)
        finally:
            os.close(file)

    def _open(self) -> int:
        folder = open_folder(self.path.parent)
        try:
            file = os.open(self.path.name, _APPEND, 0o600, dir_fd=folder)
            sync_folder(folder)
        finally:
            os.close(folder)
        try:
            self._refuse_strange(file)
            os.fchmod(file, 0o600)
        except BaseException:
            os.close(file)
            raise
        return file

    def _refuse_strange(self, file: int) -> None:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise RecordError(
                f"{str(self.path)!r} is not a regular file, so no {self._what} would be kept in it"
            )
        if found.st_uid != os.geteuid():
            raise RecordError(
                f"{str(self.path)!r} belongs to another user, so no {self._what} are written to it"
            )
        begins = _BEGINS.get(self._what, b"")
        if found.st_size and os.pread(file, len(begins), 0) != begins:
            raise RecordError(
                f"{str(self.path)!r} holds something else, so no {self._what} are written to it",
                hint=f"Name another place with {_FLAGS.get(self._what, '')}--state-dir",
            )

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """An OSError becomes a RecordError that names the path and the way out."""
        try:
            yield
        except OSError as exc:
            if exc.errno == errno.ELOOP:
                why = exc.strerror if exc.args[1:2] != (os.strerror(errno.ELOOP),) else "the file is a link"
                raise RecordError(
                    f"{self._what.capitalize()} are not written to {str(self.path)!r}: {why}",
                    hint="Give the path without the link",
                ) from exc
            raise RecordError(
                f"{self._what.capitalize()} cannot be written to {str(self.path)!r}: {exc.strerror}",
                hint=_HINTS.get(
                    exc.errno or 0, f"Name another place with {_FLAGS.get(self._what, '')}--state-dir"
                ),
            ) from exc


def _append_whole(file: int, data: bytes) -> None:
    """All of `data`, on disk, or none of it."""
    end = os.fstat(file).st_size
    try:
        _write(file, data if _ends_a_line(file, end) else b"\n" + data)
        os.fsync(file)
    except OSError:
        with contextlib.suppress(OSError):  # the first error is the one to tell
            os.ftruncate(file, end)
        raise


def drop_lines(path: Path, is_dead: Callable[[bytes], bool]) -> int:
    """How many lines were taken out of the file; the others stay as they are, in their order.

    Safe beside other processes that append to it, and after a crash at any moment: the file is
    replaced as a whole, under the lock that appending takes. A missing file has no lines.

    Raises:
        OSError: The file could not be read or replaced; it is as it was.
    """
    try:
        file = os.open(path, _APPEND & ~os.O_CREAT)
    except FileNotFoundError:
        return 0
    with os.fdopen(file, "rb") as old:
        fcntl.flock(file, fcntl.LOCK_EX)
        dropped = sum(map(is_dead, old))
        if not dropped or not is_at(file, path):
            return 0
        old.seek(0)
        _replace(path, (line for line in old if not is_dead(line)))
        return dropped


def open_beside(path: Path) -> IO[bytes]:
    """A new, private file beside `path`, to be put in its place; what killed processes left of the kind is removed.

    It is locked for as long as it is open: that tells it from one that nobody will finish.

    Raises:
        OSError: Nothing can be written there.
    """
    _remove_abandoned(path)
    while True:
        new = tempfile.NamedTemporaryFile(  # noqa: SIM115  the caller closes it
            dir=path.parent, prefix=f".{path.name}.", delete=False
        )
        fcntl.flock(new, fcntl.LOCK_EX)
        # Before it was locked another process may have taken it for an abandoned one.
        if is_at(new.fileno(), Path(new.name)):
            return new
        new.close()


def _remove_abandoned(path: Path) -> None:
    """Remove the files of `open_beside` that no process holds."""
    ours = re.compile(re.escape(f".{path.name}.") + r"[a-z0-9_]{8}")
    for found in path.parent.iterdir():
        if not ours.fullmatch(found.name):
            continue
        with contextlib.suppress(OSError):  # held by its process, another user's, or gone by now
            file = os.open(found, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found.unlink()
            finally:
                os.close(file)


def _replace(path: Path, lines: Iterable[bytes]) -> None:
    with open_beside(path) as new:
        try:
            new.writelines(lines)
            new.flush()
            os.fsync(new.fileno())
            Path(new.name).replace(path)
        except BaseException:
            Path(new.name).unlink()
            raise
    folder = open_folder(path.parent)
    try:
        sync_folder(folder)
    finally:
        os.close(folder)


def is_at(file: int, path: Path) -> bool:
    """The open file is the one that stands at the path."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    here = os.fstat(file)
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def _ends_a_line(file: int, end: int) -> bool:
    """False after a line that a crash tore: the next record must not continue it."""
    return end == 0 or os.pread(file, 1, end - 1) == b"\n"


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]


def open_folder(path: Path) -> int:
    """The folder, opened part by part, so that nobody can swap one for a link meanwhile."""
    folder = os.open("/", _FOLDER)
    for part in path.parts[1:]:
        try:
            inner = _enter(folder, part)
        finally:
            os.close(folder)
        folder = inner
    return folder


def _enter(folder: int, part: str) -> int:
    """The folder `part` of `folder`, made if it is missing."""
    is_open_to_others = bool(os.fstat(folder).st_mode & _OTHERS_CAN_WRITE)
    try:
        return os.open(part, _FOLDER | (os.O_NOFOLLOW if is_open_to_others else 0), dir_fd=folder)
    except FileNotFoundError:
        with contextlib.suppress(FileExistsError):  # another thread or process was first
            os.mkdir(part, 0o700, dir_fd=folder)
            sync_folder(folder)
        return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except OSError as exc:
        if exc.errno in (errno.ELOOP, errno.ENOTDIR) and is_open_to_others and _is_link(folder, part):
            raise OSError(errno.ELOOP, f"{part!r} is a link in a folder that others can write to") from exc
        raise


def _is_link(folder: int, part: str) -> bool:
    return stat.S_ISLNK(os.stat(part, dir_fd=folder, follow_symlinks=False).st_mode)


def sync_folder(folder: int) -> None:
    """A new name in a folder is durable once the folder is; O_PATH handles cannot be synced themselves."""
    readable = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
    try:
        os.fsync(readable)
    finally:
        os.close(readable)
