"""enum: labels to the letter; else by case, separators, a known other spelling, or a rare slip of the pen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

import polars as pl
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, Indel

from heal_cli.convert import residue
from heal_cli.convert.constant import constant
from heal_cli.convert.residue import NOT_CONVERTIBLE, Attempt, Healer, heal_residue
from heal_cli.model import ColumnFormat, Converted, Fault, HealMask, PgType, ValueOptions

RULE: Final = "enum_label"
NEAR: Final = "enum_near_miss"

_SHOWN: Final = 20
"""Distinct failed values whose nearest label is named in the reject."""

_ALIASES: Final = (
    ("cancelled", "canceled"), ("cancelling", "canceling"), ("labelled", "labeled"), ("modelled", "modeled"),
    ("travelled", "traveled"), ("fulfilled", "fullfilled"), ("fulfilment", "fulfillment"), ("enrolled", "enroled"),
    ("grey", "gray"), ("authorised", "authorized"), ("finalised", "finalized"), ("unauthorised", "unauthorized"),
    ("recognised", "recognized"), ("personalised", "personalized"), ("judgement", "judgment"),
    ("male", "m"), ("female", "f"), ("yes", "y"), ("no", "n"), ("true", "t"), ("false", "f"),
)  # fmt: skip
"""Two spellings of one label; taken, either way, where the other means no second label."""

_SHORTEST: Final = 6
"""Letters a label has, before a slip in it is likelier than another word."""

_RARE: Final = 20
"""How often a label stands in the column for each slip in it: a slip is rare, another word need not be."""

_MARGIN: Final = 2
"""Letters by which the runner-up must be further away."""


def wire(type: PgType) -> pl.DataType:
    """String: the label."""
    return pl.String()


def decide(values: pl.Series, type: PgType, options: ValueOptions, base: ColumnFormat) -> ColumnFormat:
    """`base` with every other spelling of a label that means this label alone; slips only as the column proves."""
    folds = {label: _fold(label) for label in type.labels}
    shared = Counter(folds.values())
    known = {fold: label for label, fold in folds.items() if fold and shared[fold] == 1}
    known |= _other_spellings(known, frozenset(shared))
    slips = _slips(values, known, frozenset(shared))
    return replace(base, labels=tuple(known.items()), near_labels=tuple(slips.items()))


def _fold(label: str) -> str:
    """Without case, blanks, hyphens and underscores, as `_folded` does with a column."""
    return label.lower().translate({ord(mark): None for mark in " _-\u00a0\t"})


def _folded(texts: pl.Series) -> pl.Series:
    return texts.str.to_lowercase().str.replace_all("[ _\u00a0\t-]", "")


def _other_spellings(known: Mapping[str, str], taken: frozenset[str]) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for pair in _ALIASES:
        for spelling, other in (pair, pair[::-1]):
            if spelling in known and other not in taken:
                found.setdefault(other, set()).add(known[spelling])
    return {other: labels.pop() for other, labels in found.items() if len(labels) == 1}


def _slips(values: pl.Series, known: Mapping[str, str], taken: frozenset[str]) -> dict[str, str]:
    """Folded texts that miss one letter of a label, have one too many, or two changed over.

    A letter for another makes too many other words, and so does a change of the first one or of a digit.
    """
    if not known or not len(values):
        return {}
    spelt = values.alias("text").value_counts()
    counts: Counter[str] = Counter()
    for text, count in zip(_folded(spelt["text"]), spelt["count"], strict=True):
        counts[text] += count
    strange = [text for text in counts if text not in known and text not in taken]
    if not strange or len(strange) * _RARE > len(values):
        return {}
    found = ((text, _slip_of(text, known)) for text in strange)
    return {
        text: known[label] for text, label in found if label and counts.get(label, 0) >= _RARE * counts[text]
    }


def _slip_of(text: str, known: Mapping[str, str]) -> str | None:
    ranked = process.extract(text, list(known), scorer=OSA.distance, limit=2)
    label, distance, _ = ranked[0]
    if distance != 1 or min(len(label), len(text)) < _SHORTEST or text[0] != label[0]:
        return None
    if len(ranked) > 1 and ranked[1][1] < distance + _MARGIN:
        return None
    is_other_letter = len(text) == len(label) and sorted(text) != sorted(label)
    has_digit = any(char.isdigit() for char in label + text)
    return None if is_other_letter or has_digit or Indel.distance(text, label) > _MARGIN else label


def to_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Exact labels as they are; another spelling of a single label as a named heal."""
    exact = values.is_in(list(type.labels))
    typed = (
        values if exact.all() else values.zip_with(exact.fill_null(False), pl.Series([None], dtype=pl.String))
    )
    made = heal_residue(
        values, typed, (Healer("", lambda texts: _by_spelling(texts, format)),), nulls=format.nulls
    )
    failed = made.failed
    return made if failed is None else made._replace(faults=tuple(_nearest(values, failed, type)))


def _by_spelling(texts: pl.Series, format: ColumnFormat) -> Attempt:
    folded = _folded(texts)
    spelt, near = (_looked_up(folded, dict(labels)) for labels in (format.labels, format.near_labels))
    heals = (HealMask(RULE, spelt.is_not_null()), HealMask(NEAR, near.is_not_null(), assumption=True))
    return Attempt(spelt.zip_with(spelt.is_not_null(), near), heals)


def _looked_up(folded: pl.Series, labels: Mapping[str, str]) -> pl.Series:
    if not labels:
        return constant(None, len(folded), pl.String)
    return folded.replace_strict(labels, default=None, return_dtype=pl.String)


def _nearest(values: pl.Series, failed: pl.Series, type: PgType) -> Iterator[Fault]:
    """A fault for each of the first distinct values, with the label it is nearest to; one for all others."""
    attempt = f"{type.name}: no such label, in any case"
    shown = values.filter(failed).unique(maintain_order=True).head(_SHOWN)
    for value in shown:
        best = process.extractOne(value, type.labels, scorer=fuzz.ratio, processor=_fold)
        near = f"{value!r}: nearest label is {best[0]!r} ({best[1] / 100:.2f})" if best and best[1] else ""
        is_value = (failed & (values == value)).fill_null(False)
        yield Fault(NOT_CONVERTIBLE, is_value, tuple(filter(None, (attempt, near))))
    rest = (failed & ~values.is_in(shown.implode())).fill_null(False)
    if rest.any():
        yield Fault(NOT_CONVERTIBLE, rest, (attempt,))


def from_typed(values: pl.Series, type: PgType, format: ColumnFormat, allow: frozenset[str]) -> Converted:
    """Numbers and booleans by their text, when a label is spelt so."""
    if values.dtype.is_numeric() or values.dtype == pl.Boolean:
        return to_typed(values.cast(pl.String), type, format, allow)
    return residue.refuse_all(values, pl.String(), f"{values.dtype} is no enum label")
