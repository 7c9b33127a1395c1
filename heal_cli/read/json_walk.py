"""JSON values one after the other in a text, where each begins and ends, also where one is broken.

Whole values are passed over by the standard library's scanner, in C. Only a value that it refuses is walked mark
by mark, and only where its brackets do not even pair is the next record looked for by the way records begin.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

_STRICT: Final = json.JSONDecoder(parse_float=str, parse_int=str)
# Raw line ends in strings are no JSON, but they do not change where a value ends.
_LENIENT: Final = json.JSONDecoder(parse_float=str, parse_int=str, strict=False)

GAP: Final = re.compile(r"(?:[ \t\r\n,\x1e\ufeff]+|//[^\n]*(?:\n|\Z)|/\*.*?\*/)*", re.DOTALL)
"""What stands between values: white space, commas, record separators (RFC 7464), comments."""

_MARK: Final = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|//[^\n]*|/\*.*?\*/|[\[\]{},]', re.DOTALL)
_PAIRS: Final = {"]": "[", "}": "{"}
_MAX_TRIES: Final = 500  # places where the next record might begin after one whose brackets do not pair
_PATIENCE: Final = 2**25
"""Characters that a value may go on for before a broken bracket is the better explanation."""


class Walk(NamedTuple):
    """The values that were found."""

    spans: list[tuple[int, int]]  # characters
    goes_on: bool  # the value after them is not whole yet: more text is needed
    is_closed: bool  # the bracket that ends the array comes next


@dataclass(frozen=True, slots=True)
class Walker:
    """How values follow one another.

    Args:
        in_array: Commas part them, and a bracket ends them.
        record_start: What the records begin with, for finding the next one behind a broken one.
    """

    in_array: bool
    record_start: re.Pattern[str] | None = None

    def walk(self, text: str, *, limit: int, most: int, is_end: bool) -> Walk:
        """The values from the text's beginning on.

        Args:
            limit: No value that begins after this many characters is taken.
            most: How many are taken.
            is_end: Nothing follows the text.
        """
        closing = "]" if self.in_array else None
        return _walk(text, self._stop, closing, limit=limit, most=most, is_end=is_end)

    def _stop(self, text: str, at: int, *, is_end: bool) -> int | None:
        """One past the value that begins there; None where the text ends before it does."""
        stop = whole(text, at)
        if stop is not None:
            # A number or word at the very end may go on in what was not read yet.
            return stop if is_end or stop < len(text) or text[stop - 1] in '"]}' else None
        stop = balanced(text, at)
        if stop is not None and self._is_followed_well(text, stop, is_end=is_end):
            return self._swallowed(text, at, stop) or stop
        if stop is None and not is_end and len(text) - at < _PATIENCE:
            return None
        found = self._next_record(text, at) or stop or len(text)
        return at + len(text[at:found].rstrip(" \t\r\n,"))

    def _swallowed(self, text: str, at: int, stop: int) -> int | None:
        """One past a broken record whose missing quote hides that others follow it up to `stop`."""
        if self.record_start is None:
            return None
        for tries, found in enumerate(self.record_start.finditer(text, at + 1, stop)):
            end: int | None = found.start()
            while end is not None and (place := after_gap(text, end)) < stop:
                end = whole(text, place)
            if end == stop:
                return at + len(text[at : found.start()].rstrip(" \t\r\n,"))
            if tries == _MAX_TRIES:
                break
        return None

    def _is_followed_well(self, text: str, stop: int, *, is_end: bool) -> bool:
        after = after_gap(text, stop)
        if after == len(text) or (self.in_array and text[after] == "]"):
            return True
        if whole(text, after) is not None:
            return "," in text[stop:after] or not self.in_array
        return not is_end and balanced(text, after) is None

    def _next_record(self, text: str, at: int) -> int | None:
        if self.record_start is None:
            return None
        for tries, found in enumerate(self.record_start.finditer(text, at + 1)):
            if tries == _MAX_TRIES:
                break
            stop = whole(text, found.start())
            if stop is not None and text[: found.start()].rstrip()[-1:] in ",}]":
                after = after_gap(text, stop)
                if after == len(text) or text[after] in "{]":
                    return found.start()
        return None


_KEY: Final = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"\s*:\s*')
_NEXT: Final = re.compile(r'[}\]"\w]\s*,(\s*)"[^"\\\n]*(?:\\.[^"\\\n]*)*"\s*:\s*\{')


class MemberWalker:
    """How the members of an object follow one another: each is a key and its value."""

    def walk(self, text: str, *, limit: int, most: int, is_end: bool) -> Walk:
        """The members from the text's beginning on; see `Walker.walk`."""
        return _walk(text, self._stop, "}", limit=limit, most=most, is_end=is_end)

    def _stop(self, text: str, at: int, *, is_end: bool) -> int | None:
        """One past the member that begins there; None where the text ends before it does."""
        key = _KEY.match(text, at)
        stop = whole(text, key.end()) if key else None
        if stop is not None:
            return stop if is_end or stop < len(text) else None
        stop = balanced(text, key.end() if key else at)
        found = _NEXT.search(text, at + 1, stop or len(text))
        if found is None and stop is None and not is_end and len(text) - at < _PATIENCE:
            return None
        end = found.start() + 1 if found else stop or len(text)
        return max(at + len(text[at:end].rstrip(" \t\r\n,")), at + 1)


class _Stop(Protocol):
    """One past what begins there; None where the text ends before it does."""

    def __call__(self, text: str, at: int, *, is_end: bool) -> int | None: ...


def _walk(text: str, stop_of: _Stop, closing: str | None, *, limit: int, most: int, is_end: bool) -> Walk:
    """What begins before `limit`, piece by piece, up to the bracket that closes it."""
    spans: list[tuple[int, int]] = []
    at = after_gap(text, 0)
    while len(spans) < most and at < min(limit, len(text)):
        if text[at] == closing:
            return Walk(spans, goes_on=False, is_closed=True)
        stop = stop_of(text, at, is_end=is_end)
        if stop is None:
            return Walk(spans, goes_on=True, is_closed=False)
        spans.append((at, stop))
        at = after_gap(text, stop)
    return Walk(spans, goes_on=False, is_closed=text[at : at + 1] == closing)


def after_gap(text: str, at: int) -> int:
    """Where the next value begins."""
    found = GAP.match(text, at)
    assert found is not None
    return found.end()


def whole(text: str, at: int) -> int | None:
    """One past the valid value that begins there."""
    found = decoded(text, at)
    return None if found is None else found[1]


def decoded(text: str, at: int) -> tuple[object, int] | None:
    """The valid value that begins there, its numbers as text, and one past its end."""
    for decoder in (_STRICT, _LENIENT):
        try:
            return decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            continue
    return None


def balanced(text: str, at: int) -> int | None:
    """One past the last bracket of the thing that begins there, valid or not; None where brackets do not pair."""
    opened: list[str] = []
    for found in _MARK.finditer(text, at):
        mark = found[0]
        if mark in "[{":
            opened.append(mark)
        elif mark in _PAIRS:
            if not opened:
                return max(found.start(), at + 1)
            if opened.pop() != _PAIRS[mark]:
                return None
            if not opened:
                return found.end()
        elif mark == "," and not opened:
            return max(found.start(), at + 1)
    return None
