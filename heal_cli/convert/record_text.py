"""Record literals, such as (a,"b, c",), taken apart (PostgreSQL manual, 8.16.2 and 8.16.6)."""

from __future__ import annotations

import re
from typing import Final

_FIELD: Final = r'(?:[^"\\),]|\\.|"(?:[^"\\]|\\.|"")*")*'
_RECORD: Final = re.compile(rf"\s*\(({_FIELD}(?:,{_FIELD})*)\)\s*", re.DOTALL)
_FIELDS: Final = re.compile(rf"({_FIELD})(?:,|$)", re.DOTALL)
_PART: Final = re.compile(r'\\(.)|"((?:[^"\\]|\\.|"")*)"', re.DOTALL)
_INSIDE: Final = re.compile(r'\\(.)|""', re.DOTALL)


def parse_record(text: str, width: int) -> list[str | None] | None:
    """The fields of a record, None for NULL; None where the server would find no record of that width."""
    whole = _RECORD.fullmatch(text)
    if whole is None:
        return None
    inside = whole.group(1)
    fields = [match.group(1) for match in _FIELDS.finditer(inside)]
    # the expression finds nothing once more at the end of all but the empty text, unless a comma stands there
    fields = fields[:-1] if inside and not inside.endswith(",") else fields
    return [_unquoted(field) for field in fields] if len(fields) == width else None


def _unquoted(field: str) -> str | None:
    if not field:
        return None
    return _PART.sub(lambda part: part.group(1) or _plain(part.group(2)), field)


def _plain(quoted: str) -> str:
    return _INSIDE.sub(lambda part: part.group(1) or '"', quoted)
