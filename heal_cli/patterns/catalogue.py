"""The catalogue: what renames, defaults, conversions and mappings heal knows, as objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Final

import polars as pl

from heal_cli.errors import UsageError
from heal_cli.model import Kind, PgType

MIN_CONFIDENCE: Final = 0.60
MAX_CONFIDENCE: Final = 0.98

_MOSTLY: Final = 0.9  # share of values that has to have the shape for a conversion to be named


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a pattern applies: shell-style globs, lower case; empty means anywhere."""

    tables: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # of the target
    types: tuple[
        str, ...
    ] = ()  # base of the type under all domains: its name, `schema.name` of somebody's own, or 'enum'
    comments: tuple[str, ...] = ()  # of the target column


@dataclass(frozen=True, slots=True)
class Example:
    """A case that the pattern must take (positive) or must leave alone (negative)."""

    table: str = ""
    source: str | None = None  # source column; None for defaults and conversions
    target: str = ""
    comment: str = ""  # of the target column
    type: str = "text"  # pg_type.typname of the target column
    values: tuple[str, ...] = ()
    required: bool = True  # the target is NOT NULL without a default


@dataclass(frozen=True, slots=True)
class Pattern:
    """One entry of the catalogue."""

    id: str
    kind: Kind
    description: str
    confidence: float  # prior, 0.60-0.98
    sources: tuple[str, ...] = ()  # source column names, compared without case, separators, accents
    targets: tuple[str, ...] = ()
    scope: Scope = Scope()
    shape: str | None = None  # regular expression that the values match
    value: str | None = None  # of a default: 'now', 'uuid', or a text of its own
    positive: tuple[Example, ...] = ()
    negative: tuple[Example, ...] = ()
    origin: str = ""  # file it came from


class Catalogue:
    """All patterns, by id; read when somebody first looks at them: where names are equal, nobody does."""

    def __init__(self, read: Callable[[], tuple[Pattern, ...]]) -> None:
        self._read = read

    @cached_property
    def patterns(self) -> tuple[Pattern, ...]:
        """All of them, in the order of files and of their contents."""
        return self._read()

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self.patterns)

    def __len__(self) -> int:
        return len(self.patterns)

    def get(self, pattern_id: str) -> Pattern:
        """The pattern of that id.

        Raises:
            UsageError: There is none; the nearest ids are named.
        """
        for pattern in self.patterns:
            if pattern.id == pattern_id:
                return pattern
        near = get_close_matches(pattern_id, sorted(pattern.id for pattern in self.patterns))
        hint = (
            f"Nearest are {', '.join(map(repr, near))}"
            if near
            else "See which there are with: heal patterns list"
        )
        raise UsageError(f"There is no pattern {pattern_id!r}", hint=hint)

    def of_kind(self, kind: Kind) -> tuple[Pattern, ...]:
        """The patterns of one kind, in the catalogue's order."""
        return tuple(pattern for pattern in self.patterns if pattern.kind is kind)

    def conversion(self, values: pl.Series, type: PgType) -> Pattern | None:
        """The conversion that describes how these values become the type; None when none does.

        Args:
            values: A source column, text or typed; only text is ever a matter of shape.
        """
        present = values.drop_nulls()
        if not present.len():
            return None
        names = {type.base, "enum"} if type.labels else {type.base}
        fitting = (
            pattern
            for pattern in self.of_kind(Kind.CONVERSION)
            if any(fnmatchcase(name, glob) for glob in pattern.scope.types for name in names)
            and _has_shape(present, pattern.shape)
        )
        return max(fitting, key=lambda pattern: (pattern.confidence, pattern.id), default=None)


def _has_shape(values: pl.Series, shape: str | None) -> bool:
    if shape is None:
        return True
    if values.dtype != pl.String:
        return False
    return int(values.str.strip_chars().str.contains(shape).sum()) >= _MOSTLY * values.len()
