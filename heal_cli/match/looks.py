"""What values are by their looks alone: for columns whose names say nothing, and for times that say only when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from heal_cli.match.names import Name
from heal_cli.match.shapes import LOOKS, NUMERIC, SHAPE_OF_TYPE
from heal_cli.match.telling_looks import telling_look
from heal_cli.match.values import TEXTS, TIMES, Evidence
from heal_cli.match.vocabulary import vocabulary
from heal_cli.model import Column

_MOST: Final = 0.98  # share that has to look like it: nothing else speaks for the pair
_FEWEST: Final = 3  # values under which looks are chance

_BY_TYPE: Final[Mapping[str, float]] = {
    "uuid": 0.80,
    "jsonb": 0.75,
    "json": 0.75,
    "timestamptz": 0.75,
    "timestamp": 0.75,
    "date": 0.75,
    "time": 0.75,
    "bool": 0.72,
}
"""Types that values of other kinds hardly ever fit -> how surely a column of them is meant, without rivals."""

_GLANCE: Final[Mapping[str, str]] = {
    "uuid": r"[0-9A-Fa-f]{8}",
    "bool": r"^\s*\D{1,6}\s*$",
    "json": r"^\s*[\[{]",
    "jsonb": r"^\s*[\[{]",
    **dict.fromkeys(TIMES, r"\d\D.*\d"),
}
"""Types -> what all their values have, seen at a glance: conversions are tried only on those that do."""

_SELDOM: Final = 0.62
"""Of a time that most rows never reach (`died_on`): a margin under one that they commonly have (`born_on`)."""

_BY_SHAPE: Final[Mapping[str, float]] = {
    "email": 0.85,
    "url": 0.80,
    "website": 0.80,
    "ip": 0.80,
    "iban": 0.90,
    "isin": 0.88,
    "mac": 0.85,
    "currency": 0.85,
    "country code": 0.80,
}
"""Concepts in the target's name -> how surely a column with such values is meant, without rivals."""

LISTED: Final = 0.85
"""Of a column whose values are all among the labels of an enum or a CHECK list, where several occur."""

WHICH: Final = 0.80
"""The same for a column whose name says that it tells kinds apart, but not of what."""

ONLY_WHEN: Final = 0.80
"""Of a column called `date` or `timestamp` for the one column of the table that says when."""

ONLY_AT_END: Final = 0.75
"""The same for what comes after it (`paid_at`): no surer than when somebody received it, and than it is itself."""

ONLY_LATER: Final = 0.70
"""The same for a time when somebody else had a look at it (`received_at`): a margin under that of the thing itself."""


@dataclass(frozen=True, slots=True)
class Look:
    """How surely values belong to a column by their looks (0-1), and why; 0 when they do not."""

    confidence: float
    reason: str = ""


NOTHING: Final = Look(0.0)


def says_what_happened(name: Name) -> bool:
    """True for `viewed_at` and `trade_date`, not for times that most rows never reach (`deleted_at`, `expires`)."""
    later = vocabulary().kinds["eventual"]
    return not (name.concepts & later)


def by_looks(source: Name, column: Column, name: Name, evidence: Evidence) -> Look:
    """What the values alone say for a target column."""
    profile = evidence.profile(source.raw)
    if profile.count < _FEWEST or not profile.text.len():
        return NOTHING
    labels = evidence.labels(column)
    if labels:
        return _listed(profile.text, labels)
    by_name = SHAPE_OF_TYPE.get(column.type.base) or name.last_of(_BY_SHAPE)
    if by_name is None and name.plain[-1:] == ("url",):  # `landing_url`, which is read as one word
        by_name = "url"
    if by_name is None and {"country", "code"} <= name.concepts:
        by_name = "country code"
    if by_name is not None and column.type.base not in _BY_TYPE:
        regex, spoken = LOOKS[by_name]
        if evidence.shape(source.raw, regex) < _MOST:
            return NOTHING
        return Look(_BY_SHAPE[by_name], f"name says nothing, all values look like {spoken}")
    if (
        column.type.base in TEXTS
        and profile.text.n_unique() > 1
        and evidence.known_share(source.raw, column) >= _MOST
    ):
        return Look(LISTED, "name says nothing, all values stand in the table already")
    telling = telling_look(name, column.type)
    if telling is not None:
        if evidence.shape(source.raw, telling.regex) < _MOST or not evidence.shape(source.raw, telling.some):
            return NOTHING
        return Look(telling.confidence, f"name says nothing, all values look like {telling.spoken}")
    look = _typed(source, column, evidence)
    is_when = column.type.base in TIMES and look.confidence
    if is_when and name.concepts & vocabulary().kinds["seldom"]:
        return Look(_SELDOM, look.reason)
    return look


def tells_which(source: Name, column: Column, evidence: Evidence) -> Look:
    """What a column called `status` or `class` says for one that takes a list, where all its values are listed."""
    labels = evidence.labels(column) if source.says_which else ()
    if not labels:
        return NOTHING
    profile = evidence.profile(source.raw)
    if profile.count < _FEWEST or not profile.text.len():
        return NOTHING
    look = _listed(profile.text, labels)
    return Look(WHICH, look.reason) if look.confidence else NOTHING


def _listed(text: pl.Series, labels: tuple[str, ...]) -> Look:
    known = text.str.to_lowercase().is_in([label.lower() for label in labels])
    if len(labels) < 2 or text.n_unique() < 2 or not known.all():
        return NOTHING
    return Look(LISTED, f"all values are among the {len(labels)} that the column takes")


def _typed(source: Name, column: Column, evidence: Evidence) -> Look:
    base = column.type.base
    if base not in _BY_TYPE or evidence.shape(source.raw, NUMERIC) > 0:
        return NOTHING
    if evidence.shape(source.raw, _GLANCE[base]) < _MOST:
        return NOTHING
    fit, _ = evidence.fit(source.raw, column)
    if fit < _MOST:
        return NOTHING
    return Look(_BY_TYPE[base], f"name says nothing, all values are {column.type.name}")


def tells_when(source: Name, column: Column, name: Name, evidence: Evidence) -> Look:
    """What a column called `date` or `time` says for a target that says when something happened."""
    fits = source.says_only_when and column.type.base in TIMES and column.type.base != "interval"
    if not fits or name.says_only_when or not says_what_happened(name):
        return NOTHING
    if evidence.profile(source.raw).count == 0 or evidence.fit(source.raw, column)[0] < _MOST:
        return NOTHING
    kinds = vocabulary().kinds
    at_end = ONLY_AT_END if name.concepts & kinds["ending"] else ONLY_WHEN
    confidence = ONLY_LATER if name.concepts & kinds["noted"] else at_end
    return Look(confidence, "says only when, and so does the column")
