"""What a Parquet file says about itself at its end: row groups, their rows, where their bytes are.

polars reads the rows but tells nothing of this; the format is Thrift's compact protocol
(apache/parquet-format, parquet.thrift), of which reading takes a page.
"""

from __future__ import annotations

import struct
from base64 import b64decode
from mmap import mmap
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from heal_cli.errors import SourceError
from heal_cli.read.arrow_schema import check_types
from heal_cli.read.typed_rows import MOST_DIGITS, wide_decimal

_MAGIC: Final = b"PAR1"
_TAIL: Final = 8  # length of the footer, then the magic
_MAX_NESTING: Final = 32
_LONGEST_SHIFT: Final = 63
_DATA, _DICTIONARY, _DATA_V2 = 5, 7, 8  # fields of a page header
_PAGE_KINDS: Final = (_DATA, _DICTIONARY, _DATA_V2)
_DAMAGE: Final = (KeyError, IndexError, ValueError, TypeError, struct.error)

Buffer = bytes | mmap
Value = int | bytes | float | list["Value"] | dict[int, "Value"]


class ColumnChunk(NamedTuple):
    """The pages of one column in one row group."""

    start: int  # first byte in the file
    stop: int
    values: int


class RowGroup(NamedTuple):
    """One horizontal piece of the file."""

    rows: int
    uncompressed: int  # bytes, still encoded: dictionaries make this less than the rows need in memory
    columns: tuple[ColumnChunk, ...]

    @property
    def span(self) -> tuple[int, int]:
        """File bytes of its columns."""
        return min((c.start for c in self.columns), default=0), max((c.stop for c in self.columns), default=0)


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
        size = path.stat().st_size
        with path.open("rb") as file:
            raw = _footer_bytes(file, size, name)
    except OSError as exc:
        raise SourceError(f"{name!r} cannot be opened: {exc.strerror}") from exc
    try:
        meta = _Thrift(raw).struct()
        _check_digits(_list(meta[2]), name)
        _check_arrow(_list(meta.get(5, [])), name)
        return Footer(raw, tuple(_group(_dict(group), size) for group in _list(meta[4])))
    except _DAMAGE as exc:
        raise SourceError(f"{name!r} is a damaged Parquet file: its footer cannot be read") from exc


def check_pages(data: Buffer, group: RowGroup, name: str) -> int:
    """Most values in a page of a row group, once its pages are known to have sizes that can be.

    polars asks for memory by the sizes that page headers name; a negative one ends the whole process
    (polars 2.1), so they are looked at first.

    Args:
        data: The whole file, mapped.

    Raises:
        SourceError: They have not.
    """
    most = 0
    for column in group.columns:
        try:
            values, at = 0, column.start
            while values < column.values:
                page = _Thrift(data, at)
                header = page.struct()
                at = page.at + _natural(header[3])
                _natural(header[2])
                counts = next((_dict(header[kind]) for kind in _PAGE_KINDS if kind in header), {})
                for number in counts.values():
                    if isinstance(number, int):
                        _natural(number)
                count = 0 if _DICTIONARY in header else _natural(counts[1])
                values, most = values + count, max(most, count)
            if at > column.stop or values != column.values:
                raise ValueError(at)
        except _DAMAGE as exc:
            raise SourceError(
                f"{name!r} is a damaged Parquet file: the pages that begin at byte {column.start:,} cannot be read"
            ) from exc
    return most


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


def _check_digits(elements: list[Value], name: str) -> None:
    """Refuse decimals that polars refuses, by the name of their column (SchemaElement: 4 name, 8 precision)."""
    for element in map(_dict, elements):
        precision, column = element.get(8, 0), element.get(4, b"")
        if isinstance(precision, int) and isinstance(column, bytes) and precision > MOST_DIGITS:
            raise wide_decimal(name, column.decode(errors="replace"), precision)


def _check_arrow(pairs: list[Value], name: str) -> None:
    """Refuse what polars lacks of the types that Arrow's writers note (KeyValue: 1 key, 2 value)."""
    for pair in map(_dict, pairs):
        schema = pair.get(2)
        if pair.get(1) == b"ARROW:schema" and isinstance(schema, bytes):
            check_types(b64decode(schema), name, is_parquet=True)


def _group(fields: dict[int, Value], size: int) -> RowGroup:
    columns = tuple(_column(_dict(_dict(column)[3]), size) for column in _list(fields[1]))
    return RowGroup(_natural(fields[3]), _natural(fields[2]), columns)


def _column(fields: dict[int, Value], size: int) -> ColumnChunk:
    start = _natural(fields.get(11, 0)) or _natural(fields[9])
    stop = start + _natural(fields[7])
    if stop > size:
        raise ValueError(stop)
    return ColumnChunk(start, stop, _natural(fields[5]))


def _natural(value: Value) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
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

    def __init__(self, data: Buffer, at: int = 0) -> None:
        self._data = data
        self.at = at
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
        self.at += 1
        return self._data[self.at - 1]

    def _take(self, n: int) -> bytes:
        piece = self._data[self.at : self.at + n]
        if len(piece) < n:
            raise IndexError(n)
        self.at += n
        return piece

    def _unsigned(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            if shift > _LONGEST_SHIFT:
                raise ValueError(shift)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def _signed(self) -> int:
        value = self._unsigned()
        return (value >> 1) ^ -(value & 1)
