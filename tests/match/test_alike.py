"""Names that are never compared have nothing in common, and words that are never compared are no kin."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.match.alike import UNALIKE, Alike
from heal_cli.match.kindred import Kindred
from heal_cli.match.kinship import kinship
from heal_cli.match.likeness import context, similarity
from heal_cli.match.names import parse

WORDS = (
    *(
        "cust",
        "customer",
        "nm",
        "name",
        "name (net)",
        "first",
        "title",
        "dob",
        "date",
        "of",
        "birth",
        "created",
    ),
    *("approver", "approved", "by", "reviewed", "review", "id", "pid", "patient", "po", "purchase", "order"),
    *(
        "recieved",
        "received",
        "frecuencia",
        "frequency",
        "paid",
        "amount",
        "amt",
        "seat",
        "no",
        "full",
        "text",
    ),
    *("phrase", "frase", "hotel", "otel", "email", "e mail", "zip", "code", "zipcode", "st", "street", "2"),
    *(
        "fee",
        "charge",
        "remark",
        "note",
        "url",
        "link",
        "sent",
        "send",
        "stn",
        "station",
        "max",
        "min",
        "lat",
    ),
)
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map("_".join)


@given(st.lists(NAMES, min_size=1, max_size=5, unique=True), NAMES)
def test_only_names_that_are_nothing_to_one_another_are_left_out(raws: list[str], raw: str) -> None:
    """What is said of a whole source is what each pair says for itself."""
    sources, target = [parse(name) for name in raws], parse(raw)
    around = context(sources, [target], "t")
    found = Alike(sources, around).to(target)
    assert [found.get(source.raw, UNALIKE).score for source in sources] == [
        similarity(source, target, around).score for source in sources
    ]


@pytest.mark.parametrize("taken", [frozenset(), frozenset({"fee", "frecuencia"})])
def test_all_kin_are_found(taken: frozenset[str]) -> None:
    """By kind, group, verb, root or letters: whatever makes two words kin, they share it."""
    words = [word for text in WORDS for word in parse(text).words]
    kindred = Kindred(words, taken)
    missed = [
        (one, other)
        for one, other in product(words, words)
        if one.concept != other.concept and kinship(other, one, taken) and other not in kindred.of(one)
    ]
    assert not missed


def test_names_come_in_the_order_of_the_source() -> None:
    """So that nothing rests on the order in which likeness is found."""
    sources = [parse(name) for name in ("order_total", "order_id", "colour", "order_date")]
    found = Alike(sources, context(sources, [parse("order_no")], "t")).to(parse("order_no"))
    assert list(found) == [source.raw for source in sources if source.raw in found]
    assert "colour" not in found
