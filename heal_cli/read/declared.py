"""Files that say themselves what their columns are: W3C extended logs, logs of Zeek, the data that pg_dump writes.
Access logs of web servers say it by their form.

The names are in a line of its own form; what is below it up to the next such line is the table. W3C's working draft
"Extended Log File Format" has `#Fields: date time cs-uri`, CloudFront with tabs between the records' fields; Zeek has
`#fields<TAB>ts<TAB>uid`; pg_dump has `COPY public.t (id, name) FROM stdin;` and a line `\\.` below the last record.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import Final, NamedTuple

from heal_cli.read.backslash import END, ESCAPE
from heal_cli.read.fields import Grammar

COPY: Final = re.compile(r"COPY \S.* ?\((.+)\) FROM stdin;\s*", re.IGNORECASE)
"""The line above the records of one table, as pg_dump writes it."""

_COPY_LINE: Final = re.compile(rb"(?mi)^COPY [^\r\n]+\([^\r\n]+\) FROM stdin;\r?\n(?!\\\.)")
_NAME: Final = re.compile(r'"((?:[^"]|"")+)"|([^",\s]+)')

_FIELDS: Final = re.compile(r"#fields(?::[ \t]*|\t)(\S.*)", re.IGNORECASE)
_FIELDS_LINE: Final = re.compile(rb"(?i)\A(?:#[^\n]*\n)*?#fields(?::[ \t]*|\t)\S[^\n]*\n")
_NEXT_RECORD: Final = re.compile(rb"(?m)^[^#\r\n][^\n]*")


_LOGGED: Final = re.compile(
    r'(?P<host>\S+ )?\S+ \S+ \S+ \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:]{8} [+-][0-9]{4}\] "[^"]*'
)
_LOG_FIELDS: Final = (
    "remote_addr", "ident", "remote_user", "time", "request", "status", "bytes", "referer", "user_agent",
)  # fmt: skip
_LOG_LINES: Final = 20
_LOG_BYTES: Final = 2**16


class Declared(NamedTuple):
    """What a file says of its records."""

    grammar: Grammar
    columns: tuple[str, ...]
    body: int  # bytes before the first record
    line: str  # that says it; '' where the form of the records does


def find_declared(head: bytes, delimiter: str | None) -> Declared | None:
    """What the file that begins with `head` says; None for one that says nothing.

    Args:
        delimiter: As the user told; None takes what such files have.
    """
    if b"#" in head[:1]:
        return _fields(head, delimiter)
    if b" FROM stdin;" in head and (found := _COPY_LINE.search(head)):
        return _copy(found, delimiter)
    return _access_log(head[:_LOG_BYTES].decode(errors="replace"))


def _access_log(text: str) -> Declared | None:
    """The common or combined log of Apache and nginx, a virtual host before it or more fields behind it."""
    lines = text.split("\n", _LOG_LINES)[:_LOG_LINES]
    found = [match for match in map(_LOGGED.match, filter(None, lines)) if match]
    if not found or len(found) * 2 < len(lines):
        return None
    escape = ESCAPE if ESCAPE + '"' in text else None
    grammar = Grammar(" ", '"', escape, b"\n", 2, is_bracketed=True)
    widths = Counter(len(grammar.split(match.string).cells) for match in found)
    names = ("host", *_LOG_FIELDS) if all(match["host"] for match in found) else _LOG_FIELDS
    width = widths.most_common(1)[0][0]
    more = (f"column_{i}" for i in range(len(names) + 1, width + 1))
    return Declared(replace(grammar, width=width), (*names, *more)[:width], 0, "")


def _fields(head: bytes, delimiter: str | None) -> Declared | None:
    found = _FIELDS_LINE.match(head)
    if found is None:
        return None
    line = _last_line(found[0])
    names = line.split(maxsplit=1)[1].split("\t" if line.startswith("#fields\t") else None)
    record = _NEXT_RECORD.search(head, found.end())
    tab = record is not None and b"\t" in record[0]
    delimiter = delimiter or ("\t" if tab else " ")
    grammar = Grammar(
        delimiter, '"', None, b"\n", len(names), comment="#", is_comment_told=True, heading=line
    )
    return Declared(grammar, tuple(names), found.end(), line)


def _copy(found: re.Match[bytes], delimiter: str | None) -> Declared | None:
    line = _last_line(found[0].rstrip(b"\r\n"))
    told = COPY.fullmatch(line)
    assert told is not None
    names = tuple(quoted.replace('""', '"') or bare for quoted, bare in _NAME.findall(told[1]))
    return Declared(Grammar(delimiter or "\t", "", ESCAPE, b"\n", len(names)), names, found.end(), line)


def _last_line(text: bytes) -> str:
    return text.rstrip(b"\r\n").rsplit(b"\n", 1)[-1].decode(errors="replace").rstrip("\r")


def names_others(line: str, heading: str) -> bool:
    """The line says that other columns follow."""
    return line.rstrip("\r") != heading and _FIELDS.match(line) is not None


def find_end(data: bytes, grammar: Grammar) -> int | None:
    """Where the line `\\.` stands that ends the records of COPY; None where there is none."""
    if not grammar.is_backslashed:
        return None
    found = re.search(rb"(?m)^%b\r?$" % re.escape(END.encode()), data)
    return None if found is None else found.start()
