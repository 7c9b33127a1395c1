"""What everything else has left over goes together where nothing else has a word in common with either."""

from __future__ import annotations

import pytest

NUMBERS = ["12.5", "7.25", "31.0"]


def placed(found) -> set[tuple[str | None, str]]:
    """Pairs of names."""
    return {(match.winner.source, match.target) for match in found.matches}


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("Seq", "leg_sequence int4", ["1", "2", "3"]),
        ("Shelf life", "shelf_life_days int4", ["10", "20", "30"]),
        ("Cellar rent", "rent numeric", NUMBERS),
    ],
)
def test_the_only_pair_with_a_common_word_goes_together(make_table, match, source, target, values) -> None:
    """Half a name is enough where the values fit and nobody else is left for it."""
    found = match({source: values}, make_table("t", target))
    assert placed(found) == {(source, target.split()[0])}


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("torque_limit", "torque numeric", NUMBERS),
        ("family_diagnosis", "diagnosis text", ["A", "B", "C"]),
        ("gross_wage", "net_wage numeric", NUMBERS),
        ("buyer_phone", "seller_phone text", ["555-0100-1", "555-0100-2", "555-0100-3"]),
        ("trip_2", "trip_length numeric", NUMBERS),
        ("is_paid_fee", "fee_cents int4", ["1", "0", "1"]),
        ("driver street", "street text", ["Elm", "Oak", "Ash"]),
        ("CatNo", "play_type text", ["SK1", "NM2", "J3"]),
        ("status", "condition_note text", ["new", "used", "sold"]),
        ("Frequency", "click_rate_percent numeric", NUMBERS),
        ("Nº de ejemplares", "page_count int4", ["4", "2", "6"]),
        ("Nb de pièces jointes", "nb_pages int4", ["4", "2", "6"]),
        ("numVoie", "establishment_no text key", ["14", "3", "201"]),
        ("Concime (t/ha)", "resa_t_ha numeric", NUMBERS),
        ("Temperatura esterna", "room_temperature numeric", NUMBERS),
        ("Distance (miles)", "distance_km numeric", NUMBERS),
        ("Weight (lb)", "weight_kg numeric", NUMBERS),
        ("Apagado por", "uploaded_by text", ["r.melo", "t.nunes", "j.reis"]),
        ("Sale closed on", "sale_opened_on date", ["2026-05-01", "2026-05-09", "2026-05-16"]),
        ("Richiesta il", "special_requests text", ["28/01/2026", "02/02/2026", "13/02/2026"]),
    ],
)
def test_a_word_that_makes_another_thing_of_it_keeps_them_apart(make_table, match, source, target, values):
    """Opposites, partners, numbers, claims and other heads are never the same for want of a better one."""
    assert not placed(match({source: values}, make_table("t", target)))


def test_two_that_share_the_word_are_a_question(make_table, match) -> None:
    """Which amount it is, nobody knows."""
    table = make_table("t", "amount_eur numeric")
    found = match({"gift amount": NUMBERS, "match amount": NUMBERS}, table)
    assert not placed(found)


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("Station", "site_code text", ["A1", "B2", "C3"]),
        ("Topic", "theme_name text", ["abc", "def", "ghi"]),
    ],
)
def test_a_word_of_like_meaning_is_enough_before_a_code(make_table, match, source, target, values) -> None:
    """The target says no more than that it is the code or the number of it."""
    found = match({source: values}, make_table("t", target))
    assert placed(found) == {(source, target.split()[0])}


def test_a_code_is_no_count(make_table, match) -> None:
    """The code of a polling station is no number of its votes, though nobody else is left for it."""
    found = match({"Code du b.vote": ["1", "2", "12"]}, make_table("t", "votes_cast int4"))
    assert placed(found) == set()


@pytest.mark.parametrize("key", ["claim_id int8 serial", "claim_id int8 always"])
def test_a_key_that_the_server_counts_up_takes_no_leftovers(make_table, match, key) -> None:
    """The code of a branch is no number of a claim because nothing else is left for either."""
    found = match({"BranchCode": ["001", "002", "029"]}, make_table("t", key, "city text"))
    assert placed(found) == set()


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("Web", "linkedin_url text", ["https://a.example", "https://b.example", "https://c.example"]),
        ("Landing Page", "page_title text", ["/spring-sale", "/contact", "/"]),
    ],
)
def test_addresses_alone_make_no_pair(make_table, match, source, target, values) -> None:
    """Two addresses may be of two things, and a path is no title."""
    assert not placed(match({source: values}, make_table("t", target)))
