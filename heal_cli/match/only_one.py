"""The one column of its kind: the only time, the only key, the only e-mail address of source and table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from heal_cli.match.apart import part, saying, sets_apart
from heal_cli.match.concepts import singular
from heal_cli.match.looks import says_what_happened
from heal_cli.match.names import Name, parse
from heal_cli.match.remainder import Context, is_of_table
from heal_cli.match.shapes import LOOKS, NUMERIC
from heal_cli.match.tiers import Target, rename
from heal_cli.match.values import MIN_FIT, TEXTS, Evidence
from heal_cli.model import Candidate, Features, Tier

ONLY: Final = 0.72
"""Confidence of such a pair: source and table belong together, and neither end has anything else to go with."""

MOST_APART: Final = 3
"""One target in so many has to have its source already: files that have nothing to do with a table have lone times, too."""

_FEWEST: Final = 3  # values under which a fit is chance
_MOST: Final = 0.98  # share of values that have to look like it
_TIMES: Final = frozenset({"date", "timestamp", "timestamptz"})
_TIME: Final = r"\d\D.*\d"
_TIME_IN_NUMBERS: Final = r"^1\d{9}(\d{3})?$"

_CODE: Final = r"^[^\s.,@:]+$"
_DAY: Final = r"^(\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[-/]\w{1,3}[-/]\d{2,4})"

_LOOKS: Final = ("email", "url", "ip")
"""Words of a target's name that say what its values look like: such values are hardly ever something else.

An IBAN is: a file may name one's own account where the table has the supplier's.
"""

_OF_LOOKS: Final = frozenset({*_LOOKS, "contact", "mail", "address", "link", "login", "user"})


def by_being_the_only_one(
    sources: Sequence[Name],
    targets: Sequence[Target],
    placed: Mapping[str, str],
    around: Context,
    evidence: Evidence,
) -> Iterator[Candidate]:
    """Candidates for pairs of which either end is the only one of its kind in all of source and table.

    Args:
        sources: All of the file, those with a place among them; targets likewise.
        placed: The sources that have their place already, and which.
    """
    if len(placed) * MOST_APART < len(targets):
        return
    if _speak_otherwise(placed):
        yield from _by_key([s for s in sources if s.raw not in placed], targets, around, evidence)
        yield from _by_time(sources, targets, around, evidence)
    for concept in _LOOKS:
        homes = [t for t in targets if concept in t.name.concepts and t.column.type.base in TEXTS]
        found = (
            [source for source in sources if _all(source, LOOKS[concept][0], evidence)]
            if len(homes) == 1
            else []
        )
        if len(found) == 1 and _may_hold(found[0], homes[0], around):
            yield _candidate(found[0], homes[0], LOOKS[concept][1], evidence)


def _may_hold(source: Name, target: Target, around: Context) -> bool:
    """True where no word that is known says whose it is: a salesperson's address is not that of the customer."""
    parting = part(source, target.name, around)
    told = [word for word in saying(parting.left) if word.is_known and word.concept not in _OF_LOOKS]
    return not sets_apart(parting) and all(is_of_table([word], around) for word in told)


def _speak_otherwise(placed: Mapping[str, str]) -> bool:
    """True where a third of the names that went together have no word in common: that others have none says nothing."""
    strange = [source for source, target in placed.items() if _written(source).isdisjoint(_written(target))]
    return 3 * len(strange) >= len(placed)


def _written(name: str) -> set[str]:
    return set(map(singular, parse(name).plain))


def _by_time(
    sources: Sequence[Name], targets: Sequence[Target], around: Context, evidence: Evidence
) -> Iterator[Candidate]:
    """The only times. Two lone columns of yes and no are more often two questions than one."""
    homes = [target for target in targets if target.column.type.base in _TIMES]
    if len(homes) != 1 or homes[0].column.default:
        return
    found = [source for source in sources if _is_time(source, homes[0], evidence)]
    others = [source for source in sources if _all(source, _TIME_IN_NUMBERS, evidence)]
    if len(found) == 1 and not others and _may_be_one(found[0], homes[0], around):
        yield _candidate(found[0], homes[0], "times", evidence)


def _by_key(
    sources: Sequence[Name], targets: Sequence[Target], around: Context, evidence: Evidence
) -> Iterator[Candidate]:
    """The only column whose values never repeat and have no blanks, for the only key of the table."""
    keys = [target for target in targets if evidence.is_key(target.column)]
    if len(keys) != 1 or keys[0].column.default or keys[0].column.identity:
        return
    found = [source for source in sources if _numbers_rows(source, keys[0], evidence)]
    if len(found) == 1 and _may_number(found[0], keys[0], around, evidence):
        yield _candidate(found[0], keys[0], "what never repeats", evidence)


def _numbers_rows(source: Name, target: Target, evidence: Evidence) -> bool:
    profile = evidence.profile(source.raw)
    if profile.count < _FEWEST or profile.distinct < 1 or not profile.text.len():
        return False
    is_code = evidence.shape(source.raw, _CODE) == 1 == evidence.shape(source.raw, r"\d")
    is_time = evidence.shape(source.raw, _DAY) > 0
    return is_code and not is_time and evidence.fit(source.raw, target.column)[0] >= MIN_FIT


def _may_number(source: Name, target: Target, around: Context, evidence: Evidence) -> bool:
    """True for a name that says it is a number or a code, or nothing that is known; an invoice numbers no orders.

    Bare numbers that never repeat may as well be counts or moments.
    """
    is_reference = any(word.is_reference for word in source.words)
    if not is_reference and evidence.shape(source.raw, NUMERIC) > 0:
        return False
    parting = part(source, target.name, around)
    left, right = (
        [word for word in saying(words) if not word.is_reference] for words in (parting.left, parting.right)
    )
    are_two = left and right and all(word.is_known for word in (*left, *right))
    return not sets_apart(parting) and not are_two


def _is_time(source: Name, target: Target, evidence: Evidence) -> bool:
    """True for values that are times, and no bare numbers, which may be anything."""
    if evidence.profile(source.raw).count < _FEWEST or not evidence.profile(source.raw).text.len():
        return False
    is_it = evidence.shape(source.raw, _TIME) >= _MOST and evidence.shape(source.raw, NUMERIC) == 0
    return is_it and evidence.fit(source.raw, target.column)[0] >= MIN_FIT


def _all(source: Name, regex: str, evidence: Evidence) -> bool:
    """True where there are values, and all of them look like it."""
    return evidence.profile(source.raw).text.len() > 0 and evidence.shape(source.raw, regex) >= _MOST


def _may_be_one(source: Name, target: Target, around: Context) -> bool:
    """True where nobody knows that the names are two things: no word of theirs is in a list, or one says only when."""
    parting = part(source, target.name, around)
    claimless = parting._replace(left=saying(parting.left), right=saying(parting.right))
    if sets_apart(claimless) or not (says_what_happened(source) and says_what_happened(target.name)):
        return False
    if source.has_participle and target.name.has_participle:
        return False  # what was captured need not be disputed
    said = saying((*source.words, *target.name.words))
    return not any(word.is_known for word in said) or not saying(parting.left) or not saying(parting.right)


def _candidate(source: Name, target: Target, spoken: str, evidence: Evidence) -> Candidate:
    fit, reasons = evidence.fit(source.raw, target.column)
    told = f"nothing else in the file or in the table holds {spoken}"
    features = Features(0.0, fit, ONLY)
    return rename(source, target, Tier.FUZZY, ONLY, (*reasons, told), features=features)
