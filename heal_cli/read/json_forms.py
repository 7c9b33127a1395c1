"""JSON records that are no objects of their own: arrays that go by a header, and values by the key before them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from heal_cli.read.changes import change_fault, states_after
from heal_cli.read.jsonl_keys import Fault

_ARRAYS: Final = msgspec.json.Decoder(list[list[msgspec.Raw]])
_ARRAY: Final = msgspec.json.Decoder(list[msgspec.Raw])
_MEMBER: Final = re.compile(rb'("[^"\\]*(?:\\.[^"\\]*)*")\s*:\s*(\{.*)', re.DOTALL)
_NUMBER: Final = re.compile(rb'"[0-9]+"')


@dataclass(frozen=True, slots=True)
class Form:
    """How records become objects."""

    names: tuple[str, ...] = ()  # of the values of each array
    is_short: bool = False  # arrays end with their last value: what is missing behind it is null
    key: str | None = None  # the column for the key before each object; '' for row numbers, which none takes
    change: str | None = None  # the key above each event of a change; '' where it is at the top

    def objects(self, records: Sequence[bytes]) -> list[bytes]:
        """Each record as an object; one that has another form stays as it is."""
        if self.change is not None:
            return states_after(records, self.change)
        return self._of_arrays(records) if self.names else [self._of_member(record) for record in records]

    def fault(self, record: bytes) -> Fault | None:
        """Why a record is no object, if that is known."""
        if self.change is not None:
            return change_fault(record)
        row = _array_of(record)
        if self.names and row is not None:
            reason = "too_few_fields" if len(row) < len(self.names) else "too_many_fields"
            return Fault(reason, f"{len(row)} values where {len(self.names)} are wanted")
        return None

    def _of_arrays(self, records: Sequence[bytes]) -> list[bytes]:
        spelling = b"{%b}" % b",".join(_spelled(name).replace(b"%", b"%%") + b":%b" for name in self.names)
        try:
            rows: Sequence[list[msgspec.Raw] | None] = _ARRAYS.decode(b"[%b]" % b",".join(records))
        except (msgspec.DecodeError, RecursionError):
            rows = []
        if len(rows) != len(records):
            rows = [_array_of(record) for record in records]
        width, null = len(self.names), msgspec.Raw(b"null")
        if self.is_short:
            rows = [row and [*row, *[null] * (width - len(row))] for row in rows]
        return [
            spelling % tuple(row) if row is not None and len(row) == width else record
            for row, record in zip(rows, records, strict=True)
        ]

    def _of_member(self, record: bytes) -> bytes:
        found = _MEMBER.fullmatch(record)
        if found is None or (self.key == "" and not _NUMBER.fullmatch(found[1])):
            return record
        inner = found[2][1:].lstrip(b" \t\r\n")
        if not self.key:
            return found[2]
        comma = b"" if inner.startswith(b"}") else b","
        return b"{%b:%b%b%b" % (_spelled(self.key), found[1], comma, inner)


def _spelled(name: str) -> bytes:
    return msgspec.json.encode(name)


def _array_of(record: bytes) -> list[msgspec.Raw] | None:
    try:
        return _ARRAY.decode(record)
    except (msgspec.DecodeError, RecursionError):
        return None


def encode_form(form: Form | None) -> str | None:
    """For the ledger."""
    return None if form is None else msgspec.json.encode(form).decode()


def decode_form(text: str | None) -> Form | None:
    """As `encode_form` wrote it."""
    return None if text is None else msgspec.json.decode(text, type=Form)
