"""Names are read the way people write them: run together, by initials, in other languages, with other words."""

from __future__ import annotations

import pytest

from heal_cli.match.cognates import cognate
from heal_cli.match.likeness import UNEXPLAINED, context, similarity
from heal_cli.match.names import parse
from heal_cli.match.persons import half_meant, read_halves
from heal_cli.match.wordforms import base_form, parts


def alike(a: str, b: str) -> float:
    """Likeness of two names that stand alone in source and table."""
    one, other = parse(a), parse(b)
    return similarity(one, other, context([one], [other], "t")).score


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("custname", "customer_name"),
        ("orderqty", "order_quantity"),
        ("lastseen", "last_seen_at"),
        ("Mietbeginn", "lease_start"),
        ("Lieferantenbestellnummer", "supplier_order_number"),
        ("qoh", "quantity_on_hand"),
        ("aov", "average_order_value"),
        ("po_no", "purchase_order_number"),
        ("mid", "match_id"),
        ("Approver", "approved_by"),
        ("frecuencia", "frequency"),
        ("late_fee", "late_charge"),
        ("Head Count", "headcount"),
        ("No. of Guests", "guest_count"),
    ],
)
def test_names_are_read_in_more_ways_than_one(a: str, b: str) -> None:
    """Words run together, initials, agents, cognates and words of like meaning are seen through."""
    assert alike(a, b) > 0.7


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("start_date", "end_date"),
        ("billing_zip", "shipping_zip"),
        ("from_date", "to_date"),
        ("debit_amount", "credit_amount"),
        ("min_temp", "max_temp"),
        ("gross_pay", "net_pay"),
        ("created_by", "updated_by"),
        ("exp_date", "expected_date"),
        ("prod_id", "producer_id"),
        ("cont_id", "container_id"),
        ("price_per_unit", "unit_count"),
        ("No. of Guests", "guest_id"),
        ("buyer", "buyer_approved_by"),
    ],
)
def test_opposites_and_neighbours_stay_apart_in_any_reading(a: str, b: str) -> None:
    """No other way to read a name makes one thing of two."""
    assert alike(a, b) <= UNEXPLAINED


@pytest.mark.parametrize(
    ("names", "half"),
    [
        (("Nombre", "Apellidos"), "first name"),
        (("NOM", "Prénom"), "last name"),
        (("Name", "Vorname", "Nachname"), ""),
        (("name", "city"), ""),
    ],
)
def test_name_is_the_other_half_of_a_persons_name(names: tuple[str, ...], half: str) -> None:
    """Beside one half, `name` means the other; beside both or none it is a name."""
    assert half_meant([parse(name) for name in names]) == half


@pytest.mark.parametrize(
    ("name", "beside", "meant"),
    [
        ("candidate_first", "candidate_last", "candidate first name"),
        ("Last", "First", "last name"),
        ("last", "price", "last"),
        ("Name", "Vorname", "last name"),
    ],
)
def test_halves_of_a_persons_name_are_read_as_such(name: str, beside: str, meant: str) -> None:
    """`first` and `last` are names where they stand in two columns of the same words, and only there."""
    read = read_halves({name: parse(name), beside: parse(beside)})
    assert read[name].meaning_key == parse(meant).meaning_key


@pytest.mark.parametrize("word", ["customer", "category", "weekend", "therapist", "a", ""])
def test_one_word_is_not_cut_in_two(word: str) -> None:
    """Known words stay whole, and so do unknown ones that are not known words all through."""
    assert parts(word) == () or "".join(parts(word)) == word


def test_other_forms_of_a_word_are_that_word() -> None:
    """Endings of German and the Romance languages, and umlauts written out."""
    assert [base_form(word) for word in ("letztes", "cerrada", "gebuehren")] == [
        "letzte",
        "cerrado",
        "gebuehr",
    ]


def test_cognates_share_their_root() -> None:
    """Five spellings of one word; neighbours of it are others."""
    spellings = ("frequency", "Frequenz".lower(), "frequenza", "frequencia", "frequence")
    assert len({cognate(word) for word in spellings}) == 1
    assert cognate("contact") != cognate("contract")
