"""Lines of `key=value` pairs, as loggers write them (logfmt): told from text with blanks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from heal_cli.errors import SourceError

_PAIRS: Final = re.compile(r'(?:[A-Za-z_@][\w.@-]*=(?:"(?:[^"\\]|\\.)*"|[^\s"]*)(?:\s+|$)){2,}')
_MOST_LINES: Final = 50


def refuse_pairs(lines: Sequence[str], name: str) -> None:
    """Nothing, unless these first lines are all pairs.

    Raises:
        SourceError: They are.
    """
    rows = [line for line in lines[:_MOST_LINES] if line.strip()]
    if len(rows) > 1 and all(map(_PAIRS.fullmatch, rows)):
        raise SourceError(
            f"{name!r} holds pairs of key and value, such as {rows[0].split()[0]!r}, which is none of the formats"
            " that can be read",
            hint="Have them written as JSON lines; if each line is one value, say --delimiter ,",
        )
