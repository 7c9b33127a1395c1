"""JSON lines that no template fits, one by one: what they hold, or exactly why they are no records."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, NoReturn

import msgspec

from heal_cli.read.json_mend import Fields, mend
from heal_cli.read.jsonl_keys import MAX_COLUMNS, MAX_DEPTH, Fault, column_name, key_fault

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STRINGS: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ESCAPES: Final = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\."
)
_KNOWN_SHAPES: Final = 1000
_TYPES: Final = {list: "an array", str: "a string", bool: "a boolean", type(None): "null"}


class Cell(NamedTuple):
    """Where a column's tokens stand."""

    rows: list[int]  # index into the records
    tokens: list[bytes]


class Records(NamedTuple):
    """What the lines hold, by column."""

    lines: list[int]  # index of the line of each record
    columns: dict[str, Cell]  # in order of first appearance; a record that is not listed lacks the key
    faults: dict[int, Fault]  # index of a broken line -> why
    mended: dict[str, list[int]]  # rule -> indices of the lines that it made JSON


def read_records(lines: Sequence[bytes], known: Iterable[str], *, may_add: int = MAX_COLUMNS) -> Records:
    """The fields of every line that is a record, each value as the source spells it.

    Args:
        known: Columns that the source is known to have.
        may_add: How many others these lines may bring; a line that brings more is broken.
    """
    columns = {name: Cell([], []) for name in known}
    most, proved = len(columns) + may_add, _Proved()
    faults: dict[int, Fault] = {}
    good: list[int] = []
    mended: dict[str, list[int]] = {}
    for place, line in enumerate(lines):
        rules: tuple[str, ...] = ()
        try:
            line.decode()  # msgspec does not look at the bytes of what it leaves raw
            fields = _FIELDS.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            again = mend(line)
            if again is None:
                faults[place] = _explain(line, exc)
                continue
            line, fields, rules = again
        fault = proved.fault(line, fields) or _crowd(columns, fields, most)
        if fault:
            faults[place] = fault
            continue
        row = len(good)
        good.append(place)
        for rule in rules:
            mended.setdefault(rule, []).append(place)
        for key, raw in fields.items():
            name = column_name(key)
            cell = columns.get(name) or columns.setdefault(name, Cell([], []))
            cell.rows.append(row)
            cell.tokens.append(bytes(raw))
    return Records(good, {name: cell for name, cell in columns.items() if cell.rows}, faults, mended)


def _crowd(columns: dict[str, Cell], fields: Fields, most: int) -> Fault | None:
    if len(columns) + len(fields) <= most:
        return None
    new = [key for key in fields if column_name(key) not in columns]
    if len(columns) + len(new) <= most:
        return None
    message = f"the key {new[0]!r} would be a column more than the {most:,} that fit"
    return Fault("too_many_columns", message, column=new[0])


class _Proved:
    """What is true of a line beyond being JSON: no key twice, no NUL, no bound passed.

    Spelling the decoded fields out again and meeting the line itself proves that nothing was dropped, at a
    tenth of the cost of a second parser; only lines spelled in another way need that.
    """

    def __init__(self) -> None:
        self._spellings: dict[tuple[str, ...], tuple[bytes, bytes] | Fault] = {}
        self._keys: dict[str, bytes] = {}

    def fault(self, line: bytes, fields: Fields) -> Fault | None:
        keys = tuple(fields)
        spelling = self._spellings.get(keys)
        if spelling is None:
            if len(self._spellings) >= _KNOWN_SHAPES:
                self._spellings.clear()
            spelling = self._spellings[keys] = key_fault(keys) or self._spell(keys)
        if isinstance(spelling, Fault):
            return spelling
        values = tuple(fields.values())
        body = line.rstrip(b"\r")
        is_proved = body in (spelling[0] % values, spelling[1] % values)
        return _deep(line) or (None if is_proved else _repeated(line)) or _nul(line, fields)

    def _spell(self, keys: tuple[str, ...]) -> tuple[bytes, bytes]:
        """The line's two usual spellings, values left open."""
        spelled = [self._keys.get(key) or self._spell_key(key) for key in keys]
        compact, spaced = b":%b,".join([*spelled, b""])[:-1], b": %b, ".join([*spelled, b""])[:-2]
        return b"{" + compact + b"}", b"{" + spaced + b"}"

    def _spell_key(self, key: str) -> bytes:
        if len(self._keys) >= _KNOWN_SHAPES:
            self._keys.clear()
        spelled = self._keys[key] = msgspec.json.encode(key).replace(b"%", b"%%")
        return spelled


def _repeated(line: bytes) -> Fault | None:
    """A key that is there twice with different values; equal ones lose nothing."""
    first: dict[str, object] = {}
    pairs = json.loads(line, object_pairs_hook=tuple, parse_float=_number, parse_int=_number)
    for key, value in pairs:
        if first.setdefault(key, value) != value:
            return Fault("duplicate_key", f"the key {key!r} is there twice with different values", column=key)
    return None


def _number(text: str) -> tuple[str]:
    """A number by its spelling; no string, array or object equals it."""
    return (text,)


def _nul(line: bytes, fields: Fields) -> Fault | None:
    if b"\\u0000" not in line:
        return None
    for key, raw in fields.items():
        token = bytes(raw)
        if token.startswith(b'"') and b"\\u0000" in token and "\0" in msgspec.json.decode(token):
            message = "the string holds a NUL (\\u0000), which PostgreSQL cannot store"
            return Fault("nul_byte", message, column=key, value=token[1:-1].decode())
    return None


def _deep(line: bytes) -> Fault | None:
    if line.count(b"[") + line.count(b"{") <= MAX_DEPTH:
        return None
    depth = 0
    for byte in _STRINGS.sub(b"", line):
        depth += (byte in b"[{") - (byte in b"]}")
        if depth > MAX_DEPTH:
            return _too_deep()
    return None


def _too_deep() -> Fault:
    return Fault("nested_too_deep", f"arrays and objects are nested deeper than {MAX_DEPTH}")


def _explain(line: bytes, parser: Exception) -> Fault:
    """Why a line that msgspec refused is no record, in the words of the parser that says it best."""
    try:
        text = line.decode()
    except UnicodeDecodeError as exc:
        return Fault("invalid_utf8", f"byte {exc.start + 1} of the line is no UTF-8: {exc.reason}")
    try:
        value = json.loads(text.removeprefix("\ufeff"), parse_constant=_refuse_constant, parse_int=float)
    except RecursionError:
        return _too_deep()
    except ValueError as exc:
        return Fault("invalid_json", str(exc))
    if isinstance(value, dict):
        return _too_deep() if isinstance(parser, RecursionError) else _surrogate(text, parser)
    return Fault("not_an_object", f"this is {_TYPES.get(type(value), 'a number')}, not an object")


def _surrogate(text: str, parser: Exception) -> Fault:
    halves = [found[1] for found in _ESCAPES.finditer(text) if found[1]]
    if not halves:
        return Fault("invalid_json", str(parser))
    return Fault("invalid_json", f"the escape {halves[0]} is half a surrogate pair, which is no character")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")
