"""Two patterns against each other."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.patterns import compare, compare_counts, compare_trials

FEW = st.integers(0, 40)


@pytest.mark.parametrize(
    ("counts", "test", "p"),
    [
        ((101, 121, 59, 33), "McNemar", 5.45e-6),  # a textbook table: 121 against 59, Edwards' correction
        ((59, 6, 16, 80), "McNemar, exact", 0.0525),  # 2 * P(X <= 6), X binomial of 22 at a half
        ((9, 0, 6, 9), "McNemar, exact", 0.03125),
        ((5, 0, 0, 5), "McNemar, exact", 1.0),
    ],
)
def test_paired_outcomes_go_by_mcnemar(counts: tuple[int, ...], test: str, p: float) -> None:
    """Exact while the pairs that differ are fewer than 25."""
    keys = ((True, True), (True, False), (False, True), (False, False))
    outcome = compare_counts(Counter(dict(zip(keys, counts, strict=True))))
    assert (outcome.test, outcome.p) == (test, pytest.approx(p, rel=0.01))


@pytest.mark.parametrize(
    ("first", "second", "test", "p"),
    [
        ((3, 4), (1, 4), "Fisher", 0.4857),  # the lady tasting tea
        ((0, 5), (5, 5), "Fisher", 0.00794),
        ((30, 50), (15, 50), "chi-square", 0.0027),  # Pearson: 9.09 without correction
        ((0, 0), (3, 4), "Fisher", 1.0),
    ],
)
def test_trials_of_two_go_by_chi_square_or_fisher(
    first: tuple[int, int], second: tuple[int, int], test: str, p: float
) -> None:
    """Fisher's exact test where an expected count is under 5."""
    told, found = compare_trials(first, second)
    assert (told, found) == (test, pytest.approx(p, rel=0.05))


@given(FEW, FEW, FEW, FEW)
def test_a_comparison_is_symmetric(a: int, b: int, c: int, d: int) -> None:
    """Which is called the first makes no difference to p, which is a probability."""
    one = compare_trials((a, a + b), (c, c + d))
    assert one == (one[0], pytest.approx(compare_trials((c, c + d), (a, a + b))[1]))
    assert 0 <= one[1] <= 1 + 1e-9


def test_five_to_none_is_not_enough() -> None:
    """Six to none is: p < 0.05."""
    assert not compare([(False, True)] * 5).second_is_better
    assert compare([(False, True)] * 6).second_is_better
