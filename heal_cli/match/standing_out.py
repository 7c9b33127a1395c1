"""Pairs that are a little less likely than wanted, where nothing else in source or table is near either end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from heal_cli.match.alike import UNALIKE, Alike
from heal_cli.match.apart import Parting, part, saying, sets_apart
from heal_cli.match.by_likeness import against, doubt
from heal_cli.match.carried import says_what
from heal_cli.match.cells import Cells
from heal_cli.match.elimination import is_said_by_both
from heal_cli.match.names import Name
from heal_cli.match.remainder import Context
from heal_cli.match.tiers import Target, rename
from heal_cli.match.values import Evidence
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, Features, Tier

STANDING: Final = 0.72
"""Confidence of such a pair: nobody else is near, and the values bear it out."""

_LEAST: Final = 0.58  # confidence under which a name that says more than the other is a question
_LEAST_BARE: Final = 0.43  # the same for `rate` and `hourly_rate`: one that says what it is, and no more
_LEAD: Final = 0.15  # over every other pair of source or target
_FEWEST: Final = 2  # values under which a fit is chance


def by_standing_out(
    sources: Sequence[Name], targets: Sequence[Target], cells: Cells, alike: Alike, evidence: Evidence
) -> Iterator[Candidate]:
    """Candidates for pairs under the threshold that stand out among all that is still open.

    Args:
        sources: All that are still open; targets likewise.
        cells: What every tier has to say about them.
    """
    said = {source.raw: source for source in sources}
    for target in targets:
        if target.numbers_itself:
            continue
        for pair in cells.of_target(target.column.name):
            source, best = said.get(pair[0]), cells.best(pair)
            if source is None or best.confidence < _LEAST_BARE:
                continue
            rivals = (other for other in cells.rivals(pair) if other[0] in said)
            if any(cells.best(rival).confidence > best.confidence - _LEAD for rival in rivals):
                continue
            if _is_one(source, target, best.confidence, alike, evidence):
                yield _candidate(source, target, best, evidence)


def _is_one(source: Name, target: Target, confidence: float, alike: Alike, evidence: Evidence) -> bool:
    """True where neither the words that only one name has nor the values make two things of the pair."""
    found = alike.to(target.name).get(source.raw, UNALIKE)
    parting = part(source, target.name, alike.around)
    if any(word.concept in vocabulary().kinds["personal"] for word in parting.left):
        return False  # the postcode of a delivery is no delivery
    if confidence < _LEAST and not found.shares_head:
        return False
    if confidence < _LEAST and saying(parting.left) and not _only_narrows(source, parting, alike.around):
        return False
    if sets_apart(parting) or source.is_in_another_unit(target.name):
        return False
    if saying(parting.left) and any(word.is_reference for word in target.name.words):
        return False  # `user_pseudo_id` is no `user_id`
    if not is_said_by_both(source, target, alike.around):
        return False
    if doubt(source, target, found, evidence) or against(source, target, found, evidence):
        return False
    verdict = evidence.judge(source.raw, target.column, target.name)
    return verdict.is_evidence and evidence.profile(source.raw).count >= _FEWEST


def _only_narrows(source: Name, parting: Parting, around: Context) -> bool:
    """True for `error_severity` and `severity`, where no other column of either side has a severity."""
    kinds = vocabulary().kinds
    told = [word for word in source.words if word in parting.shared]
    is_one = bool(told) and all(word.concept in around.single and says_what(word) for word in told)
    return (
        is_one
        and not saying(parting.right)
        and not any(word.concept in kinds["person"] | kinds["personal"] for word in source.words)
    )


def _candidate(source: Name, target: Target, best: Candidate, evidence: Evidence) -> Candidate:
    fit, reasons = evidence.fit(source.raw, target.column)
    told = (*best.evidence, *(reason for reason in reasons if reason not in best.evidence))
    features = Features(best.features.name if best.features else 0.0, fit, STANDING)
    return rename(
        source,
        target,
        Tier.FUZZY,
        STANDING,
        (*told, "nothing else is near either of them"),
        features=features,
    )
