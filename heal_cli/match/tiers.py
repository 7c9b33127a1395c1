"""What the tiers share: the target that they propose something for, and the candidate for a pair of columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from heal_cli.match.names import Name, parse
from heal_cli.match.shapes import NUMERIC
from heal_cli.match.values import MIN_FIT, TEXTS, Evidence
from heal_cli.model import Candidate, Column, Features, Kind, Tier

PLURAL: Final = 0.95
"""Confidence of names that are one name but for the plural, which may be another thing (`new`, `news`)."""

CONTRADICTED: Final = 0.5
"""Most that names reach when the values speak against them: under every candidate that may be taken."""

OBJECTS: Final = "the values are JSON objects, the column is text"

_LONGEST_COMMENT: Final = 60  # characters
_MOST_COMMENT_WORDS: Final = 5
_SENTENCE: Final = re.compile(
    r"[;:!?]|\.\s|\b(?:not|never|see|e\.g|deprecated|unless|instead)\b", re.IGNORECASE
)
"""What a comment says that is more than a name."""


@dataclass(frozen=True)
class Target:
    """A target column and its name, taken apart."""

    column: Column
    name: Name

    @classmethod
    def of(cls, column: Column) -> Target:
        """The column by its own name."""
        return cls(column, parse(column.name))

    @property
    def names(self) -> tuple[Name, ...]:
        """Its own name, and what its comment calls it."""
        return (self.name,) if self.by_comment is None else (self.name, self.by_comment.name)

    @property
    def numbers_itself(self) -> bool:
        """The server counts it up: such a key waits for no source, and any number would fit."""
        return bool(self.column.identity) or (self.column.default or "").startswith("nextval(")

    @cached_property
    def by_comment(self) -> Target | None:
        """The column by its comment, where that is a few words and so another name; None for sentences and none."""
        comment = (self.column.comment or "").strip().rstrip(".")
        if not 0 < len(comment) <= _LONGEST_COMMENT or _SENTENCE.search(comment):
            return None
        name = parse(comment)
        return Target(self.column, name) if 0 < len(name.words) <= _MOST_COMMENT_WORDS else None


def are_one_in_singular(source: Name, target: Name) -> bool:
    """True for names that are one but for the plural."""
    return source.singular_key == target.singular_key != ""


def in_singular(source: Name, target: Target, evidence: Evidence) -> Candidate:
    """Tier exact, its last step: the candidate for such names."""
    fit, reasons = evidence.fit(source.raw, target.column)
    confidence = PLURAL * held(fit)
    if counts(source, target, evidence):
        confidence = min(confidence, CONTRADICTED)
        reasons += (f"{source.raw!r} counts, the column does not",)
    return rename(source, target, Tier.EXACT, confidence, ("same name but for the plural", *reasons))


def counts(source: Name, target: Target, evidence: Evidence) -> bool:
    """True where `stops` holds numbers and `stop` texts."""
    is_plural = source.key != source.singular_key and target.name.key == target.name.singular_key
    is_text = target.column.type.base in TEXTS and evidence.profile(source.raw).count > 0
    return is_plural and is_text and evidence.shape(source.raw, NUMERIC) >= MIN_FIT


def held(fit: float) -> float:
    """What the values leave of a confidence that does not rest on them: all, while they fit."""
    return 1.0 if fit >= MIN_FIT else fit


def rename(
    source: Name,
    target: Target,
    tier: Tier,
    confidence: float,
    reasons: tuple[str, ...],
    *,
    kind: Kind = Kind.RENAME,
    pattern: str | None = None,
    features: Features | None = None,
) -> Candidate:
    """The candidate for a pair of columns.

    Args:
        pattern: Id of the one that proposes it.
    """
    return Candidate(
        kind,
        target.column.name,
        source=source.raw,
        tier=tier,
        confidence=round(confidence, 4),
        pattern=pattern,
        evidence=reasons,
        features=features,
    )
