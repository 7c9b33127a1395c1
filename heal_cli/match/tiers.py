"""The tiers: each proposes candidates for pairs of columns and applies nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final, Protocol

from heal_cli.match.likeness import UNEXPLAINED, Similarity, similarity
from heal_cli.match.looks import Look, by_looks, is_opaque, tells_when, tells_which
from heal_cli.match.names import Name, is_claim, parse
from heal_cli.match.remainder import Context
from heal_cli.match.values import KEY_TYPES, LOOKS, MIN_FIT, NUMERIC, TEXTS, TIMES, Evidence
from heal_cli.model import Candidate, Column, Features, Kind, TableSchema, Tier

PLURAL: Final = 0.95
"""Confidence of names that are one name but for the plural, which may be another thing (`new`, `news`)."""

CONTRADICTED: Final = 0.5
"""Most that names reach when the values speak against them: under every candidate that may be taken."""

FLOOR: Final = 0.4
"""Confidence under which a candidate is not even worth a question."""


_SURE_NAME: Final = 0.9  # likeness of names from which one value that does not fit among a few is a slip
_SLIPPED: Final = 0.78
_MEANT: Final = 0.95  # of a pattern that has the names by their meaning only
_COMMENTED: Final = 0.95  # of a comment that is the source's name: people keep names, not comments, in step
_LONGEST_COMMENT: Final = 60  # characters
_MOST_COMMENT_WORDS: Final = 5
_SENTENCE: Final = re.compile(
    r"[;:!?]|\.\s|\b(?:not|never|see|e\.g|deprecated|unless|instead)\b", re.IGNORECASE
)
"""What a comment says that is more than a name."""

_OBJECTS: Final = "the values are JSON objects, the column is text"

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


@dataclass(frozen=True, slots=True)
class Target:
    """A target column and its name, taken apart."""

    column: Column
    name: Name


def named_alike(source: Name, target: Target, evidence: Evidence) -> Iterator[Candidate]:
    """Tier exact, its last step: one name is the plural of the other."""
    if source.singular_key and source.singular_key == target.name.singular_key:
        fit, reasons = evidence.fit(source.raw, target.column)
        confidence = PLURAL * _factor(fit)
        if _counts(source, target, evidence):
            confidence = min(confidence, CONTRADICTED)
            reasons += (f"{source.raw!r} counts, the column does not",)
        yield rename(source, target, Tier.EXACT, confidence, ("same name but for the plural", *reasons))


def _counts(source: Name, target: Target, evidence: Evidence) -> bool:
    """True where `stops` holds numbers and `stop` texts."""
    is_plural = source.key != source.singular_key and target.name.key == target.name.singular_key
    is_text = target.column.type.base in TEXTS and evidence.profile(source.raw).count > 0
    return is_plural and is_text and evidence.shape(source.raw, NUMERIC) >= MIN_FIT


def by_pattern(
    source: Name,
    target: Target,
    patterns: Sequence[tuple[Pattern, float]],
    confidences: Mapping[str, float],
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
        prior = confidences.get(pattern.id, pattern.confidence)
        confidence = prior * trust * worth * _factor(min(fit, shaped))
        if evidence.holds_objects(source.raw, target.column):
            confidence = min(confidence, CONTRADICTED)
            reasons += (_OBJECTS,)
        known = f"pattern {pattern.id} {prior:.2f}"
        features = Features(trust, fit, min(fit, shaped))
        yield rename(source, target, Tier.PATTERN, confidence, (known, *reasons), pattern, features)


def by_likeness(
    source: Name, target: Target, around: Context, evidence: Evidence, *, min_confidence: float
) -> Iterator[Candidate]:
    """Tier fuzzy: likeness of names x what the values say; without values that fit, never enough.

    Args:
        min_confidence: Names less alike than this can only become a question: their values are not asked.
    """
    look = _look(source, target, around, evidence)
    if look.confidence:
        features = Features(0.0, 1.0, look.confidence)
        yield rename(source, target, Tier.FUZZY, look.confidence, (look.reason,), features=features)
    alike = similarity(source, target.name, around)
    said = "name"
    second = second_name(target.column)
    if second is not None:
        by_comment = similarity(source, second, around)
        by_comment = replace(by_comment, score=round(by_comment.score * _COMMENTED, 4))
        if by_comment.score > alike.score:
            alike, target, said = by_comment, Target(target.column, second), "comment"
    if alike.score < FLOOR:
        return
    score = alike.score
    reasons: tuple[str, ...] = (f"{said} {score:.2f}", *alike.reasons)
    objection = against(source, target, alike, evidence)
    if objection:
        yield rename(source, target, Tier.FUZZY, min(score, CONTRADICTED), (*reasons, objection))
        return
    doubted = doubt(source, target, alike)
    if doubted:
        score = min(score, UNEXPLAINED)
        reasons += (doubted,)
    if score < min_confidence:
        yield rename(source, target, Tier.FUZZY, score, reasons)
        return
    verdict = evidence.judge(source.raw, target.column, target.name)
    if verdict.is_evidence:
        confidence = score * verdict.factor
    elif score >= _SURE_NAME and evidence.is_one_slip(source.raw, target.column):
        confidence = score * _SLIPPED
        reasons += ("one value of a few does not fit",)
    else:
        confidence = min(score * verdict.fit, UNEXPLAINED)
        reasons += () if verdict.reasons else ("no values to compare",)
    features = Features(score, verdict.fit, verdict.factor)
    yield rename(source, target, Tier.FUZZY, confidence, reasons + verdict.reasons, features=features)


def second_name(column: Column) -> Name | None:
    """The column's comment, where it is a few words and so another name for it; None for sentences and none."""
    comment = (column.comment or "").strip().rstrip(".")
    name = parse(comment) if 0 < len(comment) <= _LONGEST_COMMENT and not _SENTENCE.search(comment) else None
    return name if name is not None and 0 < len(name.words) <= _MOST_COMMENT_WORDS else None


def _look(source: Name, target: Target, around: Context, evidence: Evidence) -> Look:
    """What the values say by themselves, where the source's name does not say what they are."""
    if around.is_lettered or is_opaque(source):
        return by_looks(source, target.column, target.name, evidence)
    when = tells_when(source, target.column, target.name, evidence)
    return when if when.confidence else tells_which(source, target.column, evidence)


def against(source: Name, target: Target, alike: Similarity, evidence: Evidence) -> str:
    """What the values say against leaving a word out; empty when they bear it out."""
    if source.singular_key == target.name.singular_key and _counts(source, target, evidence):
        return f"{source.raw!r} counts, the column does not"
    if evidence.holds_objects(source.raw, target.column):
        return _OBJECTS
    for kind, raw in sorted(alike.needs):
        is_key = target.column.type.base in KEY_TYPES or _is_numbered(source, target, evidence)
        if kind in LOOKS and raw == source.raw and target.column.type.base in TEXTS:
            return f"{source.raw!r} says it is {LOOKS[kind][1]}, the column does not"
        if kind == "reference" and raw == source.raw and not is_key:
            return f"{source.raw!r} says it is a key, the column does not"
        reason = evidence.contradiction(source.raw, target.column, kind)
        if reason:
            return reason
    return ""


def _is_numbered(source: Name, target: Target, evidence: Evidence) -> bool:
    """True where `seat no` names seats: texts that are no bare numbers, in a column of texts."""
    is_number = source.words[-1].concept == "number" and source.words[-1].text != "id"
    return is_number and target.column.type.base in TEXTS and evidence.shape(source.raw, NUMERIC) == 0


def doubt(source: Name, target: Target, alike: Similarity) -> str:
    """Why words that say little do matter here; empty when they do not."""
    base = target.column.type.base
    if is_claim(source) != is_claim(target.name) and base != "bool":
        return "one name reads as yes or no"
    if alike.is_untimed and base not in TIMES:
        return f"one name tells a time, the column is {target.column.type.name}"
    return ""


def by_default(
    target: Target,
    table: TableSchema,
    patterns: Iterable[Pattern],
    confidences: Mapping[str, float],
    evidence: Evidence,
) -> Iterator[Candidate]:
    """Tier pattern: values for a column that has no source and needs one."""
    for pattern in patterns:
        named = any(parse(name).key == target.name.key for name in pattern.targets)
        if not named or pattern.kind is not Kind.DEFAULT or not applies(pattern.scope, table, target.column):
            continue
        if pattern.value not in _MADE and not evidence.accepts(pattern.value or "", target.column):
            continue
        prior = confidences.get(pattern.id, pattern.confidence)
        reasons = (f"pattern {pattern.id} {prior:.2f}", "the column is NOT NULL and has no source")
        yield Candidate(
            Kind.DEFAULT,
            target.column.name,
            source=None,
            tier=Tier.PATTERN,
            confidence=round(prior, 4),
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


def _factor(fit: float) -> float:
    """What the values leave of a confidence that does not rest on them: all, while they fit."""
    return 1.0 if fit >= MIN_FIT else fit


def rename(
    source: Name,
    target: Target,
    tier: Tier,
    confidence: float,
    reasons: tuple[str, ...],
    pattern: Pattern | None = None,
    features: Features | None = None,
) -> Candidate:
    """The candidate for a pair of columns."""
    return Candidate(
        pattern.kind if pattern else Kind.RENAME,
        target.column.name,
        source=source.raw,
        tier=tier,
        confidence=round(confidence, 4),
        pattern=pattern.id if pattern else None,
        evidence=reasons,
        features=features,
    )
