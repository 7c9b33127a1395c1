"""Pairs that say part of the same thing, where the values leave neither of them anything else to go with."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Final

from heal_cli.match.carried import says_more
from heal_cli.match.cells import Pair
from heal_cli.match.likeness import Similarity, similarity
from heal_cli.match.names import Name
from heal_cli.match.ranges import NUMBERS
from heal_cli.match.remainder import Context
from heal_cli.match.tiers import Target, doubt, rename
from heal_cli.match.values import NUMERIC, TIMES, Evidence
from heal_cli.model import Candidate, Features, Tier

ELIMINATED: Final = 0.72
"""Confidence of such a pair: the names point at it, the type bears it out, and nobody else is left."""

_FIT: Final = 0.98  # share of values that have to fit
_FEWEST: Final = 3  # values under which a fit is chance
_TELLING: Final = frozenset((*NUMBERS, *TIMES, "bool", "uuid", "inet", "json", "jsonb"))


def by_elimination(
    sources: Sequence[Name],
    targets: Sequence[Target],
    worth_asking: Container[Pair],
    around: Context,
    evidence: Evidence,
) -> Iterator[Candidate]:
    """Candidates for columns that everything else has left open.

    Args:
        sources: All that are still open; targets likewise: who else might fit is what this is about.
        worth_asking: Pairs with a candidate of any tier; the names of others have nothing in common.
    """
    telling = [target for target in targets if _is_telling(target, evidence)]
    likely = [
        (source, target, alike)
        for target in telling
        for source in sources
        if (source.raw, target.column.name) in worth_asking
        and (alike := similarity(source, target.name, around)).is_partial
        and _fits(source, target, evidence)
    ]
    for source, target, alike in likely:
        named = [(s, t) for s, t, _ in likely]
        rivals = (
            _fitting(source, target, sources, telling, evidence) if says_more(source, target.name) else named
        )
        is_alone = sum(source is s or target is t for s, t in rivals) == 1
        verdict = evidence.judge(source.raw, target.column, target.name)
        if is_alone and verdict.factor == 1.0 and not doubt(source, target, alike):
            yield _candidate(source, target, alike, evidence)


def _fitting(
    source: Name, target: Target, sources: Sequence[Name], targets: Sequence[Target], evidence: Evidence
) -> list[tuple[Name, Target]]:
    """The pairs of either one that the values allow, whatever the names."""
    row = [(source, t) for t in targets if t is target or _fits(source, t, evidence)]
    return row + [(s, target) for s in sources if s is not source and _fits(s, target, evidence)]


def _candidate(source: Name, target: Target, alike: Similarity, evidence: Evidence) -> Candidate:
    fit, reasons = evidence.fit(source.raw, target.column)
    told = "no other column that is left fits it, nor does it fit another"
    return rename(
        source,
        target,
        Tier.FUZZY,
        ELIMINATED,
        (f"name {alike.score:.2f}", *alike.reasons, *reasons, told),
        features=Features(alike.score, fit, ELIMINATED),
    )


def _is_telling(target: Target, evidence: Evidence) -> bool:
    return target.column.type.base in _TELLING or bool(evidence.labels(target.column))


def _fits(source: Name, target: Target, evidence: Evidence) -> bool:
    """True when the values are of the column's kind and hardly of another: no numbers for a date."""
    fit, reasons = evidence.fit(source.raw, target.column)
    if not reasons or fit < _FIT or evidence.profile(source.raw).count < _FEWEST:
        return False
    return target.column.type.base not in TIMES or evidence.shape(source.raw, NUMERIC) == 0
