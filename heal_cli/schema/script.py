"""A SQL script as statements, so that a failure can be told by its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from heal_cli.errors import SchemaError

_TOKEN: Final = re.compile(
    r"""
    (?P<skip> \s+ | --[^\n]* )
    | (?P<comment> /\* )
    | (?P<text>
        [eE]'(?:[^'\\]|''|\\.)*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
        | \$(?P<tag>(?:[^\W\d]\w*)?)\$ .*? \$(?P=tag)\$
      )
    | (?P<meta> \\[^\n]* )
    | (?P<word> \w[\w$]* )
    | (?P<mark> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_COMMENT_EDGE: Final = re.compile(r"/\*|\*/")

# What pg_dump and hand-written psql scripts hold that SQL can do without.
_HARMLESS_META: Final = frozenset({"restrict", "unrestrict", "encoding", "pset", "echo", "timing", "set"})
_COPY_DATA: Final = re.compile(r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)


class Statement(NamedTuple):
    """One statement of a script, without its semicolon."""

    sql: str
    line: int  # 1-based line of its first word


def split_statements(script: str, file: str) -> list[Statement]:
    """The statements of a script in order.

    Knows quotes, dollar quotes, nested comments, parentheses and BEGIN ATOMIC bodies, the places where a
    semicolon ends nothing.

    Raises:
        SchemaError: The script needs psql: a meta-command such as `\\connect`, or rows for COPY FROM stdin.
    """
    statements: list[Statement] = []
    start, nesting, previous = None, 0, ""
    for kind, begin, stop in _tokens(script):
        word = script[begin:stop].upper()
        if kind == "meta":
            _refuse_meta(script, begin, stop, file)
        elif word == ";" and nesting == 0:
            if start is not None:
                statements.append(_statement(script, start, begin, file))
            start = None
        else:
            start = begin if start is None else start
            nesting = max(0, nesting + _opens(word, previous, nesting))
        previous = word
    if start is not None:
        statements.append(_statement(script, start, len(script), file))
    return statements


def _tokens(script: str) -> Iterator[tuple[str, int, int]]:
    """Kind, start and end of everything that is neither blank nor comment."""
    position = 0
    while match := _TOKEN.match(script, position):
        kind, begin, position = match.lastgroup or "mark", position, match.end()
        if kind == "comment":
            position = _end_of_comment(script, position)
        elif kind != "skip":
            yield kind, begin, position


def _end_of_comment(script: str, position: int) -> int:
    """Where a block comment ends; they nest, as SQL has it."""
    depth = 1
    while depth and (edge := _COMMENT_EDGE.search(script, position)):
        depth += 1 if edge.group() == "/*" else -1
        position = edge.end()
    return len(script) if depth else position


def _opens(word: str, previous: str, nesting: int) -> int:
    """+1 when a word opens what a semicolon does not end, -1 when it closes it."""
    if word == "(" or (word == "ATOMIC" and previous == "BEGIN"):
        return 1
    if word == ")":
        return -1
    # CASE ... END matters only inside, where an END might close the BEGIN.
    return {"CASE": 1, "END": -1}.get(word, 0) if nesting else 0


def _statement(script: str, start: int, stop: int, file: str) -> Statement:
    statement = Statement(script[start:stop].rstrip(), line_of(script, start))
    if _COPY_DATA.match(statement.sql):
        raise SchemaError(
            f"Line {statement.line} of {file!r} brings rows along (COPY ... FROM stdin), only psql can run that",
            hint="Give --ddl a file without data, as pg_dump --schema-only writes it",
        )
    return statement


def _refuse_meta(script: str, begin: int, stop: int, file: str) -> None:
    command = script[begin:stop].strip()
    name = re.match(r"\\(\w*)", command)
    if name is None or name.group(1) not in _HARMLESS_META:
        raise SchemaError(
            f"Line {line_of(script, begin)} of {file!r} is the psql command {command!r}, not SQL",
            hint="Take the line out, or run the file with psql",
        )


def line_of(script: str, position: int) -> int:
    """The 1-based line a position is on."""
    return script.count("\n", 0, position) + 1
