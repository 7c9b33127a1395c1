"""Telling one JSON document from JSON lines before a thousand rejects say it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from heal_cli.errors import SourceError
from heal_cli.read.jsonl_lines import is_blank, split_lines

_ANY: Final = msgspec.json.Decoder(msgspec.Raw)
_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def first_lines(peeked: bytes, wanted: int, name: str) -> list[bytes]:
    """The whole lines among the first bytes, blank ones left out, if they look like JSON lines.

    Args:
        wanted: Bytes that were asked for; as many came, so the last line may go on.

    Raises:
        SourceError: They begin one JSON document, or none of them is a JSON object.
    """
    goes_on = len(peeked) >= wanted and not peeked.endswith(b"\n")
    head = split_lines(peeked)
    whole = [line for line in (head[:-1] if goes_on else head) if not is_blank(line)]
    if not whole and peeked.lstrip().startswith(b"["):
        raise _document(name, "an array", "jq -c '.[]'")
    _refuse_document(whole, name)
    _refuse_junk(whole, name)
    return whole


def _refuse_document(head: Sequence[bytes], name: str) -> None:
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


def _refuse_junk(head: Sequence[bytes], name: str) -> None:
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
