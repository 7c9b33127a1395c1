"""Two patterns against each other: paired on the same rows or runs, or by the trials of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from math import comb, erfc, sqrt
from typing import Final

SIGNIFICANCE: Final = 0.05

_FEW_PAIRS: Final = (
    25  # discordant pairs below which McNemar's statistic is no chi-square: the exact test then
)
_FEW_EXPECTED: Final = 5.0  # Cochran's rule for the smallest expected count of a 2 x 2 table


@dataclass(frozen=True, slots=True)
class Duel:
    """How two patterns for one column did on the same rows of one run; only the incumbent wrote."""

    incumbent: str
    rival: str
    incumbent_ok: bool
    rival_ok: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired outcomes of two candidates, and how likely such a difference is by chance."""

    both: int
    only_first: int
    only_second: int
    neither: int
    test: str
    p: float  # two-sided, 0-1

    @property
    def is_significant(self) -> bool:
        """One of them is surely better."""
        return self.p < SIGNIFICANCE

    @property
    def second_is_better(self) -> bool:
        """The second of them is."""
        return self.is_significant and self.only_second > self.only_first

    @property
    def told(self) -> str:
        """Test and p, for people."""
        return f"{self.test}, p = {self.p:.3f}"


def compare(pairs: Iterable[tuple[bool, bool]]) -> Comparison:
    """McNemar's test on paired outcomes: exact where pairs that differ are few, else with Edwards' correction."""
    return compare_counts(Counter(pairs))


def compare_counts(counts: Counter[tuple[bool, bool]]) -> Comparison:
    """The same for pairs that are counted already, by (first held, second held)."""
    first, second = counts[True, False], counts[False, True]
    is_exact = first + second < _FEW_PAIRS
    p = (
        _binomial(first, second)
        if is_exact
        else _chi_square_tail((abs(first - second) - 1) ** 2 / (first + second))
    )
    test = "McNemar, exact" if is_exact else "McNemar"
    return Comparison(counts[True, True], first, second, counts[False, False], test, p)


def compare_trials(first: tuple[int, int], second: tuple[int, int]) -> tuple[str, float]:
    """Name of the test and two-sided p for two independent shares, each (successes, trials).

    Pearson's chi-square, or Fisher's exact test where an expected count is under 5; p is 1 without trials.
    """
    a, b = first[0], first[1] - first[0]
    c, d = second[0], second[1] - second[0]
    total = a + b + c + d
    margins = (a + b, c + d, a + c, b + d)
    if not all(margins):
        return "Fisher", 1.0
    smallest = min(margins[0], margins[1]) * min(margins[2], margins[3]) / total
    if smallest < _FEW_EXPECTED:
        return "Fisher", _fisher(a, b, c, d)
    statistic = total * (a * d - b * c) ** 2 / (margins[0] * margins[1] * margins[2] * margins[3])
    return "chi-square", _chi_square_tail(statistic)


def _binomial(first: int, second: int) -> float:
    """Two-sided p of a split at least as uneven, if each side is as likely."""
    total, fewer = first + second, min(first, second)
    return min(1.0, 2 * sum(comb(total, k) for k in range(fewer + 1)) / float(2**total))


def _chi_square_tail(statistic: float) -> float:
    """P(chi-square with one degree of freedom >= statistic): the square of a normal variable."""
    return erfc(sqrt(statistic / 2))


def _fisher(a: int, b: int, c: int, d: int) -> float:
    """Two-sided p of a 2 x 2 table: all tables of the same margins that are no likelier (Fisher 1935)."""
    row, column, total = a + b, a + c, a + b + c + d
    ways = [comb(column, k) * comb(total - column, row - k) for k in range(row + 1) if k <= column]
    seen = comb(column, a) * comb(total - column, row - a)
    return sum(way for way in ways if way <= seen) / comb(total, row)
