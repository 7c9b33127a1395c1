"""Whose name and address it is says nothing where both sides know only one."""

from __future__ import annotations

import pytest

from heal_cli.match.names import parse
from heal_cli.match.party import without_party


def bare(names: tuple[str, ...], others: tuple[str, ...]) -> dict[str, str]:
    """Raw names without the word that says whose they are."""
    found = without_party(map(parse, names), map(parse, others))
    return {raw: " ".join(name.plain) for raw, name in found.items()}


def test_the_only_party_needs_no_word() -> None:
    """A form knows one sender, a parcel one place that it goes to; words of several letters go as one."""
    assert bare(("sender_name", "sender_email", "sent_at"), ("Nom complet", "E-Mail", "Reçu le")) == {
        "sender_name": "name",
        "sender_email": "email",
    }
    assert bare(("customer_name", "delivery_street", "delivery_city"), ("Straat", "Plaats", "Totaal")) == {
        "delivery_street": "street",
        "delivery_city": "city",
    }


@pytest.mark.parametrize(
    ("names", "others"),
    [
        (("billing_city", "billing_zip", "shipping_city", "shipping_zip"), ("City", "ZIP")),
        (("sender_email", "sender_phone", "email"), ("E-Mail", "Phone")),
        (("sender_email", "sender_phone"), ("E-Mail", "Phone", "Work Phone", "Home E-Mail")),
        (("sender_email", "sender_phone"), ("E-Mail", "Phone", "Telefon", "Mail")),
        (("sender_email", "amount"), ("E-Mail", "Betrag")),
        (("sender_id", "sender_type"), ("ID", "Type")),
        (("previous_street", "previous_city"), ("Street", "City")),
    ],
)
def test_two_parties_one_facet_and_other_words_keep_it(names, others) -> None:
    """Where either side has a facet twice, has only one, or it is no facet of a person, the word stays."""
    assert bare(names, others) == {}


def test_columns_of_the_only_party_match(make_table, match) -> None:
    """The delivery address of a table takes the only address of a file."""
    sources = {
        "Straat": ["Kerkweg", "Dorpsplein", "Laan 4"],
        "Plaats": ["Utrecht", "Delft", "Breda"],
        "Postcode": ["3511 AB", "2611 CD", "4811 EF"],
    }
    table = make_table(
        "orders", "delivery_street text", "delivery_city text", "delivery_postcode text", "paid_on date"
    )
    found = {m.winner.source: m.target for m in match(sources, table).matches}
    assert found == {"Straat": "delivery_street", "Plaats": "delivery_city", "Postcode": "delivery_postcode"}
