"""JSON as people write it by hand, made JSON: each rule that was needed is named."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec

_FIELDS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BOM: Final = b"\xef\xbb\xbf"

_STRING: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_COMMENT: Final = re.compile(_STRING + rb"|(?P<found>//[^\n]*|/\*.*?\*/)", re.DOTALL)
_COMMA: Final = re.compile(_STRING + rb"|(?P<found>,)(?=\s*[\]}])", re.DOTALL)
_NONFINITE: Final = re.compile(_STRING + rb"|(?<![\w.+-])(?P<found>NaN|-?Infinity)(?![\w.+-])", re.DOTALL)
_CONTROL: Final = re.compile(
    rb"\\.|[\x00-\x1f]", re.DOTALL
)  # one behind a backslash is no escape that JSON has
_ESCAPES: Final = {b"\n": rb"\n", b"\r": rb"\r", b"\t": rb"\t", b"\f": rb"\f", b"\b": rb"\b"}

Fields = dict[str, msgspec.Raw]


class Mended(NamedTuple):
    """A record that is JSON now."""

    line: bytes
    fields: Fields
    rules: tuple[str, ...]  # those that changed it


def mend(line: bytes) -> Mended | None:
    """The record without what JSON does not have, if that is all that is wrong with it.

    Comments and trailing commas go, line ends and tabs inside of strings become escapes, NaN and Infinity become
    strings, as which every target that has such values takes them.
    """
    line = line.removeprefix(_BOM)  # joining files leaves it in their middle
    rules: list[str] = []
    for rule, change in _RULES:
        fields = _fields(line)
        if fields is not None:
            return Mended(line, fields, tuple(rules))
        changed = change(line)
        if changed != line:
            line = changed
            rules.append(rule)
    fields = _fields(line)
    return None if fields is None else Mended(line, fields, tuple(rules))


def _fields(line: bytes) -> Fields | None:
    try:
        line.decode()
        return _FIELDS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _without_comments(line: bytes) -> bytes:
    return _COMMENT.sub(lambda found: b" " if found["found"] else found[0], line)


def _without_commas(line: bytes) -> bytes:
    return _COMMA.sub(lambda found: b"" if found["found"] else found[0], line)


def _finite(line: bytes) -> bytes:
    return _NONFINITE.sub(lambda found: b'"%b"' % found["found"] if found["found"] else found[0], line)


def _escaped(line: bytes) -> bytes:
    return _STRINGS.sub(lambda found: _CONTROL.sub(_escape, found[0]), line)


def _escape(found: re.Match[bytes]) -> bytes:
    return _ESCAPES.get(found[0], found[0])  # a NUL stays, and costs the record


_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_RULES: Final = (
    ("json_comment", _without_comments),
    ("json_trailing_comma", _without_commas),
    ("json_nonfinite", _finite),
    ("json_control_character", _escaped),
)
