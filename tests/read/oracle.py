"""A slow, plain reader of CSV records, line by line, to hold the fast one against."""

from __future__ import annotations

import re
from typing import NamedTuple

from heal_cli.read.fields import MACHINE


class Record(NamedTuple):
    """One record as it should be read."""

    line: int  # 0-based
    start: int
    raw: bytes
    cells: tuple[str | None, ...] | str  # or the reason of its reject


def read(data: bytes, width: int, machine: tuple[int, ...] = ()) -> list[Record]:
    """The records of `data`: comma, double quote, LF with an optional CR before it."""
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    records = []
    at = 0
    while at < len(lines):
        if lines[at] in (b"", b"\r") and width > 1:
            at += 1
            continue
        after = _last_line(lines, at, width, machine) + 1
        raw = b"\n".join(lines[at:after]).removesuffix(b"\r")
        records.append(Record(at, starts[at], raw, _cells(raw, width)))
        at = after
    return records


def _last_line(lines: list[bytes], at: int, width: int, machine: tuple[int, ...]) -> int:
    if lines[at].count(b'"') % 2 == 0:
        return at
    closing = next((i for i in range(at + 1, len(lines)) if lines[i].count(b'"') % 2), None)
    if closing is None:
        return at
    joined = b"\n".join(lines[at : closing + 1]).removesuffix(b"\r").decode("latin-1")
    between = [line.decode("latin-1") for line in lines[at + 1 : closing]][:64]
    standing = sum(_stands(line, width, machine) for line in between)
    if standing * 2 > len(between) and standing * (len(machine) + (width - 1) / 2) >= 3:
        return at
    fields = _strict(joined)
    if fields is None:
        return at
    if fields != width and any(_count(line.decode("latin-1")) == width for line in lines[at + 1 : closing + 1]):
        return at
    return closing


def _strict(record: str) -> int | None:
    """Number of fields if every quote is sound."""
    fields, at = 0, 0
    while True:
        match = re.compile(r'"(?:[^"]|"")*"(?=,|\Z)|[^",]*(?=,|\Z)').match(record, at)
        if match is None:
            return None
        fields, at = fields + 1, match.end()
        if at == len(record):
            return fields
        at += 1


def _count(line: str) -> int:
    return re.sub(r'"(?:[^"]|"")*"', "", line).count(",") + 1


def _stands(line: str, width: int, machine: tuple[int, ...]) -> bool:
    free = r'(?:"(?:[^"]|"")*"|[^",][^,]*|)'
    number = f'(?:"{MACHINE}"|{MACHINE})'
    pattern = ",".join(number if i in machine else free for i in range(width))
    return re.fullmatch(pattern + "\r?", line) is not None


def _cells(raw: bytes, width: int) -> tuple[str | None, ...] | str:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    if "\0" in text:
        return "nul_byte"
    cells: list[str | None] = []
    at = 0
    while True:
        if text.startswith('"', at):
            match = re.compile(r'"((?:[^"]|"")*)"(?!")').match(text, at)
            if match is None:
                return "unclosed_quote"
            if match.end() < len(text) and text[match.end()] != ",":
                return "stray_quote"
            cells.append(match[1].replace('""', '"'))
            at = match.end()
        else:
            stop = text.find(",", at) if "," in text[at:] else len(text)
            cells.append(text[at:stop] or None)
            at = stop
        if at == len(text):
            break
        at += 1
    if len(cells) < width:
        return "too_few_fields"
    return "too_many_fields" if any(cells[width:]) else tuple(cells[:width])
