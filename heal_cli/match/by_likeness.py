"""Tier fuzzy: names that are alike and values that fit, and names that say nothing with values that say a lot."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from heal_cli.match.alike import UNALIKE, Alike
from heal_cli.match.likeness import FLOOR, UNEXPLAINED, Similarity
from heal_cli.match.looks import NOTHING, Look, by_looks, tells_when, tells_which
from heal_cli.match.names import Name, is_claim
from heal_cli.match.remainder import Context
from heal_cli.match.shapes import LOOKS, NUMERIC
from heal_cli.match.tiers import CONTRADICTED, OBJECTS, Target, counts, rename
from heal_cli.match.values import KEY_TYPES, TEXTS, TIMES, Evidence
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Candidate, Features, Tier

_SURE_NAME: Final = 0.9  # likeness of names from which one value that does not fit among a few is a slip
_DEGREES: Final = ("latitude", "longitude")
_NO_DEGREES: Final = r"^[-+]?(?:18[1-9]|19\d|[2-9]\d\d|\d{4,6})(?:[.,]\d+)?$"  # more digits are of millionths
_SLIPPED: Final = 0.78
_COMMENTED: Final = 0.95  # of a comment that is the source's name: people keep names, not comments, in step


def by_likeness(
    source: Name, target: Target, alike: Alike, evidence: Evidence, *, min_confidence: float
) -> Iterator[Candidate]:
    """Tier fuzzy: likeness of names x what the values say; without values that fit, never enough.

    Args:
        min_confidence: Names less alike than this can only become a question: their values are not asked.
    """
    look = _look(source, target, alike.around, evidence)
    if look.confidence:
        features = Features(0.0, 1.0, look.confidence)
        yield rename(source, target, Tier.FUZZY, look.confidence, (look.reason,), features=features)
    names, said = alike.to(target.name).get(source.raw, UNALIKE), "name"
    if target.by_comment is not None:
        other = alike.to(target.by_comment.name).get(source.raw, UNALIKE)
        other = replace(other, score=round(other.score * _COMMENTED, 4))
        if other.score > names.score:
            names, said, target = other, "comment", target.by_comment
    if names.score < FLOOR:
        return
    reasons = (f"{said} {names.score:.2f}", *names.reasons)
    objection = against(source, target, names, evidence)
    if objection:
        confidence = min(names.score, CONTRADICTED)
        yield rename(source, target, Tier.FUZZY, confidence, (*reasons, objection))
        return
    doubted = doubt(source, target, names, evidence)
    score = min(names.score, UNEXPLAINED) if doubted else names.score
    reasons += (doubted,) if doubted else ()
    if score < min_confidence:
        yield rename(source, target, Tier.FUZZY, score, reasons)
    else:
        yield _weighed(source, target, score, reasons, evidence)


def _look(source: Name, target: Target, around: Context, evidence: Evidence) -> Look:
    """What the values say by themselves, where the source's name does not say what they are."""
    if not (source.says_little or around.is_lettered):
        return NOTHING
    if around.is_lettered or source.is_opaque:
        return by_looks(source, target.column, target.name, evidence)
    when = tells_when(source, target.column, target.name, evidence)
    return when if when.confidence else tells_which(source, target.column, evidence)


def _weighed(
    source: Name, target: Target, score: float, reasons: tuple[str, ...], evidence: Evidence
) -> Candidate:
    """The candidate for names that are alike enough, by what the values say."""
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
    return rename(source, target, Tier.FUZZY, confidence, reasons + verdict.reasons, features=features)


def against(source: Name, target: Target, alike: Similarity, evidence: Evidence) -> str:
    """What the values say against leaving a word out; empty when they bear it out."""
    if source.singular_key == target.name.singular_key and counts(source, target, evidence):
        return f"{source.raw!r} counts, the column does not"
    if evidence.holds_objects(source.raw, target.column):
        return OBJECTS
    if target.name.last_of(_DEGREES) and evidence.shape(source.raw, _NO_DEGREES) > 0:
        return "no place on earth has such degrees"
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


def _may_say_yes(target: Target, evidence: Evidence) -> bool:
    """True for yes and no, numbers for them, a list of them, and one letter of text; not for a text of any length."""
    type = target.column.type
    return (
        type.base not in TEXTS
        or is_claim(target.name)
        or bool(evidence.labels(target.column))
        or type.length in (1, 2, 3)
    )


def doubt(source: Name, target: Target, alike: Similarity, evidence: Evidence) -> str:
    """Why words that say little do matter here; empty when they do not."""
    base = target.column.type.base
    if is_claim(source) != is_claim(target.name) and base != "bool":
        return "one name reads as yes or no"
    if "yn" in source.plain and "yn" not in target.name.plain and not _may_say_yes(target, evidence):
        return f"{source.raw!r} says yes or no, the column more"
    lasting = vocabulary().kinds["lasting"]
    if alike.is_untimed and base not in TIMES and not lasting & {*source.units, *target.name.units}:
        return f"one name tells a time, the column is {target.column.type.name}"
    return ""
