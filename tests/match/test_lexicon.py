"""Words of six languages whose other meaning would put money, days, keys and names into a wrong column."""

from __future__ import annotations

import pytest

NUMBERS = ["12.50", "99.00", "7.25"]
DAYS = ["2025-01-05", "2025-02-17", "2025-03-09"]
TEXTS = ["blue one", "green thing", "old stuff"]
CODES = ["K-1001", "K-1002", "K-1003"]


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("Unit Cost", "price numeric(10,2)", NUMBERS),
        ("Koers", "heading numeric", NUMBERS),
        ("Guthaben", "prepaid numeric(10,2)", NUMBERS),
        ("Solde", "settlement_amount numeric(10,2)", NUMBERS),
        ("Importe vencido", "won_amount numeric(10,2)", NUMBERS),
        ("Zunahme", "salary_increase numeric(10,2)", NUMBERS),
        ("Cost Basis", "subtotal numeric(10,2)", NUMBERS),
        ("Compensación", "clearing numeric(10,2)", NUMBERS),
        ("Resistance", "dose numeric", NUMBERS),
        ("Capture Amount", "catch_amount numeric(10,2)", NUMBERS),
        ("Fecha de expedición", "shipped_on date", DAYS),
        ("Fälligkeitsdatum", "end_date date", DAYS),
        ("Date départ", "check_out date", DAYS),
        ("Collected", "settled_on date", DAYS),
        ("Suivi", "tracking_number text", CODES),
        ("Identifiant", "username text", CODES),
        ("Nombre", "first_name text", ["Ana Cruz", "Bo Ek", "Rui Moyo"]),
        ("Embarcador", "carrier text", TEXTS),
        ("País", "guardian text", TEXTS),
        ("Terreno", "country text", TEXTS),
        ("Trámite", "street text", TEXTS),
        ("Kamera", "room text", TEXTS),
        ("Mitteilung", "notice text", TEXTS),
        ("Parole", "word_count int4", ["3", "12", "7"]),
        ("Ship To", "ship_method text", TEXTS),
        ("Part", "segment text", TEXTS),
    ],
)
def test_a_word_that_means_something_else_there_is_left_open(
    make_table, match, source, target, values
) -> None:
    """A question is better than what one language calls so and another one does not."""
    assert not match({source: values}, make_table("t", target)).matches


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("Ship To City", "shipping_city text"),
        ("Bill-to Name", "billing_name text"),
        ("ship_to_state", "shipping_state text"),
    ],
)
def test_whom_it_is_shipped_and_billed_to_has_an_address(make_table, match, source, target) -> None:
    """`ship to` stands in front of the parts of an address, and alone for none of them."""
    found = match({source: TEXTS}, make_table("t", target))
    assert [(m.winner.source, m.target) for m in found.matches] == [(source, target.split()[0])]


@pytest.mark.parametrize("target", ["invoice text", "insurance varchar(20)"])
def test_yes_and_no_are_no_text(make_table, match, target) -> None:
    """`Invoice Y/N` says whether there is one."""
    source = f"{target.split()[0].title()} Y/N"
    assert not match({source: ["Y", "N", "N"]}, make_table("t", target)).matches
    kept = match({source: ["Y", "N", "N"]}, make_table("t", target.split()[0] + " char(1)"))
    assert [m.winner.source for m in kept.matches] == [source]


def test_a_length_is_no_longitude(make_table, match) -> None:
    """`Länge` is both; no place on earth lies at 1200 degrees."""
    table = make_table("t", "longitude numeric", "latitude numeric")
    assert not match({"Länge": ["1200", "800", "350"], "Breite": ["400", "300", "250"]}, table).matches
    found = match({"Länge": ["13.4", "2.35", "-9.1"], "Breite": ["52.5", "48.8", "38.7"]}, table).matches
    assert {m.winner.source: m.target for m in found} == {"Länge": "longitude", "Breite": "latitude"}


def test_days_are_times_as_well(make_table, match) -> None:
    """Of two nameless days, either may be the one that the table keeps as a time."""
    table = make_table("t", "start_date date", "end_date date", "created_at timestamptz")
    assert not match({"f1": ["2024-01-05", "2024-02-17", "2024-03-09"], "f2": DAYS}, table).matches


def test_a_day_alone_is_neither_when_it_was_received_nor_when_it_was_paid(make_table, match) -> None:
    """Both come after something that the table does not tell of."""
    times = ["2025-01-05 10:00", "2025-01-06 10:00", "2025-01-07 10:00"]
    assert not match(
        {"Date": times}, make_table("t", "received_at timestamptz", "paid_at timestamptz")
    ).matches


def test_securities_have_no_vat_numbers(make_table, match) -> None:
    """An ISIN begins with a country, too."""
    values = ["DE0001102580", "FR0013154002", "IT0005090318"]
    assert not match({"f1": values}, make_table("t", "tax_id text", "note text")).matches
