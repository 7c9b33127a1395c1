"""What may go to a terminal, and where: results on stdout, notes on stderr, control characters escaped."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console

# C0 and C1 controls drive the terminal, bidirectional marks reorder what a person reads.
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""All of them take four hexadecimal digits, as JSON wants."""
_WIDTH_OF_A_PIPE: Final = 140
_LONGEST_VALUE: Final = 40


def clean(text: str) -> str:
    """`text` with every character that a terminal would act on spelled out as an escape."""
    return CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def quoted(value: str | None, length: int = _LONGEST_VALUE) -> str:
    """A value of a file as people see it: in quotes, cut to `length`; NULL stands for None."""
    if value is None:
        return "NULL"
    text = clean(value)
    return f"'{text}'" if len(text) <= length else f"'{text[: length - 1]}…'"


def is_plain(stream: TextIO) -> bool:
    """No colour and no bars: not a terminal, or NO_COLOR, CI or TERM=dumb says so."""
    wishes = os.environ.get("NO_COLOR") or os.environ.get("CI") or os.environ.get("TERM") == "dumb"
    return bool(wishes) or not stream.isatty()


def say(text: str) -> None:
    """A result: one line, or several, on stdout."""
    typer.echo(text)


def say_json(document: Mapping[str, Any]) -> None:
    """The result for machines: one versioned document on one line of stdout."""
    import msgspec

    say(json_line(msgspec.json.encode({"heal": 1, **document})))


def json_line(encoded: bytes) -> str:
    """The same JSON, with what a terminal would act on as `\\uXXXX`: encoders leave C1 and bidirectional marks raw."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", encoded.decode().rstrip("\n"))


def note(text: str) -> None:
    """A remark beside the result, on stderr; where nobody can be told, the run goes on all the same."""
    with suppress(OSError):
        typer.echo(f"heal: {clean(text)}", err=True)


def styled(text: str, *, color: str | None = None, bold: bool = False, dim: bool = False) -> str:
    """`text` with colour where stdout takes it."""
    if is_plain(sys.stdout):
        return text
    return typer.style(text, fg=color, bold=bold or None, dim=dim or None)


def console() -> Console:
    """A rich console on stdout that wraps for the terminal, and hardly for a pipe."""
    from rich.console import Console

    width = None if sys.stdout.isatty() or os.environ.get("COLUMNS") else _WIDTH_OF_A_PIPE
    plain = is_plain(sys.stdout)
    return Console(width=width, no_color=plain, force_terminal=False if plain else None, highlight=False)
