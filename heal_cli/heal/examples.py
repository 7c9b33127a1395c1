"""Whether a pattern does what its examples say: each becomes a table of one column and a source of one."""

from __future__ import annotations

from typing import Final, NamedTuple

import polars as pl

from heal_cli.convert import decide_format, fit
from heal_cli.match import match_columns
from heal_cli.model import Column, Kind, MatchOptions, PgType, TableSchema, ValueOptions
from heal_cli.patterns import MIN_CONFIDENCE, Catalogue, Example, Pattern

_LABELS: Final = ("user", "assistant")  # of an example whose type is 'enum'
_OTHER: Final = pl.DataFrame({"zzz": ["1"]})  # a source without any column that means something


class Outcome(NamedTuple):
    """An example, what it expects, and whether that is so."""

    example: Example
    expected: bool
    holds: bool


def run_examples(pattern: Pattern, catalogue: Catalogue) -> tuple[Outcome, ...]:
    """Every example of a pattern, positive ones first.

    Args:
        catalogue: Where conversions compete; renames, mappings and defaults are tried alone.
    """
    cases = [(example, True) for example in pattern.positive]
    cases += [(example, False) for example in pattern.negative]
    return tuple(
        Outcome(example, expected, takes(pattern, example, catalogue) is expected)
        for example, expected in cases
    )


def takes(pattern: Pattern, example: Example, catalogue: Catalogue) -> bool:
    """True when the pattern votes for the fix of the example, and that fix is taken."""
    type_ = _type(example.type)
    if pattern.kind is Kind.CONVERSION:
        return catalogue.conversion(pl.Series(example.values, dtype=pl.String), type_) == pattern
    sample = (
        pl.DataFrame({example.source: example.values}, schema={example.source: pl.String})
        if example.source
        else _OTHER
    )
    matching = match_columns(
        sample,
        _table(example, type_),
        patterns=(pattern,),
        options=MatchOptions(min_confidence=MIN_CONFIDENCE),
        fit=lambda values, wanted: fit(values, wanted, decide_format(values, wanted, ValueOptions())),
    )
    return any(vote.pattern == pattern.id for found in matching.matches for vote in found.votes)


def _type(name: str) -> PgType:
    is_enum = name == "enum"
    return PgType(0, name, name, "e" if is_enum else "b", labels=_LABELS if is_enum else ())


def _table(example: Example, type_: PgType) -> TableSchema:
    column = Column(example.target, 1, type_, nullable=not example.required, comment=example.comment or None)
    return TableSchema.of(example.table, (column,))
