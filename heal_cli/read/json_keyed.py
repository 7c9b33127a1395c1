"""Which JSON documents hold their records as the values of one object, under keys that are no names of columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from heal_cli.model import Finding
from heal_cli.read.json_forms import Form
from heal_cli.read.json_tables import Table
from heal_cli.read.json_values import LOOK, Value, shown, values_of
from heal_cli.read.json_walk import after_gap, decoded, whole

ONE_RECORD: Final = "records"
"""What the finding is called where a document is taken for one record, and might be many."""

MOST_OF_IT: Final = 0.8
"""Share of a document that its records have where nothing else says which they are."""

_ID: Final = re.compile(
    r"[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|-[\w-]{15,}|(?=.*[0-9])[0-9a-zA-Z]{20,}"
    r"|[A-Za-z]{1,6}[-_:]?[0-9]{3,}"
)
"""Keys that are no names of columns: numbers, UUIDs, those of Firebase and MongoDB, ORD-0001."""
_MANY: Final = 25
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def keyed(text: str, start: int, path: str | None) -> Table | Finding | None:
    """An object whose values are the records, at the top or where single keys lead to; what to ask where that is open.

    Args:
        path: What the user said, such as `users.*`; None: only where the keys can be no names.
    """
    if path is not None and path.rpartition(".")[2] != "*":
        return None
    wanted = None if path is None else path.removesuffix("*").removesuffix(".")
    here: Value | None = Value("", start, whole(text, start))
    while here is not None:
        members = _members(text, here)
        if wanted == here.path or (wanted is None and _are_keyed(members)):
            return _keyed(here, [key for key, _ in members], {key for _, value in members for key in value})
        if wanted is None and _are_alike(members):
            return _question(here)
        inner = [value for value in values_of(text, here.start, here.path) if _is_child(value, here, wanted)]
        objects = [value for value in inner if text.startswith("{", value.start)]
        if wanted is None and len(inner) > 1:
            objects = [value for value in objects if _are_keyed(_members(text, value))]
            if len(objects) == 1 and not _is_most(objects[0], here, text):
                return _question(objects[0])
        here = objects[0] if len(objects) == 1 else None
    return None


def _question(here: Value) -> Finding:
    path = f"{here.path}.*" if here.path else "*"
    why = f"an object of objects alike; --json-path {path!r} takes each of them for a record"
    return Finding(ONE_RECORD, "1", "--json-path", why)


def _is_most(value: Value, of: Value, text: str) -> bool:
    end = len(text)
    return (value.stop or end) - value.start >= MOST_OF_IT * ((of.stop or end) - of.start)


def _is_child(value: Value, of: Value, wanted: str | None) -> bool:
    path = value.path.removeprefix(f"{of.path}." if of.path else "")
    return "." not in path and (wanted is None or f"{wanted}.".startswith(f"{value.path}."))


def _members(text: str, value: Value) -> list[tuple[str, dict[str, object]]]:
    """The first keys of an object with their objects; none if one has another value."""
    members: list[tuple[str, dict[str, object]]] = []
    at = after_gap(text, value.start + 1)
    while len(members) < LOOK and text.startswith('"', at):
        key = decoded(text, at)
        colon = after_gap(text, key[1]) if key else len(text)
        found = decoded(text, after_gap(text, colon + 1)) if text.startswith(":", colon) else None
        if key is None or found is None:
            break
        if not isinstance(found[0], dict):
            return []
        members.append((shown(key[0]), found[0]))
        at = after_gap(text, found[1])
    return members


def _are_keyed(members: Sequence[tuple[str, dict[str, object]]]) -> bool:
    """Two or more objects alike, whose keys can be no names; or so many that none would be a column."""
    if not _are_alike(members):
        return False
    is_named_so = all(_ID.fullmatch(key) or _DAY.match(key) for key, _ in members)
    return is_named_so or (len(members) >= _MANY and len({frozenset(value) for _, value in members}) == 1)


def _are_alike(members: Sequence[tuple[str, dict[str, object]]]) -> bool:
    """Two or more objects that share keys."""
    return len(members) > 1 and all(members[0][1].keys() & value.keys() for _, value in members)


def _keyed(here: Value, keys: Sequence[str], inner: set[str]) -> Table:
    """The column for the keys: numbers from 0 on are none, days and times are called so, all others are ids."""
    if list(keys) == [str(i) for i in range(len(keys))]:
        column, told = "", "row numbers, passed over"
    else:
        wanted = (
            "date" if all(map(_DAY.fullmatch, keys)) else "timestamp" if all(map(_DAY.match, keys)) else "id"
        )
        column = told = next(name for name in (wanted, "key", "object_key") if name not in inner)
    findings = (
        Finding(
            "path",
            f"{here.path}.*" if here.path else "*",
            "--json-path",
            "each value of this object is a record",
        ),
        Finding("keys", told, None, f"what stands before each record, such as {keys[0]!r}" if keys else ""),
    )
    return Table("members", here.path, here.start + 1, Form(key=column), findings)
