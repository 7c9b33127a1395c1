"""Columns without names: what their values look like alone, and what two of them say together."""

from __future__ import annotations

import pytest

EARLY = ["2025-01-05", "2025-02-11", "2025-05-20"]
LATE = ["2026-01-04", "2026-02-10", "2025-06-19"]


def placed(found) -> dict[str | None, str]:
    """Source -> target."""
    return {match.winner.source: match.target for match in found.matches}


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("full_name text", ["Priscilla Monroe", "Gerald Kim", "Ana de la Cruz"]),
        ("author_name text", ["Mira Holt", "Owen O'Neill", "Zoë B. Meyer"]),
        ("phone text", ["(312) 555-0110", "+49 30 1234567", "0171 2345678"]),
        ("zip_code varchar(10)", ["60614-1203", "SW1A 1AA", "3511 AB"]),
        ("time_zone text", ["Europe/Berlin", "America/New_York", "Asia/Tokyo"]),
        ("user_agent text", ["Mozilla/5.0 (X11)", "curl/8.5.0", "Mozilla/5.0 (Mac)"]),
        ("http_method text", ["GET", "POST", "GET"]),
        ("locale text", ["de-DE", "en-US", "fr-FR"]),
        ("page_path text", ["/", "/pricing", "/docs/a?b=1"]),
        ("tz_name text", ["Australia/Adelaide", "Pacific/Auckland", "Asia/Tokyo"]),
        ("landing_url text", ["https://a.example/", "https://a.example/b", "https://a.example/c"]),
        ("vat_number varchar(14)", ["DE136695976", "FR40303265045", "ATU12345678"]),
        ("screen_resolution text", ["390x844", "1920x1080", "2560x1440"]),
        ("http_status int2", ["200", "201", "404"]),
        ("bic text", ["INGDDEFFXXX", "COBADEFF", "SSKMDEMMXXX"]),
        ("description text", ["Sturdy camping mug, blue", "Folds flat once more", "Twelve hours of light"]),
    ],
)
def test_values_tell_what_a_column_without_a_name_holds(make_table, match, target, values) -> None:
    """Each has a look of its own, and nothing else in the table has it."""
    found = match({"col3": values, "col4": ["7", "81", "4"]}, make_table("t", target, "amount_due numeric"))
    assert placed(found) == {"col3": target.split()[0]}


@pytest.mark.parametrize(
    ("target", "values"),
    [
        ("product_name text", ["Blue Mug", "Red Mug", "Solar Lantern"]),
        ("full_name text", ["Priscilla Monroe", "Kim & Sons", "Ana Cruz"]),
        ("phone text", ["2025-01-05", "2025-01-06", "2025-01-07"]),
        ("phone text", ["88120041", "88120042", "88120057"]),
        ("zip_code text", ["60614", "60657", "10115"]),
        ("phone_type text", ["+49 30 1234567", "+49 30 1234568", "+49 30 1234569"]),
        ("app_version text", ["10.0.0.1", "10.0.0.2", "192.168.0.3"]),
        ("bic text", ["PRODUCTS", "SERVICES", "MATERIAL"]),
        ("description text", ["Blue Mug Large", "Red Mug Small", "Lantern Pro Max"]),
        ("description text", ["mug", "lantern", "tent"]),
        ("page_path text", ["pricing", "/docs", "/"]),
        ("http_status int2", ["200", "201", "640"]),
        ("http_status int2", ["201", "202", "203"]),
        ("http_status int2", ["7", "81", "4"]),
        ("price numeric(10,2)", ["119.90", "49.50", "7.00"]),
        ("weight numeric(10,2)", ["119.90", "49.50", "7.00"]),
        ("vat_number text", ["DE75512108001245126199", "ES9121000418450200051332", "NL91ABNA0417164300"]),
    ],
)
def test_values_of_another_look_are_left_open(make_table, match, target, values) -> None:
    """What only nearly looks like it, or is no person's name, may be anything."""
    assert placed(match({"col3": values}, make_table("t", target))) == {}


def test_two_columns_of_one_look_are_a_question(make_table, match) -> None:
    """Nobody knows which of two people wrote it."""
    people = {"c1": ["Mira Holt", "Owen Pratt", "Lea Moss"], "c2": ["Ana Cruz", "Raj Patel", "Kim Lee"]}
    assert placed(match(people, make_table("t", "author_name text"))) == {}


@pytest.mark.parametrize("swapped", [False, True])
def test_what_begins_is_never_later_than_what_ends(make_table, match, swapped) -> None:
    """Of the only two times on both sides, the earlier one is the beginning, in whatever order they stand."""
    sources = {"c1": LATE, "c2": EARLY} if swapped else {"c1": EARLY, "c2": LATE}
    found = match(sources, make_table("subscriptions", "ended_on date", "started_on date"))
    early, late = ("c2", "c1") if swapped else ("c1", "c2")
    assert placed(found) == {early: "started_on", late: "ended_on"}


@pytest.mark.parametrize(
    ("sources", "targets"),
    [
        ({"c1": EARLY, "c2": [LATE[0], EARLY[0], LATE[2]]}, ("started_on date", "ended_on date")),
        ({"c1": EARLY, "c2": LATE}, ("sampled_on date", "stored_on date")),
        (
            {"c1": [f"{day} 10:00:00" for day in EARLY], "c2": EARLY},
            ("started_at timestamp", "ended_at timestamp"),
        ),
        ({"c1": EARLY, "c2": LATE, "c3": LATE}, ("started_on date", "ended_on date")),
        ({"c1": EARLY, "c2": LATE}, ("started_on date", "ended_on date", "paid_on date")),
    ],
)
def test_times_in_no_order_or_of_more_than_two_stay_open(make_table, match, sources, targets) -> None:
    """One row the other way round, names that tell no order, a third time on either side."""
    assert placed(match(sources, make_table("t", *targets))) == {}


def test_the_degrees_that_pass_ninety_are_no_latitude(make_table, match) -> None:
    """Of two columns of degrees only one can be a latitude, and where neither passes 90 nobody knows."""
    table = make_table("places", "longitude numeric(9,5)", "latitude numeric(9,5)")
    far = {"c1": ["-122.41940", "151.20930", "13.40500"], "c2": ["37.77490", "-33.86880", "52.52000"]}
    near = {"c1": ["11.57550", "8.68210", "13.40500"], "c2": ["48.13740", "50.11090", "52.52000"]}
    assert placed(match(far, table)) == {"c1": "longitude", "c2": "latitude"}
    assert placed(match(near, table)) == {}
