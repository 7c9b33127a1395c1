"""What a Parquet file says about itself at its end: row groups, their rows, where their bytes are.

polars reads the rows but tells nothing of this; the format is Thrift's compact protocol
(apache/parquet-format, parquet.thrift), of which reading takes a page.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from heal_cli.errors import SourceError

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8  # length of the footer, then the magic
_MAX_NESTING: Final = 32

Value = int | bytes | float | list["Value"] | dict[int, "Value"]


class RowGroup(NamedTuple):
    """One horizontal piece of the file."""

    rows: int
    uncompressed: int  # bytes, still encoded: dictionaries make this less than the rows need in memory
    start: int  # file bytes of its columns
    stop: int


class Footer(NamedTuple):
    """The file's description of itself."""

    raw: bytes
    groups: tuple[RowGroup, ...]

    @property
    def rows(self) -> int:
        """Rows of the file."""
        return sum(group.rows for group in self.groups)


def read_footer(path: Path, name: str) -> Footer:
    """The footer of the file.

    Raises:
        SourceError: It is no Parquet file, or not a whole one.
    """
    try:
        with path.open("rb") as file:
            raw = _footer_bytes(file, path.stat().st_size, name)
    except OSError as exc:
        raise SourceError(f"{name!r} cannot be opened: {exc.strerror}") from exc
    try:
        meta = _Thrift(raw).struct()
        return Footer(raw, tuple(_group(_dict(group)) for group in _list(meta[4])))
    except (KeyError, IndexError, ValueError, TypeError, struct.error) as exc:
        raise SourceError(f"{name!r} is a damaged Parquet file: its footer cannot be read") from exc


def _footer_bytes(file: BinaryIO, size: int, name: str) -> bytes:
    head = file.read(4)
    if head == b"PARE":
        raise SourceError(f"{name!r} is an encrypted Parquet file, which cannot be read")
    if head != _MAGIC:
        raise SourceError(
            f"{name!r} is not a Parquet file: it begins {head!r}", hint="Name what it is with --format"
        )
    if size < _TAIL + len(_MAGIC):
        raise SourceError(f"{name!r} is a damaged Parquet file: it ends after {size} bytes")
    file.seek(size - _TAIL)
    length, magic = struct.unpack("<I4s", file.read(_TAIL))
    if magic != _MAGIC or length > size - _TAIL - len(_MAGIC):
        raise SourceError(
            f"{name!r} is a damaged Parquet file: its end is missing", hint="Copy or download it again"
        )
    file.seek(size - _TAIL - length)
    return file.read(length)


def _group(fields: dict[int, Value]) -> RowGroup:
    columns = [_dict(_dict(column)[3]) for column in _list(fields[1])]
    starts = [_int(column.get(11, 0)) or _int(column[9]) for column in columns]
    stops = [start + _int(column[7]) for start, column in zip(starts, columns, strict=True)]
    return RowGroup(_int(fields[3]), _int(fields[2]), min(starts, default=0), max(stops, default=0))


def _int(value: Value) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _list(value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _dict(value: Value) -> dict[int, Value]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value


class _Thrift:
    """Compact protocol, read into plain values; structs become dicts of field id -> value."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._depth = 0

    def struct(self) -> dict[int, Value]:
        """The struct that begins here."""
        self._depth += 1
        if self._depth > _MAX_NESTING:
            raise ValueError(self._depth)
        fields: dict[int, Value] = {}
        number = 0
        while head := self._byte():
            number = number + (head >> 4) if head >> 4 else self._signed()
            kind = head & 15
            fields[number] = int(kind == 1) if kind in {1, 2} else self._value(kind)
        self._depth -= 1
        return fields

    def _value(self, kind: int) -> Value:
        match kind:
            case 1 | 2 | 3:  # a boolean inside a list, a byte
                return self._byte()
            case 4 | 5 | 6:
                return self._signed()
            case 7:
                return float(struct.unpack("<d", self._take(8))[0])
            case 8:
                return self._take(self._unsigned())
            case 9 | 10:
                return self._items()
            case 12:
                return self.struct()
        raise ValueError(kind)

    def _items(self) -> list[Value]:
        head = self._byte()
        count = head >> 4 if head >> 4 < 15 else self._unsigned()
        if count > len(self._data):
            raise ValueError(count)
        return [self._value(head & 15) for _ in range(count)]

    def _byte(self) -> int:
        self._at += 1
        return self._data[self._at - 1]

    def _take(self, n: int) -> bytes:
        piece = self._data[self._at : self._at + n]
        if len(piece) < n:
            raise IndexError(n)
        self._at += n
        return piece

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
