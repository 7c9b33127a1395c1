"""A word in front of the parts of the only address says nothing."""

from __future__ import annotations

import pytest

from heal_cli.match.dwelling import only_dwelling
from heal_cli.match.names import parse

HOME = ("Home Street", "Home City")


@pytest.mark.parametrize(
    ("sources", "targets", "expected"),
    [
        (HOME, ("street", "town"), {"home"}),
        ((*HOME, "Name"), ("street", "town", "name"), {"home"}),
        ((*HOME, "Work City"), ("street", "town"), set()),
        ((*HOME, "City"), ("street", "town"), set()),
        (HOME, ("home_street", "work_street"), set()),
        (("Home City",), ("town",), set()),
        (("Shipping Street", "Shipping City"), ("street", "town"), set()),
    ],
)
def test_home_says_nothing_where_there_is_one_address(
    sources: tuple[str, ...], targets: tuple[str, ...], expected: set[str]
) -> None:
    """Only where no other column of either side could be meant by the rest of the name."""
    names = [parse(name) for name in sources]
    assert only_dwelling(names, [parse(name) for name in targets]) == expected
