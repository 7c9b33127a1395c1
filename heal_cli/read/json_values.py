"""The values that a JSON object leads to, and their paths, in a text that may end anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from heal_cli.read.json_walk import after_gap, decoded, whole

LOOK: Final = 200
"""Records of the head that say what the others are."""

_MAX_DEPTH: Final = 6


class Value(NamedTuple):
    """A value inside of objects."""

    path: str
    start: int
    stop: int | None  # one past its end; None where the head ends before


def values_of(text: str, at: int, path: str = "", *, deepest: int = _MAX_DEPTH) -> Iterator[Value]:
    """The values that objects lead to, up to where the text ends or is no JSON."""
    at += 1
    if path.count(".") >= deepest:
        return
    while (at := after_gap(text, at)) < len(text) and text[at] == '"':
        found = decoded(text, at)
        if found is None:
            return
        key, at = found[0], after_gap(text, found[1])
        if not text.startswith(":", at):
            return
        at = after_gap(text, at + 1)
        here = f"{path}.{shown(key)}" if path else shown(key)
        stop = whole(text, at)
        yield Value(here, at, stop)
        if text.startswith("{", at):
            yield from values_of(text, at, here, deepest=deepest)
        if stop is None:
            return
        at = stop


def shown(name: object) -> str:
    """A name as text, bytes that are none of it as the sign for that."""
    return str(name).encode(errors="surrogatepass").decode(errors="replace")
