"""Which JSON documents hold their records as arrays under a header, or as values of one object."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from heal_cli.errors import SourceError
from heal_cli.model import Finding, ReadOptions
from heal_cli.read.header_lines import are_names
from heal_cli.read.heading import name_columns
from heal_cli.read.json_forms import Form
from heal_cli.read.json_walk import after_gap, decoded, whole

ONE_RECORD: Final = "records"
"""What the finding is called where a document is taken for one record, and might be many."""

MOST_OF_IT: Final = 0.8
"""Share of a document that its records have where nothing else says which they are."""

_MAX_DEPTH: Final = 6
_LOOK: Final = 200
"""Records of the head that say what the others are."""

_NAME_KEYS: Final = ("fieldName", "name", "id", "key", "field", "label", "title")
_LISTS: Final = re.compile(r"(?i)(?:.*_)?(?:columns?|fields?|headers?|names|col_?names|cols|meta|row_?type)")
"""Keys of lists that name the values of arrays."""

_ID: Final = re.compile(
    r"[0-9]+|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|-[\w-]{15,}|(?=.*[0-9])[0-9a-zA-Z]{20,}"
    r"|[A-Za-z]{1,6}[-_:]?[0-9]{3,}"
)
"""Keys that are no names of columns: numbers, UUIDs, those of Firebase and MongoDB, ORD-0001."""
_MANY: Final = 25
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


_BY_RECORDS: Final = "Write it by records, as with pandas: df.to_json(FILE, orient='records', lines=True)"


class Table(NamedTuple):
    """Records that were found in a document."""

    kind: str  # as in `Shape`
    path: str
    start: int  # character before its first record
    form: Form
    findings: tuple[Finding, ...]


class Value(NamedTuple):
    """A value inside of objects."""

    path: str
    start: int
    stop: int | None  # one past its end; None where the head ends before


def values_of(text: str, at: int, path: str = "", *, deepest: int = _MAX_DEPTH) -> Iterator[Value]:
    """The values that objects lead to, up to where the text ends or is no JSON."""
    at += 1
    if path.count(".") >= deepest:
        return
    while (at := after_gap(text, at)) < len(text) and text[at] == '"':
        found = decoded(text, at)
        if found is None:
            return
        key, at = found[0], after_gap(text, found[1])
        if not text.startswith(":", at):
            return
        at = after_gap(text, at + 1)
        here = f"{path}.{_shown(key)}" if path else _shown(key)
        stop = whole(text, at)
        yield Value(here, at, stop)
        if text.startswith("{", at):
            yield from values_of(text, at, here, deepest=deepest)
        if stop is None:
            return
        at = stop


def _shown(name: object) -> str:
    """A name as text, bytes that are none of it as the sign for that."""
    return str(name).encode(errors="surrogatepass").decode(errors="replace")


# --------------------------------------------------------------------------- arrays


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
        return tuple(map(_shown, entries))
    for key in _NAME_KEYS:
        if all(isinstance(entry, dict) and isinstance(entry.get(key), str) for entry in entries):
            return tuple(_shown(entry[key]) for entry in entries)
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
    names = options.columns or (tuple(map(_shown, head)) if has_header else ())
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
    while len(rows) < _LOOK and text.startswith("[", at):
        found = decoded(text, at)
        if found is None or not isinstance(found[0], list):
            break
        rows.append(found[0])
        at = after_gap(text, found[1])
    return rows


# --------------------------------------------------------------------------- values of an object


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
        if wanted is None and are_alike(members):
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
    while len(members) < _LOOK and text.startswith('"', at):
        key = decoded(text, at)
        colon = after_gap(text, key[1]) if key else len(text)
        found = decoded(text, after_gap(text, colon + 1)) if text.startswith(":", colon) else None
        if key is None or found is None:
            break
        if not isinstance(found[0], dict):
            return []
        members.append((_shown(key[0]), found[0]))
        at = after_gap(text, found[1])
    return members


def _are_keyed(members: Sequence[tuple[str, dict[str, object]]]) -> bool:
    """Two or more objects alike, whose keys can be no names; or so many that none would be a column."""
    if not are_alike(members):
        return False
    is_named_so = all(_ID.fullmatch(key) or _DAY.match(key) for key, _ in members)
    return is_named_so or (len(members) >= _MANY and len({frozenset(value) for _, value in members}) == 1)


def are_alike(members: Sequence[tuple[str, dict[str, object]]]) -> bool:
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


# --------------------------------------------------------------------------- columns


def refuse_columns(text: str, start: int, name: str) -> None:
    """Nothing, unless each key holds the values of a column, by row number as pandas writes them or in a list."""
    _refuse_lists(text, start, name)
    first = next(values_of(text, start), None)
    if first is None or not text.startswith("{", first.start):
        return
    keys = [value for value in values_of(text, first.start) if "." not in value.path][:_LOOK]
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
