"""Every example of the catalogue, positive or negative, is what the catalogue does."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.model import Kind, PgType
from heal_cli.patterns import Example, Pattern, load_catalogue

CATALOGUE = load_catalogue()
CASES = [
    pytest.param(pattern, example, expected, id=f"{pattern.id}-{expected}-{number}")
    for pattern in CATALOGUE
    for expected, examples in ((True, pattern.positive), (False, pattern.negative))
    for number, example in enumerate(examples)
]


def takes(pattern: Pattern, example: Example, make_table, match) -> bool:
    """True when the pattern, with no other beside it, votes for the fix of the example."""
    if pattern.kind is Kind.CONVERSION:
        type = PgType(0, example.type, example.type, "b")
        return CATALOGUE.conversion(pl.Series(example.values), type) == pattern
    type = "enum(user|assistant)" if example.type == "enum" else example.type
    spec = f"{example.target} {type}{' required' if example.required else ''}"
    table = make_table(example.table, spec, comment=example.comment)
    sample = {example.source: list(example.values)} if example.source else {"zzz": ["1"]}
    matching = match(sample, table, patterns=(pattern,), min_confidence=0.6)
    return any(vote.pattern == pattern.id for found in matching.matches for vote in found.votes)


@pytest.mark.parametrize(("pattern", "example", "expected"), CASES)
def test_an_example_is_taken_or_left_as_it_says(pattern, example, expected, make_table, match) -> None:
    """A pattern heals its positive examples and leaves its negative ones alone."""
    assert takes(pattern, example, make_table, match) is expected
