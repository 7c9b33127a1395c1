"""Candidates, and what the match stage decided."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """Where a candidate comes from, cheapest first."""

    EXACT = "exact"
    PATTERN = "pattern"
    LEARNED = "learned"
    FUZZY = "fuzzy"
    SEMANTIC = "semantic"
    AI = "ai"


class Kind(StrEnum):
    RENAME = "rename"
    DEFAULT = "default"
    CONVERSION = "conversion"
    MAPPING = "mapping"


@dataclass(frozen=True, slots=True)
class Features:
    """What a candidate rests on, in numbers from 0 to 1."""

    name: float  # likeness of the names
    type_fit: float  # share of values that convert
    value_fit: float  # what the values left of the confidence


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed fix, with its reasons."""

    kind: Kind
    target: str
    source: str | None  # None for a default
    tier: Tier
    confidence: float  # 0-1
    pattern: str | None = None  # catalogue or learned id
    value: str | None = None  # of a default: 'now', 'uuid', or the literal as text
    evidence: tuple[str, ...] = ()
    features: Features | None = None  # None for what is certain, and for defaults


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """Where a target column gets its values."""

    target: str
    winner: Candidate
    runner_up: Candidate | None = None
    votes: tuple[Candidate, ...] = ()  # best candidate of every tier that had an opinion, cheapest first
    fallbacks: tuple[Candidate, ...] = ()  # pattern-tier renames, for rows that lack the direct key

    @property
    def margin(self) -> float:
        """Confidence of the winner over the runner-up; 1 without one."""
        return 1.0 if self.runner_up is None else self.winner.confidence - self.runner_up.confidence


@dataclass(frozen=True, slots=True)
class Matching:
    """What the match stage decided for one shape and one table."""

    matches: tuple[ColumnMatch, ...]
    unmatched_source: tuple[str, ...]
    unmatched_target: tuple[str, ...]
    refused: tuple[ColumnMatch, ...] = ()  # best candidates under threshold or margin: the questions
