"""Arrow IPC: files as row slices, streams as record batches."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import xxhash

from heal_cli.errors import NoRecords, SourceError
from heal_cli.model import Batch, Chunk, Format, ReadOptions, Source
from heal_cli.read.arrow_schema import check_types
from heal_cli.read.bytes import ByteStream
from heal_cli.read.typed_rows import (
    MAX_ROWS,
    SAMPLE_ROWS,
    as_texts,
    batch_of,
    memory,
    plain,
    refuse_wide_decimals,
)
from heal_cli.wording import counted

_BLOCK: Final = 2**20
_ERRORS: Final = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


class ArrowFileReader:
    """Chunks and batches of an Arrow IPC file (Feather version 2).

    Raises:
        SourceError: It is a damaged one, or has no rows.
    """

    def __init__(self, path: Path, name: str, options: ReadOptions) -> None:
        self.stream = None  # it is read by its end first
        self.options = ReadOptions(format=Format.ARROW, batch_bytes=options.batch_bytes)
        self._path = path
        self._name = name
        self._size = path.stat().st_size
        _check_file(path, name)
        try:
            refuse_wide_decimals(pl.scan_ipc(path, glob=False).collect_schema(), name)
            self._height = int(pl.scan_ipc(path, glob=False).select(pl.len()).collect().item())
        except _ERRORS as exc:
            raise _damaged(name, exc) from exc
        if not self._height:
            columns = tuple(self._fetch(0, 0).columns)
            raise NoRecords(f"{name!r} has no rows", columns=columns, format=Format.ARROW)
        head = self._fetch(0, min(SAMPLE_ROWS, self._height))
        self._rows = max(1, min(MAX_ROWS, options.batch_bytes * head.height // max(memory(head), 1)))
        self.source = Source(name, Format.ARROW, tuple(head.columns), self._size)

    def sample(self) -> Batch:
        """The first chunk, read."""
        return self.parse(next(self.chunks()))

    def chunks(self) -> Iterator[Chunk]:
        """All slices in order, each hashed with its share of the file's bytes."""
        digest = xxhash.xxh3_128()
        with self._path.open("rb") as file:
            for index, start in enumerate(range(0, self._height, self._rows)):
                stop = min(start + self._rows, self._height)
                position = self._size * stop // self._height
                while file.tell() < position and (block := file.read(min(_BLOCK, position - file.tell()))):
                    digest.update(block)
                digest.update(struct.pack("<qq", start, stop))
                yield Chunk(
                    index, start, stop, start + 1, 0, digest.hexdigest(), stop - start, position, None
                )

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a slice; several threads may call it at once."""
        return batch_of(chunk, self._fetch(chunk.start, chunk.stop))

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column over the whole file, slice by slice."""
        for start in range(0, self._height, self._rows):
            yield as_texts(self._fetch(start, min(start + self._rows, self._height))[name])

    def close(self) -> None:
        """Nothing is held open between slices."""

    def _fetch(self, start: int, stop: int) -> pl.DataFrame:
        try:
            scan = pl.scan_ipc(self._path, glob=False).slice(start, stop - start)
            frame = _plain_columns(scan)
        except _ERRORS as exc:
            raise _damaged(self._name, exc) from exc
        if frame.height != stop - start:
            raise SourceError(
                f"{self._name!r} is a damaged Arrow file: it ends after {counted(start + frame.height, 'row')}"
            )
        return frame


def _check_file(path: Path, name: str) -> None:
    """Look at the schema, which stands behind the eight bytes of `ARROW1` as in a stream."""
    try:
        with path.open("rb") as file:
            mark, size = struct.unpack("<II", file.read(16)[8:])
            if mark == _CONTINUES and size <= _MAX_MESSAGE:
                file.seek(8)
                check_types(file.read(8 + size), name, is_parquet=False)
    except (OSError, struct.error) as exc:
        raise _damaged(name, exc) from exc


class _Message(NamedTuple):
    """One message of a stream."""

    kind: int
    raw: bytes


_SCHEMA, _DICTIONARY, _ROWS = 1, 2, 3  # MessageHeader of format/Message.fbs
_CONTINUES: Final = 0xFFFFFFFF
_END: Final = struct.pack("<II", _CONTINUES, 0)
_MAX_MESSAGE: Final = 2**31


class ArrowStreamReader:
    """Chunks and batches of an Arrow IPC stream: one for each record batch, since each is read whole.

    Raises:
        SourceError: It is damaged, or has no rows.
    """

    def __init__(self, stream: ByteStream, name: str, options: ReadOptions, size: int | None) -> None:
        self.stream = stream
        self.options = ReadOptions(
            format=Format.ARROW, encoding=stream.encoding.name, batch_bytes=options.batch_bytes
        )
        self._name = name
        self._size = size
        self._opening = b""  # schema and dictionaries, which every record batch is read with
        self._chunks = self._cut()
        self._first = next(self._chunks, None)
        if self._first is None:
            raise NoRecords(f"{name!r} has no rows", columns=self._named(), format=Format.ARROW)
        self.source = Source(
            name, Format.ARROW, tuple(self._read(self._first).columns), size, stream.findings()[1:]
        )

    def sample(self) -> Batch:
        """The first chunk, read."""
        assert self._first is not None
        return self.parse(self._first)

    def chunks(self) -> Iterator[Chunk]:
        """All record batches in order; to be called once."""
        if self._first is not None:
            yield self._first
        yield from self._chunks

    def parse(self, chunk: Chunk) -> Batch:
        """The rows of a record batch; several threads may call it at once."""
        return batch_of(chunk, self._read(chunk))

    def column(self, name: str) -> Iterator[pl.Series]:
        """One column over the whole source, read anew."""
        again = ArrowStreamReader(self.stream.reopen(), self._name, self.options, self._size)
        try:
            for chunk in again.chunks():
                yield as_texts(again.parse(chunk).frame[name])
        finally:
            again.close()

    def close(self) -> None:
        """Let go of the file and of its first chunk."""
        self._first = None
        self.stream.close()

    def _cut(self) -> Iterator[Chunk]:
        digest = xxhash.xxh3_128()
        at, row, index = 0, 1, 0
        while message := self._next():
            digest.update(message.raw)
            at += len(message.raw)
            if message.kind != _ROWS:
                self._opening += message.raw
                if message.kind == _SCHEMA:
                    check_types(message.raw, self._name, is_parquet=False)
                    refuse_wide_decimals(self._frame(self._opening + _END).schema, self._name)
                continue
            data = self._opening + message.raw + _END
            rows = self._frame(data).height
            if rows:
                position = self.stream.position
                yield Chunk(
                    index, at - len(message.raw), at, row, 0, digest.hexdigest(), rows, position, data
                )
                index, row = index + 1, row + rows

    def _named(self) -> tuple[str, ...] | None:
        """The columns of the schema, None if there is not even that."""
        return tuple(self._frame(self._opening + _END).columns) if self._opening else None

    def _next(self) -> _Message | None:
        head = self._take(8)
        if len(head) < 8 or head == _END:
            if head and head != _END:
                raise self._cut_off()
            return None
        mark, size = struct.unpack("<II", head)
        if mark != _CONTINUES or size > _MAX_MESSAGE:
            raise SourceError(f"{self._name!r} is a damaged Arrow stream: no message begins where one should")
        meta = self._take(size)
        try:
            kind, body = _kind_and_body(meta)
        except (struct.error, IndexError) as exc:
            raise _damaged(self._name, exc) from exc
        raw = head + meta + self._take(body)
        if len(raw) < 8 + size + body:
            raise self._cut_off()
        return _Message(kind, raw)

    def _take(self, size: int) -> bytes:
        blocks, have = [], 0
        while have < size and (block := self.stream.read(min(size - have, _BLOCK))):
            blocks.append(block)
            have += len(block)
        return b"".join(blocks)

    def _read(self, chunk: Chunk) -> pl.DataFrame:
        assert chunk.data is not None
        return self._frame(chunk.data)

    def _frame(self, data: bytes) -> pl.DataFrame:
        try:
            return _plain_columns(pl.read_ipc_stream(data).lazy())
        except _ERRORS as exc:
            raise _damaged(self._name, exc) from exc

    def _cut_off(self) -> SourceError:
        return SourceError(
            f"{self._name!r} ends in the middle of a record batch; those before it have been read",
            hint="Get the file again",
        )


def _kind_and_body(meta: bytes) -> tuple[int, int]:
    """Type of the header and length of the body of a Message (flatbuffers: a table with its offsets before it)."""
    (root,) = struct.unpack_from("<I", meta)
    table = root - struct.unpack_from("<i", meta, root)[0]
    size = struct.unpack_from("<H", meta, table)[0]
    fields = struct.unpack_from(f"<{(size - 4) // 2}H", meta, table + 4)
    body = struct.unpack_from("<q", meta, root + fields[3])[0] if len(fields) > 3 and fields[3] else 0
    if not 0 <= body <= _MAX_MESSAGE * 8:
        raise struct.error(f"a body of {body} bytes")
    return meta[root + fields[1]], body


def _plain_columns(scan: pl.LazyFrame) -> pl.DataFrame:
    schema = scan.collect_schema()
    columns = (plain(place, name, dtype) for place, (name, dtype) in enumerate(schema.items()))
    return scan.select(columns).collect()


def _damaged(name: str, exc: BaseException) -> SourceError:
    reason = str(exc).split("\n", 1)[0]
    return SourceError(f"{name!r} cannot be read as Arrow data: {reason}", hint="Copy or download it again")
