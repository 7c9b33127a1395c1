"""Which JSON documents hold their records as arrays under a header."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from heal_cli.errors import SourceError
from heal_cli.model import Finding, ReadOptions
from heal_cli.read.header_lines import are_names
from heal_cli.read.heading import name_columns
from heal_cli.read.json_forms import Form
from heal_cli.read.json_values import LOOK, Value, shown, values_of
from heal_cli.read.json_walk import after_gap, decoded

_NAME_KEYS: Final = ("fieldName", "name", "id", "key", "field", "label", "title")
_LISTS: Final = re.compile(r"(?i)(?:.*_)?(?:columns?|fields?|headers?|names|col_?names|cols|meta|row_?type)")
"""Keys of lists that name the values of arrays."""


class Table(NamedTuple):
    """Records that were found in a document."""

    kind: str  # as in `Shape`
    path: str
    start: int  # character before its first record
    form: Form
    findings: tuple[Finding, ...]


def arrays_at_top(text: str, start: int, name: str, options: ReadOptions) -> Table | None:
    """An array of arrays, or arrays one after the other, whose first one may be a header."""
    inner = after_gap(text, start + 1)
    if text.startswith("[", inner):
        return _headed(text, "array", "", inner, name, options)
    rows = _rows(text, start)
    if len(rows) > 1 and not any(isinstance(value, dict | list) for row in rows for value in row):
        return _headed(text, "values", "", start, name, options)
    return None


def paged_at_top(text: str, start: int) -> int | None:
    """Where the array of records begins behind an object that says which page they are: `[{"page": 1}, [...]]`."""
    inner = after_gap(text, start + 1)
    found = decoded(text, inner) if text.startswith("{", inner) else None
    if found is None:
        return None
    second = after_gap(text, found[1])
    is_page = isinstance(found[0], dict) and {"page", "pages", "per_page", "total"} & found[0].keys()
    has_list = text.startswith("[", second) and text.startswith("{", after_gap(text, second + 1))
    return second + 1 if is_page and has_list else None


def arrays_inside(text: str, start: int, name: str, options: ReadOptions) -> Table | None:
    """An array of arrays inside of an object, with a list of their names beside it; or the one that was told.

    Raises:
        SourceError: There is an index of the rows apart from them, which holds values.
    """
    values = list(values_of(text, start))
    for value in values:
        first = after_gap(text, value.start + 1)
        is_told = value.path == options.json_path
        if not (text.startswith("[", value.start) and text.startswith("[", first)):
            continue
        if options.json_path is not None and not is_told:
            continue
        found = decoded(text, first)
        if found is None or not isinstance(found[0], list):
            continue
        beside = [other for other in values if not other.path.startswith(value.path)]
        names = _names_beside(text, beside, len(found[0]))
        if names:
            if not is_told:
                _check_index(text, beside, name)
            return _named("array", value.path, first, names)
        is_sheet = any(other.path.endswith("majorDimension") for other in beside)
        if is_told or is_sheet:
            return _headed(text, "array", value.path, first, name, options, is_short=is_sheet)
    return None


def _names_beside(text: str, beside: Sequence[Value], width: int) -> tuple[str, ...]:
    found = []
    for value in beside:
        if value.stop is None or not text.startswith("[", value.start):
            continue
        if not _LISTS.fullmatch(value.path.rpartition(".")[2]):
            continue
        names = _names_in(json.loads(text[value.start : value.stop], strict=False))
        if len(names) == width:
            found.append(names)
    return found[0] if len(set(found)) == 1 else ()


def _names_in(entries: Sequence[Any]) -> tuple[str, ...]:
    """Names in a list of them, or of objects that have them."""
    if all(isinstance(entry, str) for entry in entries):
        return tuple(map(shown, entries))
    for key in _NAME_KEYS:
        if all(isinstance(entry, dict) and isinstance(entry.get(key), str) for entry in entries):
            return tuple(shown(entry[key]) for entry in entries)
    return ()


def _check_index(text: str, beside: Sequence[Value], name: str) -> None:
    for value in beside:
        if value.path == "index" and value.stop is not None and text.startswith("[", value.start):
            labels = json.loads(text[value.start : value.stop], strict=False)
            if labels != list(range(len(labels))):
                raise SourceError(
                    f"{name!r} has the index of its rows apart from them, and it holds values: {labels[0]!r}",
                    hint="Write it so that they stand together: df.reset_index().to_json(FILE, orient='records',"
                    " lines=True); --json-path data loads the rows without it",
                )


def _headed(
    text: str, kind: str, path: str, first: int, name: str, options: ReadOptions, *, is_short: bool = False
) -> Table:
    """Arrays of which the first is a header if it reads like one."""
    rows = _rows(text, first)
    if not rows:
        raise SourceError(f"{name!r} holds arrays, and its first one is not whole in its first MiB")
    head, *rest = rows
    texts = [cell for cell in head if isinstance(cell, str)]
    reads_so = len(texts) == len(head) > 0 and are_names(texts)
    recurs = any(row[:1] == head[:1] for row in rest)
    has_header = options.header if options.header is not None else reads_so and not recurs
    found = decoded(text, first)
    assert found is not None
    width = len(options.columns) or (len(head) if not is_short else max(map(len, rows)))
    names = options.columns or (tuple(map(shown, head)) if has_header else ())
    columns, findings = name_columns(names, width)
    told = Finding("header", "yes" if has_header else "no", "--header/--no-header", "the first array")
    start = after_gap(text, found[1]) if has_header else first
    return Table(kind, path, start, Form(columns, is_short), (*_path(path), told, *findings))


def _named(kind: str, path: str, first: int, names: tuple[str, ...]) -> Table:
    columns, findings = name_columns(names, len(names))
    told = Finding("header", "beside the arrays", None, f"{len(names)} names for {len(names)} values")
    return Table(kind, path, first, Form(columns), (*_path(path), told, *findings))


def _path(path: str) -> tuple[Finding, ...]:
    why = "the array of arrays in it; its other keys are left out"
    return (Finding("path", path, "--json-path", why),) if path else ()


def _rows(text: str, at: int) -> list[list[object]]:
    """The first arrays from there on, numbers as texts."""
    rows: list[list[object]] = []
    while len(rows) < LOOK and text.startswith("[", at):
        found = decoded(text, at)
        if found is None or not isinstance(found[0], list):
            break
        rows.append(found[0])
        at = after_gap(text, found[1])
    return rows
