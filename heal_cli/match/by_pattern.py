"""Tier pattern: what a catalogue says of names, where its scope has the table and the column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final, Protocol

from heal_cli.match.names import Name, parse
from heal_cli.match.past import Confidence
from heal_cli.match.tiers import CONTRADICTED, OBJECTS, Target, held, rename
from heal_cli.match.values import MIN_FIT, Evidence
from heal_cli.model import Candidate, Column, Features, Kind, TableSchema, Tier

_MEANT: Final = 0.95  # of a pattern that has the names by their meaning only
_OTHER_GLOB: Final = re.compile(r"[*?\[]")
_MADE: Final = ("now", "uuid")  # defaults that are computed and fit the types of their scope


class Scope(Protocol):
    """Where a pattern applies: shell-style globs, lower case; empty means anywhere."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Over the table's name."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Over the target column's name."""

    @property
    def types(self) -> tuple[str, ...]:
        """Over pg_type.typname under all domains, or 'enum'."""

    @property
    def comments(self) -> tuple[str, ...]:
        """Over the target column's comment."""


class Pattern(Protocol):
    """What matching needs to know of a catalogue entry or a learned one."""

    @property
    def id(self) -> str:
        """Its name in reports."""

    @property
    def kind(self) -> Kind:
        """Only renames, mappings and defaults concern matching."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Source column names, compared without case, separators and accents."""

    @property
    def targets(self) -> tuple[str, ...]:
        """Target column names, compared in the same way."""

    @property
    def scope(self) -> Scope:
        """Where it applies."""

    @property
    def confidence(self) -> float:
        """Prior, 0-1."""

    @property
    def shape(self) -> str | None:
        """Regular expression that the values have to match, None for any."""

    @property
    def value(self) -> str | None:
        """Of a default: 'now', 'uuid', or a text of its own."""


def by_pattern(
    source: Name,
    target: Target,
    patterns: Sequence[tuple[Pattern, float]],
    confidence_of: Confidence,
    evidence: Evidence,
) -> Iterator[Candidate]:
    """Tier pattern: renames and mappings whose names and scope agree, weighed by the values.

    Args:
        patterns: Those of `ByNames` for this pair, which speak of the table, and what each is worth here (0-1).
    """
    for pattern, worth in patterns:
        if not suits(pattern.scope, target.column):
            continue
        trust = (
            1.0
            if is_named(pattern, source, target)
            else _MEANT * min(source.meaning_trust, target.name.meaning_trust)
        )
        fit, reasons = evidence.fit(source.raw, target.column)
        shaped = evidence.shape(source.raw, pattern.shape) if pattern.shape else 1.0
        if shaped < MIN_FIT:
            reasons += (f"only {shaped:.0%} of the values look as the pattern asks",)
        strange = evidence.strangeness(source.raw, target.column, target.name)
        if strange:
            shaped, reasons = min(shaped, CONTRADICTED), (*reasons, strange)
        trusted = confidence_of(pattern.id, pattern.confidence)
        confidence = trusted * trust * worth * held(min(fit, shaped))
        if evidence.holds_objects(source.raw, target.column):
            confidence = min(confidence, CONTRADICTED)
            reasons += (OBJECTS,)
        known = f"pattern {pattern.id} {trusted:.2f}"
        features = Features(trust, fit, min(fit, shaped))
        yield rename(
            source,
            target,
            Tier.PATTERN,
            confidence,
            (known, *reasons),
            kind=pattern.kind,
            pattern=pattern.id,
            features=features,
        )


def by_default(
    target: Target,
    table: TableSchema,
    patterns: Iterable[Pattern],
    confidence_of: Confidence,
    evidence: Evidence,
) -> Iterator[Candidate]:
    """Tier pattern: values for a column that has no source and needs one."""
    for pattern in patterns:
        is_meant = pattern.kind is Kind.DEFAULT and any(
            parse(name).key == target.name.key for name in pattern.targets
        )
        if not is_meant or not applies(pattern.scope, table, target.column):
            continue
        if pattern.value not in _MADE and not evidence.accepts(pattern.value or "", target.column):
            continue
        trusted = confidence_of(pattern.id, pattern.confidence)
        reasons = (f"pattern {pattern.id} {trusted:.2f}", "the column is NOT NULL and has no source")
        yield Candidate(
            Kind.DEFAULT,
            target.column.name,
            source=None,
            tier=Tier.PATTERN,
            confidence=round(trusted, 4),
            pattern=pattern.id,
            value=pattern.value,
            evidence=reasons,
        )


def is_named(pattern: Pattern, source: Name, target: Target) -> bool:
    """True when the pattern has both names to the letter, not only by their meaning."""
    return any(parse(name).key == source.key for name in pattern.sources) and any(
        parse(name).key == target.name.key for name in pattern.targets
    )


def applies(scope: Scope, table: TableSchema, column: Column) -> bool:
    """True when table, column and type lie within the scope."""
    return within(scope.tables, {table.name.lower()}) and suits(scope, column)


def suits(scope: Scope, column: Column) -> bool:
    """True when column and type lie within the scope, whatever the table."""
    types = {column.type.base, "enum"} if column.type.labels else {column.type.base}
    return (
        within(scope.columns, {column.name.lower()})
        and within(scope.types, types)
        and within(scope.comments, {(column.comment or "").lower()})
    )


def within(globs: tuple[str, ...], names: set[str]) -> bool:
    """True when a glob takes one of the names, or there is no glob."""
    return not globs or any(_takes(glob, name) for glob in globs for name in names)


def _takes(glob: str, name: str) -> bool:
    """Whether a glob takes a name; a word in a name, as nearly all of them are, needs no expression built."""
    word = glob.strip("*")
    if word not in name and not _OTHER_GLOB.search(word):
        return False
    return fnmatchcase(name, glob)
