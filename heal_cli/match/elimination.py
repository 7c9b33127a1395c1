"""Pairs that say part of the same thing, where the values leave neither of them anything else to go with."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import Final

from heal_cli.match.alike import UNALIKE, Alike
from heal_cli.match.apart import part, saying, sets_apart
from heal_cli.match.by_likeness import against, doubt
from heal_cli.match.cells import Pair
from heal_cli.match.concepts import Word, related, singular
from heal_cli.match.kinship import exchangeable
from heal_cli.match.likeness import FLOOR, Similarity, align
from heal_cli.match.names import Name
from heal_cli.match.ranges import NUMBERS
from heal_cli.match.remainder import Context
from heal_cli.match.shapes import NUMERIC
from heal_cli.match.tiers import Target, rename
from heal_cli.match.values import MIN_FIT, TEXT_FACTOR, TEXTS, TIMES, Evidence
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, Features, Tier

ELIMINATED: Final = 0.72
"""Confidence of such a pair: the names point at it, the type bears it out, and nobody else is left."""

_FEWEST: Final = 3  # values under which a fit is chance
_COUNTS: Final = frozenset({"count", "total"})
_TELLING: Final = frozenset((*NUMBERS, *TIMES, "bool", "uuid", "inet", "json", "jsonb"))


def by_elimination(
    sources: Sequence[Name],
    targets: Sequence[Target],
    worth_asking: Container[Pair],
    alike: Alike,
    evidence: Evidence,
) -> Iterator[Candidate]:
    """Candidates for columns that everything else has left open, each the only one that fits, for both of its ends.

    Args:
        sources: All that are still open; targets likewise: who else might be meant is what this is about.
        worth_asking: Pairs with a candidate of any tier; the names of others have nothing in common.
    """
    near = [
        (source, target, found)
        for target in targets
        for source in sources
        if not source.is_opaque
        and (source.raw, target.column.name) in worth_asking
        and (found := alike.to(target.name).get(source.raw, UNALIKE)).score >= FLOOR
    ]
    for source, target, found in near:
        if not _is_borne_out(source, target, found, alike.around, evidence):
            continue
        rivals = ((s, t) for s, t, _ in near if (s is source) is not (t is target))
        if all(evidence.fit(s.raw, t.column)[0] < MIN_FIT for s, t in rivals):
            yield _candidate(source, target, found, evidence)


def _is_borne_out(
    source: Name, target: Target, alike: Similarity, around: Context, evidence: Evidence
) -> bool:
    """True when neither the words that only one name has nor the values make two things of the pair."""
    if target.numbers_itself:
        return False
    parting = part(source, target.name, around)
    alone = {word.concept for word in parting.words}
    if (source.concepts | target.name.concepts) - alone <= vocabulary().kinds["web"]:
        return False  # any two addresses are: `link`, `transcript_url`
    if not is_said_by_both(source, target, around):
        return False
    is_more = target.column.type.base in NUMBERS or saying(parting.right)
    if is_more and any(word.is_reference for word in parting.left):
        return False  # the code of a polling station is no number of its votes
    if (
        sets_apart(parting)
        or doubt(source, target, alike, evidence)
        or against(source, target, alike, evidence)
    ):
        return False
    if saying(parting.left) and not saying(parting.right):
        is_telling = target.column.type.base in _TELLING or bool(evidence.labels(target.column))
        is_clear = is_telling and _is_of_its_kind(source, target, evidence)
        if not (alike.shares_head and is_clear):
            return False
    verdict = evidence.judge(source.raw, target.column, target.name)
    return (
        verdict.is_evidence
        and verdict.factor >= TEXT_FACTOR
        and evidence.profile(source.raw).count >= _FEWEST
    )


def is_said_by_both(source: Name, target: Target, around: Context) -> bool:
    """True where what both names say is a thing, and not only its unit, its count, or the number of somebody's house.

    A word of like meaning is not enough where the target goes on: a frequency is no rate of clicks.
    """
    if _counts(source, target):
        return False
    kinds = vocabulary().kinds
    pairs, left, right = align(source, target.name, around)
    told = [
        (x, y) for x, y, _ in pairs if x.weight == 1.0 == y.weight and y.concept not in kinds["unit"] | {"by"}
    ]
    if not pairs:  # a word is read otherwise
        return True
    if source.is_in_another_unit(target.name):
        return False  # miles are no kilometres
    narrows = saying([word for word in left if word.concept not in kinds["unit"]])
    if narrows and all(y.concept in _COUNTS for _, y in told):
        return False
    if all(y.is_reference for _, y in told) and any(word.concept in kinds["personal"] for word in narrows):
        return False
    goes_on = saying([word for word in right if word.concept not in kinds["unit"]])
    is_vague = bool(goes_on) and any(_is_of_like_meaning(x, y) for x, y in told)
    return not is_vague or (
        target.column.type.base in TEXTS
        and all(word.is_reference or word.concept in kinds["naming"] for word in goes_on)
    )


def _counts(source: Name, target: Target) -> bool:
    """True for `No. of Sales` beside `sale_id`: how many there are is no key of one."""
    alone = {word.concept for word in target.name.words if singular(word.text) == word.text}
    are_many = any(singular(word.text) != word.text and word.concept in alone for word in source.words)
    return are_many and any(word.is_reference for word in target.name.words)


def _is_of_like_meaning(x: Word, y: Word) -> bool:
    """True for two words that mean two things of one kind, and no more than that."""
    is_exchangeable = not exchangeable(x.concept).isdisjoint(exchangeable(y.concept))
    return x.concept != y.concept and not is_exchangeable and not related(x).isdisjoint(related(y))


def _candidate(source: Name, target: Target, alike: Similarity, evidence: Evidence) -> Candidate:
    fit, reasons = evidence.fit(source.raw, target.column)
    told = "of what is left, nothing else has a word in common with either"
    return rename(
        source,
        target,
        Tier.FUZZY,
        ELIMINATED,
        (f"name {alike.score:.2f}", *alike.reasons, *reasons, told),
        features=Features(alike.score, fit, ELIMINATED),
    )


def _is_of_its_kind(source: Name, target: Target, evidence: Evidence) -> bool:
    """True when the values are hardly of another kind: no numbers for a date."""
    return target.column.type.base not in TIMES or evidence.shape(source.raw, NUMERIC) == 0
