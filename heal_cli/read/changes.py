"""Events of change-data capture, as Debezium writes them: the row as it is after the change.

    {"before": null, "after": {"id": 1, "name": "x"}, "op": "c", "ts_ms": 1700000000000}

In messages of Kafka Connect the event stands under `payload`, the row of MongoDB is JSON in a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from heal_cli.read.jsonl_keys import Fault

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_PAYLOAD: Final = "payload"
_NAMES: Final = {
    "c": "create",
    "r": "read",
    "u": "update",
    "d": "delete",
    "t": "truncate",
    "m": "message",
}
"""Debezium's word for each `op`; the first three leave a row."""
_WITH_ROW: Final = ("c", "r", "u")
_LOOK: Final = 100
"""Records that say what the others are."""
_BESIDE: Final = frozenset({"before", "source", "ts_ms"})


class _Event(NamedTuple):
    op: str  # '' where the object is no event
    after: bytes  # the row as an object; b'' for none


def find_changes(records: Sequence[bytes]) -> str | None:
    """Where in these records the event is: '' for at the top, or the key above it; None if they are no events.

    All objects have to be events, and those that should have a row have to have one; lines of `null` follow deletes.
    """
    return next((under for under in ("", _PAYLOAD) if _are_events(records[:_LOOK], under)), None)


def _are_events(records: Sequence[bytes], under: str) -> bool:
    rows = 0
    for event in (_event(record, under) for record in records):
        if event and (not event.op or (event.op in _WITH_ROW and not event.after)):
            return False
        rows += event is not None and event.after != b""
    return rows > 0


def states_after(records: Sequence[bytes], under: str) -> list[bytes]:
    """For each event the row that it leaves, or else its `op` as a text; what is no object stays as it is."""
    events = [_event(record, under) for record in records]
    return [
        record if event is None else event.after or msgspec.json.encode(event.op)
        for record, event in zip(records, events, strict=True)
    ]


def change_fault(record: bytes) -> Fault | None:
    """Why a record is no row, as `states_after` gives it."""
    op = record.strip().strip(b'"').decode(errors="replace")
    if op in _WITH_ROW:
        return Fault(
            "no_row_after", f"the event says op {op!r} ({_NAMES[op]}) and holds no row under 'after'"
        )
    if op in _NAMES:
        return Fault("no_row_after", f"the event says op {op!r} ({_NAMES[op]}), after which there is no row")
    return None if op else Fault("no_row_after", "the object is no event of a change, as the others are")


def _event(record: bytes, under: str) -> _Event | None:
    """The event; None for what is no JSON object."""
    try:
        fields = _OBJECT.decode(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    try:
        fields = _OBJECT.decode(fields[under]) if under else fields
        op, after = msgspec.json.decode(fields["op"], type=str), bytes(fields.get("after", b"null"))
        after = msgspec.json.decode(after, type=str).encode() if after.startswith(b'"') else after
    except (KeyError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Event("", b"")
    if op not in _NAMES or not _BESIDE & fields.keys():
        return _Event("", b"")
    return _Event(op, after if op in _WITH_ROW and after.startswith(b"{") else b"")
