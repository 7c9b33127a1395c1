"""The assignment is the best there is."""

from __future__ import annotations

import random
import time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.match.assign import assign

WEIGHT = st.sampled_from([0.0, 0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(0, 100)
RECTANGLES = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(WEIGHT, min_size=width, max_size=width), min_size=1, max_size=5)
)


def best_by_trying_all(weights: list[list[float]]) -> float:
    """The greatest total over all assignments."""
    rows = (
        weights
        if len(weights) <= len(weights[0])
        else [list(column) for column in zip(*weights, strict=True)]
    )
    choices = permutations(range(len(rows[0])), len(rows))
    return max(sum(row[column] for row, column in zip(rows, choice, strict=True)) for choice in choices)


@given(RECTANGLES)
def test_no_other_assignment_weighs_more(weights: list[list[float]]) -> None:
    """Compared with every assignment there is, on rectangles up to 5 x 5."""
    pairs = assign(weights)
    assert sum(weights[row][column] for row, column in pairs) == pytest.approx(best_by_trying_all(weights))
    assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
    assert all(weights[row][column] > 0 for row, column in pairs)


@pytest.mark.parametrize("weights", [[], [[]], [[0.0]], [[0.0, 0.0], [0.0, 0.0]]])
def test_nothing_to_assign_gives_nothing(weights: list[list[float]]) -> None:
    """Empty and all-zero rectangles have no pairs."""
    assert assign(weights) == ()


def test_a_hundred_by_a_hundred_is_quick() -> None:
    """About 10 ms of processor time; the limit leaves room for slow machines."""
    chance = random.Random(7)
    weights = [[chance.random() for _ in range(100)] for _ in range(100)]
    started = time.process_time()
    assert len(assign(weights)) == 100
    assert time.process_time() - started < 0.5
