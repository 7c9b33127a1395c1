"""The only column of its kind goes to the only home for that kind, where file and table belong together."""

from __future__ import annotations

import pytest

KNOWN = {"Vorname": ["Ann", "Bo", "Bo"], "Betrag": ["1.5", "2.5", "2.5"]}
TABLE = ("first_name text", "amount numeric")
DAYS = ["2026-01-05", "2026-01-06", "2026-01-06"]
CODES = ["A-1", "A-2", "A-3"]
MAILS = ["a@x.example", "b@x.example", "c@x.example"]


def placed(found) -> set[tuple[str | None, str]]:
    """Pairs that are found by what the file says, not by its known columns."""
    pairs = {(match.winner.source, match.target) for match in found.matches}
    return {pair for pair in pairs if pair[0] not in KNOWN}


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("Vyzva", "zalozeno date", DAYS),
        ("Kontakt", "carer_email text", MAILS),
        ("Zapis", "pledge_ref text key", CODES),
    ],
)
def test_the_only_one_of_a_kind_goes_home(make_table, match, source, target, values) -> None:
    """A name in no list is no hindrance where nothing else in the file or the table could be meant."""
    found = match({**KNOWN, source: values}, make_table("t", *TABLE, target))
    assert placed(found) == {(source, target.split()[0])}


@pytest.mark.parametrize(
    ("source", "target", "values", "others"),
    [
        ("Vyzva", "zalozeno date", DAYS, {"Konec": DAYS}),
        ("Zzk", "carer_email text", MAILS, {"Zzm": MAILS}),
        ("Zapis", "pledge_ref text key", CODES, {"Klic": ["B1", "B2", "B3"]}),
    ],
)
def test_one_of_two_stays(make_table, match, source, target, values, others) -> None:
    """Which of them is meant, nobody knows."""
    found = match({**KNOWN, source: values, **others}, make_table("t", *TABLE, target))
    assert not placed(found)


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("created", "paid_on date", DAYS),
        ("Expiry", "sighted_on date", DAYS),
        ("vegan", "active bool", ["yes", "no", "no"]),
        ("billing_email", "shipping_email text", MAILS),
        ("Vyzva", "updated_at timestamp", DAYS),
        ("Population", "iso_code text key", ["81", "67", "59"]),
        ("Zapis", "pledge_no int8 key", ["81", "67", "59"]),
        ("Invoice No", "shipment_no text key", CODES),
        ("Snibbed", "is_disputed bool", ["yes", "no", "no"]),
        ("Ztlumit", "is_muffled bool", ["yes", "no", "no"]),
        ("Chipped", "impfung date", DAYS),
        ("Salesperson Contact", "email text", MAILS),
        ("Referrer", "email text", MAILS),
        (
            "Our Account",
            "iban text",
            ["DE89370400440532013000", "GB82WEST12345698765432", "FR1420041010050500013M02606"],
        ),
    ],
)
def test_two_things_stay_two(make_table, match, source, target, values) -> None:
    """Words that are known to say something else are not one for want of others."""
    assert not placed(match({**KNOWN, source: values}, make_table("t", *TABLE, target)))


def test_a_file_of_something_else_stays_out(make_table, match) -> None:
    """A lone date says nothing where hardly a column of the file has a place in the table."""
    table = make_table("t", "sighted_on date", "guest text", "beds int4", "floor text", "rent numeric")
    assert not placed(match({"Vyzva": DAYS, "Plyn": ["x", "y", "z"]}, table))


def test_where_file_and_table_speak_alike_a_strange_name_is_strange(make_table, match) -> None:
    """A file that calls all else as the table does would call this so, too."""
    rows = {"first_name": ["Ann", "Bo", "Bo"], "amount": ["1.5", "2.5", "2.5"], "vegan": ["yes", "no", "no"]}
    found = match(rows, make_table("t", *TABLE, "is_muffled bool"))
    assert "is_muffled" not in {match.target for match in found.matches}
