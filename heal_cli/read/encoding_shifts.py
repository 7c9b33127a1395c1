"""Encodings of other letters in ASCII bytes, which else pass for plain ASCII: ISO-2022 and UTF-7.

ISO-2022-JP and its kin shift by escape sequences (RFC 1468, 1554, 1557), UTF-7 puts base64 of UTF-16 between `+`
and a character that is none of base64 (RFC 2152).
"""

from __future__ import annotations

import re
from typing import Final

_KOREAN: Final = re.compile(rb"\x1b\$\)C[^\x0e]*\x0e(?:[!-~]{2})+\x0f")
_JAPANESE: Final = re.compile(rb"\x1b\$(?:[@B]|\(D)(?:[!-~]{2})+\x1b\([BJ]|\x1b\(I[!-_]+\x1b\([BJ]")
_OF_JAPAN: Final = ("iso2022_jp", "iso2022_jp_2", "iso2022_jp_3", "iso2022_jp_ext")
_RUN: Final = re.compile(
    rb"\+((?:[A-Za-z0-9/+]{8})*(?:[A-Za-z0-9/+]{3}|[A-Za-z0-9/+]{6}|[A-Za-z0-9/+]{8}))(?![A-Za-z0-9/+])"
)
_LIKELY: Final = re.compile("[!-~\u00a0-\u052f\u2010-\u203a\u20ac]+")
_ENOUGH: Final = 3
"""So many runs with letters, and none that makes no sense, are no chance."""

_WEIGHED_BYTES: Final = 2**16


def find_shifted(head: bytes) -> str | None:
    """The encoding of ASCII bytes that are no ASCII text, None where they are."""
    if b"\x1b" in head:
        if _KOREAN.search(head):
            return "iso2022_kr"
        if _JAPANESE.search(head):
            return next((name for name in _OF_JAPAN if is_exact(head, name)), _OF_JAPAN[0])
    return "utf-7" if b"+" in head and _is_utf7(head[:_WEIGHED_BYTES]) else None


def _is_utf7(head: bytes) -> bool:
    runs = _RUN.findall(head)
    texts = [(b"+%b-" % run).decode("utf-7", errors="replace") for run in runs]
    return sum(not text.isascii() for text in texts) >= _ENOUGH and all(map(_LIKELY.fullmatch, texts))


def is_exact(head: bytes, name: str) -> bool:
    """Each line by itself comes back byte for byte, as rejects have to."""
    try:
        return all(line.decode(name).encode(name) == line for line in head.split(b"\n")[:-1])
    except UnicodeError:
        return False
