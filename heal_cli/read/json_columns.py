"""JSON documents that hold columns and not records, which no single pass can load."""

from __future__ import annotations

from typing import Final

from heal_cli.errors import SourceError
from heal_cli.read.json_values import LOOK, values_of
from heal_cli.read.json_walk import after_gap, decoded

_BY_RECORDS: Final = "Write it by records, as with pandas: df.to_json(FILE, orient='records', lines=True)"


def refuse_columns(text: str, start: int, name: str) -> None:
    """Nothing, unless each key holds the values of a column, by row number as pandas writes them or in a list."""
    _refuse_lists(text, start, name)
    first = next(values_of(text, start), None)
    if first is None or not text.startswith("{", first.start):
        return
    keys = [value for value in values_of(text, first.start) if "." not in value.path][:LOOK]
    if len(keys) < 2 or [value.path for value in keys] != [str(i) for i in range(len(keys))]:
        return
    if any(text.startswith("{", value.start) for value in keys):
        return
    others = [value for value in values_of(text, start) if "." not in value.path]
    begins = (text[after_gap(text, value.start + 1) :][:3] for value in others if value.stop is not None)
    if any(found != '"0"' for found in begins):
        return
    raise SourceError(
        f"{name!r} holds columns, and not records: {first.path!r} has the values of all rows by their number",
        hint=_BY_RECORDS,
    )


def _refuse_lists(text: str, start: int, name: str) -> None:
    """Several lists of as many plain values, two or more: a record has other values beside its lists."""
    found = decoded(text, start)
    lists = list(found[0].values()) if found is not None and isinstance(found[0], dict) else []
    if len(lists) < 2 or not all(isinstance(values, list) for values in lists):
        return
    count = len(lists[0])
    if count < 2 or any(len(values) != count for values in lists):
        return
    if any(isinstance(value, dict | list) for values in lists for value in values):
        return
    raise SourceError(
        f"{name!r} holds columns, and not records: each of its {len(lists)} keys has a list of {count:,} values",
        hint=f"{_BY_RECORDS}; --json-path . reads it as one record of lists",
    )
