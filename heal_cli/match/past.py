"""What is known before a file is looked at: of the table's values, and of earlier matches."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from heal_cli.match.learned import Learned
from heal_cli.model import Candidate, KnownValues

Confidence: TypeAlias = Callable[[str, float], float]
"""How far (0-1) the pattern of that id and that prior is trusted after its trials."""

Expects: TypeAlias = Callable[[Candidate, float], float]
"""Chance (0-1) that a candidate holds that won by that margin."""


def prior(pattern_id: str, prior: float) -> float:
    """The prior: nothing was tried."""
    return prior


@dataclass(frozen=True, slots=True)
class Past:
    """What is known before a file is looked at.

    Attributes:
        confidence: What its trials made of a pattern's prior.
        known: Column -> what the table holds already, where that is known.
        learned: What earlier runs taught about this table and this shape.
        expects: What earlier matches say of new ones; it holds candidates back, and never helps one.
    """

    confidence: Confidence = prior
    known: Mapping[str, KnownValues] = field(default_factory=dict)
    learned: tuple[Learned, ...] = ()
    expects: Expects | None = None


NO_PAST: Final = Past()
