"""Telling one JSON document from JSON lines before a thousand rejects say it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from heal_cli.errors import SourceError

_ANY: Final = msgspec.json.Decoder(msgspec.Raw)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def refuse_document(head: Sequence[bytes], name: str) -> None:
    """Nothing, if these first lines that are not blank look like JSON lines, or like nothing known.

    Raises:
        SourceError: They begin one array, or one object spread over several lines.
    """
    first = head[0].strip() if head else b""
    second = head[1].strip() if len(head) > 1 else b""
    if first.startswith(b"[") and (not second or not _is_whole(first)):
        raise _document(name, "an array", "jq -c '.[]'")
    if first.startswith(b"{") and second[:1] in {b'"', b"}"} and not _is_whole(first):
        raise _document(name, "an object over several lines", "jq -c .")


def _is_whole(line: bytes) -> bool:
    try:
        _ANY.decode(line)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _document(name: str, what: str, command: str) -> SourceError:
    return SourceError(
        f"{name!r} looks like one JSON document ({what}) and not like JSON lines",
        hint=f"Make lines of it with {command}",
    )


def refuse_junk(head: Sequence[bytes], name: str) -> None:
    """Nothing, if one of these lines at least is a JSON object.

    Raises:
        SourceError: None is.
    """
    for line in head:
        try:
            _OBJECT.decode(line.removeprefix(b"\xef\xbb\xbf"))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        return
    if head:
        start = head[0][:40].decode(errors="backslashreplace")
        raise SourceError(
            f"{name!r} is not JSONL: none of its first {len(head):,} lines is a JSON object; the first begins {start!r}",
            hint="Name what it is with --format",
        )
