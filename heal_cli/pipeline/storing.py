"""A source copied into the spool as it is stored, its records counted."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, Final

from heal_cli.errors import SourceError, SpoolError
from heal_cli.model import LoadOptions, Plan, Source
from heal_cli.read import SourceReader, open_source
from heal_cli.resilience import Spool

BLOCK: Final = 2**20


class Recorded:
    """A stream that remembers what was read of it, until somebody begins at its beginning again."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._blocks: list[bytes] | None = []

    def read(self, n: int = -1, /) -> bytes:
        """The next bytes."""
        block = self._stream.read(n) or b""
        if self._blocks is not None and block:
            self._blocks.append(block)
        return block

    def forget(self) -> None:
        """Nobody will begin again: keep nothing."""
        self._blocks = None

    def again(self) -> Iterator[bytes]:
        """The whole stream: what was read, then the rest."""
        blocks, self._blocks = self._blocks or [], None
        yield from blocks
        while block := self._stream.read(BLOCK):
            yield block


Look = Callable[[SourceReader], Plan | None]


def store(
    spool: Spool,
    source: Source,
    stored: Iterable[bytes],
    file: BinaryIO,
    options: LoadOptions,
    look: Look,
) -> tuple[int, Plan | None, bool]:
    """Copy a source into a file of the spool; how many records that holds, what `look` makes of it, whether it is all.

    A file is copied whole or not at all. Of a stream, which cannot be read again, as many whole batches
    are kept as there is room for, and the spool is full then.

    Raises:
        SpoolError: There is no room for it.
    """
    is_whole = _copy(spool, stored, file)
    if not is_whole and source.size is not None:
        raise SpoolError(
            f"There is no room in the spool for {source.name!r}, and nothing of it was kept: {spool.full}",
            hint="Run the same command again when the database is back, or give more with --spool-bytes",
        )
    file.flush()
    rows, end = _count(file.name, options, is_whole=is_whole)
    reader = open_source(file.name, options.read)
    try:
        plan = look(reader)
    finally:
        reader.close()
    if not is_whole:
        file.truncate(end)
        file.seek(end)
    return rows, plan, is_whole


def _copy(spool: Spool, stored: Iterable[bytes], file: BinaryIO) -> bool:
    """Copy to the end of the source, or of the room; True at the end of the source."""
    room = spool.room
    for block in stored:
        fits = block if room is None else block[: max(0, room - file.tell())]
        try:
            file.write(fits)
            file.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            spool.full = f"the disk of {str(spool.folder)!r} is full"
            spool.close()
            return False
        if len(fits) < len(block):
            spool.full = "the spool holds all that --spool-bytes allows"
            return False
    return True


def _count(path: str, options: LoadOptions, *, is_whole: bool) -> tuple[int, int]:
    """Records of the stored source, and where they end; of one that breaks off, without its last batch."""
    reader = open_source(path, options.read)
    rows = last = end = before = 0
    try:
        for chunk in reader.chunks():
            rows, before, last, end = rows + chunk.rows, end, chunk.rows, chunk.stop
    except SourceError:
        if is_whole:
            raise
    finally:
        reader.close()
    is_plain = not any(found.what == "compression" for found in reader.source.findings)
    if not is_whole:
        if not is_plain or not before:
            raise SpoolError(
                "There is no room in the spool for one batch of the stream, and nothing was kept"
            )
        rows, end = rows - last, before
    return (rows if options.limit is None else min(rows, options.limit)), end
