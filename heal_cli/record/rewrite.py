"""A rejects file made anew beside the old one while its rows are retried, and put in its place at the end."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final

from heal_cli.durable import is_at, open_beside, open_folder, sync_folder
from heal_cli.errors import RecordError

_COPY_BYTES: Final = 2**20


class Rewrite:
    """The lines of a file, each to be written again as it is or as another; the file itself stays until `finish`.

    Other processes may append to the file meanwhile, or replace it. Nothing that they write is lost:
    what was appended is taken over, and a file that was replaced is left as it is.

    Args:
        path: A rejects file.

    Raises:
        RecordError: It cannot be read, or nothing can be written beside it.
    """

    def __init__(self, path: Path) -> None:
        # The file is replaced where it is, not the link that leads to it.
        self.path = path.resolve()
        try:
            self._old = self.path.open("r+b")
            self._new = open_beside(self.path)
            owner = os.fstat(self._old.fileno())
            if owner.st_uid != os.geteuid():  # only root gets here: the file stays its owner's
                os.fchown(self._new.fileno(), owner.st_uid, owner.st_gid)
        except FileNotFoundError as exc:
            raise RecordError(
                f"There is no rejects file {str(path)!r}", hint="See which there are with: heal rejects list"
            ) from exc
        except OSError as exc:
            raise RecordError(
                f"The rejects file {str(path)!r} cannot be rewritten: {exc.strerror}",
                hint="Make it and its folder writable, and run the same command again",
            ) from exc
        self._kept = 0  # bytes of the old file whose lines were written again
        self._has_changed = False

    def __enter__(self) -> Rewrite:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):  # a full disk refuses what is left to write once more
            self._new.close()
        Path(self._new.name).unlink(missing_ok=True)
        self._old.close()

    def lines(self) -> Iterator[bytes]:
        """Every line in order, those included that are appended while this goes on."""
        # Not the file itself: a generator that delegates to it would close it when it is given up.
        return iter(self._old.readline, b"")

    def write(self, old: Sequence[bytes], new: Sequence[bytes]) -> None:
        """Write `new` for the next lines of the file, which are `old`.

        Raises:
            RecordError: The disk is full.
        """
        try:
            self._new.writelines(new)
        except OSError as exc:
            raise self._failed(exc) from exc
        self._kept += sum(map(len, old))
        self._has_changed |= list(old) != list(new)

    def finish(self) -> bool:
        """Put the new file in the old one's place, lines that were never written as they were; False if it was replaced.

        Raises:
            RecordError: It could not be; the old file is as it was.
        """
        if not self._has_changed:
            return True
        fcntl.flock(self._old, fcntl.LOCK_EX)
        if not is_at(self._old.fileno(), self.path):
            return False
        try:
            self._old.seek(self._kept)
            while block := self._old.read(_COPY_BYTES):
                self._new.write(block)
            self._new.flush()
            os.fsync(self._new.fileno())
            # The list goes by when a run left its rejects, which a retry does not change.
            before = os.fstat(self._old.fileno())
            os.utime(self._new.name, ns=(before.st_atime_ns, before.st_mtime_ns))
            Path(self._new.name).replace(self.path)
            folder = open_folder(self.path.parent)
            try:
                sync_folder(folder)
            finally:
                os.close(folder)
        except OSError as exc:
            raise self._failed(exc) from exc
        return True

    def _failed(self, error: OSError) -> RecordError:
        return RecordError(
            f"The rejects file {str(self.path)!r} is as it was before the retry: {error.strerror}",
            hint="What was loaded stays; once there is room, run the same command again to see what is left",
        )
