"""The types that an Arrow schema names, looked at before polars does: of those that it lacks it panics (polars 2.1).

A schema is a message of Arrow IPC (format/Schema.fbs); Parquet files of Arrow's writers have one in their footer.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from heal_cli.errors import SourceError
from heal_cli.read.typed_rows import MOST_DIGITS, is_zone

_DECIMAL, _TIMESTAMP, _INTERVAL, _UNION, _FIXED_LIST = 7, 10, 11, 14, 16
_RUN_ENDS, _LIST_VIEW, _LARGE_LIST_VIEW = 22, 25, 26
_NARROW_BITS: Final = 128

_AS_TEXT: Final = "Have it written as text"
_AS_LIST: Final = "Have it written as a list"
_LACKING: Final = {
    _INTERVAL: ("an interval", _AS_TEXT),
    _UNION: ("a union", f"{_AS_TEXT}, or values of each type to a column of their own"),
    _RUN_ENDS: ("run-end encoded", "Have it written decoded: pyarrow.compute.run_end_decode(column)"),
    _LIST_VIEW: ("a list view", _AS_LIST),
    _LARGE_LIST_VIEW: ("a large list view", _AS_LIST),
    _FIXED_LIST: ("a list of no elements", "Have it left out: it holds nothing"),
    _DECIMAL: ("a decimal of 256 bits or negative scale", "Have it written as decimal128 of scale 0 or more"),
}


class _Field(NamedTuple):
    path: str
    kind: int
    numbers: tuple[int, ...]  # what says more of the type, as Schema.fbs has it
    zone: str
    is_repeated: bool  # one before it, in the same table or struct, has its name


def check_types(message: bytes, name: str, *, is_parquet: bool) -> None:
    """Nothing, unless a column has a type that polars lacks, or the name of another.

    Time zones that polars does not know are let pass.

    Args:
        message: The schema, from its length or the mark before it on; what is none says nothing.
        is_parquet: It describes a Parquet file, whose decimals have types of its own.

    Raises:
        SourceError: A column of the source called `name` has.
    """
    try:
        fields = list(_fields(message))
    except (struct.error, IndexError, RecursionError):
        return  # damage, which is told where the rows are read
    for field in fields:
        if field.is_repeated and not is_parquet:
            raise SourceError(
                f"{name!r} has more than one column {field.path!r}",
                hint="Have each written under a name of its own",
            )
        if _is_lacking(field, is_parquet=is_parquet):
            what, hint = _LACKING[field.kind]
            raise SourceError(
                f"Column {field.path!r} of {name!r} is {what}, an Arrow type that cannot be read", hint=hint
            )
        if field.zone and not is_zone(field.zone):
            # Its values count from UTC whatever the zone is called; asked for by polars each time it meets one.
            os.environ.setdefault("POLARS_IGNORE_TIMEZONE_PARSE_ERROR", "1")


def _is_lacking(field: _Field, *, is_parquet: bool) -> bool:
    match field.numbers:
        case (bits, digits, scale):  # of more digits polars says so itself
            return not is_parquet and digits <= MOST_DIGITS and (bits > _NARROW_BITS or scale < 0)
        case (size,):
            return size == 0
    return field.kind in _LACKING


def _fields(message: bytes) -> Iterator[_Field]:
    start = 8 if message.startswith(b"\xff\xff\xff\xff") else 4
    buffer = _Buffer(message)
    schema = buffer.follow(buffer.slot(buffer.follow(start), 2))
    yield from _children(buffer, buffer.slot(schema, 1), "")


def _children(buffer: _Buffer, vector: int, above: str) -> Iterator[_Field]:
    paths: set[str] = set()
    for field in buffer.vector(vector):
        path = above + buffer.text(buffer.slot(field, 0))
        is_repeated = path in paths
        paths.add(path)
        kind = buffer.number(buffer.slot(field, 2), "<B", 0)
        body = buffer.follow(buffer.slot(field, 3))
        numbers: tuple[int, ...] = ()
        if kind == _DECIMAL:
            bits = buffer.number(buffer.slot(body, 2), "<i", _NARROW_BITS)
            numbers = (bits, *(buffer.number(buffer.slot(body, place), "<i", 0) for place in (0, 1)))
        elif kind == _FIXED_LIST:
            numbers = (buffer.number(buffer.slot(body, 0), "<i", 0),)
        zone = buffer.text(buffer.slot(body, 1)) if kind == _TIMESTAMP else ""
        yield _Field(path, kind, numbers, zone, is_repeated)
        yield from _children(buffer, buffer.slot(field, 5), f"{path}.")


class _Buffer:
    """A flatbuffer: tables point to their slots by a table of offsets, what is not there is slot 0."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def slot(self, table: int, index: int) -> int:
        """Where the value of a table stands, 0 for nowhere."""
        offsets = table - self.number(table, "<i", 0)
        at = 4 + 2 * index
        if not table or at >= self.number(offsets, "<H", 0):
            return 0
        found = self.number(offsets + at, "<H", 0)
        return table + found if found else 0

    def follow(self, at: int) -> int:
        """Where the offset at this place leads to."""
        return at + self.number(at, "<I", 0) if at else 0

    def number(self, at: int, form: str, missing: int) -> int:
        """The number at this place."""
        if not at:
            return missing
        (number,) = struct.unpack_from(form, self._data, at)
        return int(number)

    def text(self, at: int) -> str:
        """The string that this place leads to."""
        start = self.follow(at)
        size = self.number(start, "<I", 0)
        return self._data[start + 4 : start + 4 + size].decode(errors="replace") if start else ""

    def vector(self, at: int) -> Iterator[int]:
        """The tables of the vector that this place leads to."""
        start = self.follow(at)
        for i in range(self.number(start, "<I", 0)):
            yield self.follow(start + 4 + 4 * i)
