"""What kind of JSON a source is: lines, an array, an object that wraps one, or values one after the other."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from heal_cli.errors import SourceError, UsageError
from heal_cli.model import Finding, Format, ReadOptions
from heal_cli.read.changes import find_changes
from heal_cli.read.json_columns import refuse_columns
from heal_cli.read.json_forms import Form
from heal_cli.read.json_keyed import MOST_OF_IT, keyed
from heal_cli.read.json_mend import mend
from heal_cli.read.json_tables import Table, arrays_at_top, arrays_inside, paged_at_top
from heal_cli.read.json_values import values_of
from heal_cli.read.json_walk import MemberWalker, Walker, after_gap, balanced, whole
from heal_cli.read.jsonl_lines import is_blank, split_lines

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OBJECTS: Final = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_GLUED: Final = re.compile(rb"\}\s*\{")
_LESSON: Final = 600
"""Records of the head that are looked at."""

_LINES: Final = 256
"""Lines that tell JSON lines from a document."""

_KEY: Final = re.compile(r'\{\s*("[^"\\\n]*(?:\\.[^"\\\n]*)*")\s*:')
_ACTION: Final = re.compile(rb'\{\s*"(?:index|create|update|delete)"\s*:\s*\{[^{}]*\}\s*\}\s*$')

_WRAPPERS: Final = frozenset(
    [
        "data",
        "items",
        "results",
        "result",
        "records",
        "rows",
        "row",
        "hits",
        "value",
        "values",
        "entries",
        "list",
        "objects",
        "documents",
        "docs",
        "features",
        "response",
        "payload",
        "content",
        "elements",
        "events",
        "messages",
        "users",
        "edges",
        "nodes",
    ]
)
"""Keys under which APIs put their lists."""

_PAGING: Final = re.compile(
    r"(?i)(?:total|max|num)_?(?:results|count|items|records|pages|hits)|start_?at|offset|limit|cursor|has_?more|is_?last"
    r"|(?:per_?|next_?)?page(?:_?(?:size|token|number|info|count))?|next(?:_?(?:page_?token|cursor|link|url))?"
)
_ENVELOPE: Final = re.compile(
    r"(?i)total|count|expand|prev(?:ious)?|took|status|success|ok|error|object|kind|type|self|url|_?links?|meta"
    r"|paging|pagination|request_?id|api_?version|warnings?"
)
"""Keys that APIs put beside a list, and that say nothing of one record; some of the first kind has to be there."""

_CHANGES: Final = "each record is a change, of which the row after it is loaded; deletes are rejects; '.' takes the events themselves"
_MAX_DEPTH: Final = 8
WHOLE: Final = "."
"""The path that takes each value at the top for a record, whatever is in it."""


class Shape(NamedTuple):
    """How the records of a source follow one another."""

    kind: str  # 'lines', 'array', 'values' or, in an object, 'members'
    start: int  # bytes before the first record
    path: str  # of the array inside of the wrapping object; '' for one at the top
    records: tuple[bytes, ...]  # the first ones
    parted: bytes  # what stands between the first two records, with the bytes that end and begin them
    record_start: re.Pattern[str] | None  # how records begin
    findings: tuple[Finding, ...]
    form: Form | None = None  # what makes objects of the records


class _Array(NamedTuple):
    """An array of objects inside of an object."""

    path: str
    start: int  # character after its bracket
    stop: int | None  # one past its end; None where the head ends before


def tell_shape(peeked: bytes, wanted: int, name: str, options: ReadOptions) -> Shape:
    """The shape of the source that begins with these bytes; of events of changes the rows that they leave.

    Args:
        wanted: Bytes that were asked for; as many came, so the last value may go on.
        options: `json_path` is what the user said: the keys to the array, or `WHOLE`.

    Raises:
        SourceError: There is no JSON object in them, or several arrays that may be meant.
        UsageError: There is no array at `path`.
    """
    shape = _shape(peeked, wanted, name, options)
    under = find_changes(shape.records) if shape.form is None and options.json_path is None else None
    if under is None:
        return shape
    form = Form(change=under)
    told = Finding("changes", f"{under}.after".strip("."), "--json-path", _CHANGES)
    return shape._replace(
        records=tuple(form.objects(shape.records)), form=form, findings=(told, *shape.findings)
    )


def _shape(peeked: bytes, wanted: int, name: str, options: ReadOptions) -> Shape:
    is_end, path = len(peeked) < wanted, options.json_path
    lines = whole_lines(peeked, is_end=is_end)
    if path is None and _is_lines(lines, is_end=is_end, told=options.format is Format.JSONL):
        _refuse_bulk(lines, name)
        return _shape_of_lines(lines)
    text = peeked.decode(errors="surrogateescape")
    start = after_gap(text, 0)
    if text.startswith("[", start):
        table = arrays_at_top(text, start, name, options) if path is None else None
        if table:
            return _tabular(table, text, is_end=is_end)
        paged = paged_at_top(text, start) if path is None else None
        return _document("array", "1" if paged else "", text, paged or start + 1, is_end=is_end)
    wrapped = _wrapped(text, start, name, path, is_end=is_end) if path != WHOLE else None
    if wrapped:
        return wrapped
    inside = _inside(text, start, name, options) if path != WHOLE else None
    if isinstance(inside, Table):
        return _tabular(inside, text, is_end=is_end)
    if path not in {None, WHOLE}:
        raise UsageError(f"{name!r} has no array at --json-path {path!r} in its first MiB")
    shape = _document("values", "", text, start, is_end=is_end)
    if lines and not any(map(mend, shape.records)):
        if any(map(is_object, lines)) or (not is_end and not shape.records and text.startswith("{", start)):
            return _shape_of_lines(lines)
        raise _no_json(lines, name)
    shape = shape._replace(findings=(*([inside] if inside else []), *shape.findings))
    return shape if shape.records else _shape_of_lines(lines)


def _inside(text: str, start: int, name: str, options: ReadOptions) -> Table | Finding | None:
    """Records that are no objects in a list, inside of the one object that there is; or what to ask about it."""
    stop = whole(text, start)
    if not text.startswith("{", start) or (stop is not None and after_gap(text, stop) < len(text)):
        return None
    if options.json_path is None:
        refuse_columns(text, start, name)
    return arrays_inside(text, start, name, options) or keyed(text, start, options.json_path)


def _tabular(table: Table, text: str, *, is_end: bool) -> Shape:
    shape = _document(table.kind, table.path, text, table.start, is_end=is_end)
    records = tuple(table.form.objects(shape.records))
    return shape._replace(records=records, form=table.form, findings=(*table.findings, *shape.findings))


def _refuse_bulk(lines: Sequence[bytes], name: str) -> None:
    """Nothing, unless lines are by turns an action of Elasticsearch's bulk API and a record."""
    actions = [_ACTION.match(line) is not None for line in lines[:_LINES]]
    if len(actions) > 1 and actions[0] and not actions[1]:
        raise SourceError(
            f"{name!r} is a bulk request of Elasticsearch: above each record a line says what to do with it",
            hint=f"""Take those lines out: grep -vE '^{{"(index|create)":' {shlex.quote(name)} | heal load - --table TABLE""",
        )


def _is_lines(lines: Sequence[bytes], *, is_end: bool, told: bool) -> bool:
    """Most lines are objects, and there is more than one, be it too long to see its end: a lone object may wrap an array."""
    if told:
        return any(map(is_object, lines))
    some = lines[:_LINES]
    good = [is_object(line) for line in some]
    is_glued = any(are_objects(line) for line, is_one in zip(some, good, strict=True) if not is_one)
    return 2 * sum(good) >= len(some) > int(is_end) and not is_glued


def _shape_of_lines(lines: Sequence[bytes]) -> Shape:
    return Shape("lines", 0, "", tuple(lines), b"\n", None, ())


def whole_lines(peeked: bytes, *, is_end: bool) -> list[bytes]:
    """The lines that are there to their end, blank ones left out."""
    lines = split_lines(peeked)
    if not is_end and not peeked.endswith(b"\n"):
        lines = lines[:-1]
    return [line for line in lines if not is_blank(line)]


def is_object(line: bytes) -> bool:
    """It is one JSON object."""
    try:
        _OBJECT.decode(line.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def are_objects(line: bytes) -> bool:
    """It is several JSON objects, one right behind the other."""
    try:
        _OBJECTS.decode(b"[%b]" % _GLUED.sub(b"},{", line))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _document(kind: str, path: str, text: str, start: int, *, is_end: bool) -> Shape:
    body = text[start:]
    found = _KEY.match(body, after_gap(body, 0))
    record_start = re.compile(rf"\{{\s*{re.escape(found[1])}\s*:") if found else None
    walker = MemberWalker() if kind == "members" else Walker(kind == "array", record_start)
    walk = walker.walk(body, limit=len(body), most=_LESSON, is_end=is_end)
    records = tuple(body[a:b].encode(errors="surrogateescape") for a, b in walk.spans)
    parted = b""
    if len(walk.spans) > 1 and found:
        (_, end), (begin, _) = walk.spans[:2]
        parted = (body[end - 1 : begin] + found[0]).encode(errors="surrogateescape")
    findings = tuple(_marks(body, walk.spans))
    size = len(text[:start].encode(errors="surrogateescape"))
    return Shape(kind, size, path, records, parted, record_start, findings)


def _marks(body: str, spans: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    """Comments between the records: JSON has none, and they are passed over."""
    ends = [0, *(stop for _, stop in spans)]
    if any("/" in body[end:begin] for end, (begin, _) in zip(ends, spans, strict=False)):
        yield Finding("comments", "passed over", None, "between records")


# --------------------------------------------------------------------------- an object that wraps an array


def _wrapped(text: str, start: int, name: str, path: str | None, *, is_end: bool) -> Shape | None:
    """The array that the first object wraps, if it is there for that."""
    if not text.startswith("{", start):
        return None
    stop = whole(text, start)
    if path is None and stop is not None and after_gap(text, stop) < len(text):
        return None  # other values follow: each is a record
    size = (stop or len(text)) - start
    there = list(_arrays(text, start))
    arrays = [
        array
        for array in there
        if array.path == path or (path is None and _is_content(array, size, len(text)))
    ]
    if not arrays and path is None and stop is not None and len(there) == 1:
        arrays = there if _is_envelope(text[start:stop], there[0].path) else []
    if not arrays:
        return None
    if len(arrays) > 1:
        paths = ", ".join(repr(array.path) for array in arrays)
        raise SourceError(
            f"{name!r} holds several arrays of objects ({paths}) and it cannot be told which are the records",
            hint=f"Say which, as in --json-path {arrays[0].path}; '.' takes the whole object for one",
        )
    (array,) = arrays
    shape = _document("array", array.path, text, array.start, is_end=is_end)
    return shape._replace(
        findings=(
            Finding(
                "path", array.path, "--json-path", "the array of objects in it; its other keys are left out"
            ),
            *shape.findings,
        )
    )


def _is_content(array: _Array, size: int, end: int) -> bool:
    """The object is there for the array: its key says so, or it is nearly all there is."""
    has_name = array.path.rpartition(".")[2].casefold() in _WRAPPERS
    return has_name or (array.stop or end) - array.start >= MOST_OF_IT * size


def _is_envelope(text: str, path: str) -> bool:
    """All that the object has beside the list is about pages of it."""
    try:
        keys = set(_OBJECT.decode(text.encode(errors="surrogateescape"))) - {path.partition(".")[0]}
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    is_paged = any(map(_PAGING.fullmatch, keys))
    return is_paged and all(_PAGING.fullmatch(key) or _ENVELOPE.fullmatch(key) for key in keys)


def _arrays(text: str, at: int) -> Iterator[_Array]:
    """The arrays of objects that objects lead to, up to where the text ends or is no JSON."""
    for path, start, stop in values_of(text, at, deepest=_MAX_DEPTH):
        if text.startswith("[", start) and text.startswith("{", after_gap(text, start + 1)):
            yield _Array(path, start + 1, stop)


def tail_fault(head: str, tail: str) -> str | None:
    """What is wrong with a document whose array is cut out, if anything.

    Args:
        head: What stands before the array's elements.
        tail: What stands behind them, from its bracket on.
    """
    text = head + tail
    start = after_gap(text, 0)
    stop = whole(text, start) or balanced(text, start)
    if stop is None:
        return "ends before its document does"
    return "goes on with something else" if after_gap(text, stop) < len(text) else None


def _no_json(lines: Sequence[bytes], name: str) -> SourceError:
    start = lines[0][:40].decode(errors="backslashreplace")
    return SourceError(
        f"{name!r} is not JSON: it holds no JSON object in its first {len(lines):,} lines; the first begins {start!r}",
        hint="Name what it is with --format",
    )
