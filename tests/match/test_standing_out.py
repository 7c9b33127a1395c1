"""What is a little less likely than wanted is taken where nothing else is near, and rivals count by what taking them would cost."""

from __future__ import annotations

import pytest

NUMBERS = ["12.5", "7.25", "31.0"]
TEXTS = ["Tall oak", "Small elm", "Old ash"]
CODES = ["nc75120001", "us7000p001", "ci40112207"]


def placed(found) -> dict[str | None, str]:
    """Source -> target."""
    return {match.winner.source: match.target for match in found.matches}


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("num_reviews", "review_count int4", ["4", "0", "11"]),
        ("spotify_track_uri", "track_uri text", ["spotify:track:1", "spotify:track:2", "spotify:track:3"]),
        ("rate", "hourly_rate numeric", NUMBERS),
        ("error_severity", "severity text", ["ERROR", "LOG", "PANIC"]),
        ("engagement_time_msec", "engagement_ms int8", ["5210", "14022", "88"]),
        ("Meta Description 1", "meta_description text", TEXTS),
    ],
)
def test_a_likely_pair_that_nothing_else_is_near_to_is_taken(make_table, match, source, target, values):
    """A likeness a little under the threshold is enough where both ends have nobody else."""
    found = match({source: values}, make_table("t", target))
    assert placed(found) == {source: target.split()[0]}


@pytest.mark.parametrize(
    ("sources", "targets"),
    [
        ({"place": TEXTS, "site": TEXTS}, ["location_text text"]),
        ({"user_pseudo_id": TEXTS}, ["user_id text"]),
        ({"No. of Sales": ["4", "5", "6"]}, ["sale_id int4"]),
        ({"driver_rating": NUMBERS}, ["driver numeric"]),
        ({"buyer_text": TEXTS}, ["seller_text text"]),
        ({"place": NUMBERS}, ["location_text date"]),
        ({"data_size": ["4", "5", "6"]}, ["size_bytes int8"]),
        ({"Weight (lb)": NUMBERS}, ["weight_kg numeric"]),
        ({"error_severity": TEXTS, "network_severity": TEXTS}, ["severity text"]),
        ({"manager_phone": TEXTS}, ["phone text"]),
        ({"Ship-to ZIP": ["2025-01-05", "2025-01-06", "2025-01-07"]}, ["shipped_on date"]),
        ({"Meta Description 1": TEXTS, "Meta Description 2": TEXTS}, ["meta_description text"]),
    ],
)
def test_one_that_has_a_rival_or_is_another_thing_stays_a_question(make_table, match, sources, targets):
    """Two that are as near, another head, an opposite, values that do not fit, another unit: nothing is taken."""
    assert placed(match(sources, make_table("t", *targets))) == {}


def test_a_rival_that_would_leave_both_worse_off_is_none(make_table, match) -> None:
    """`user` may be an author's name or id: where `user_name` is there, only one way fits both."""
    sources = {
        "user": ["U02AB9K1Q", "U07ZZ1M4P", "U02AB9K1Q"],
        "user_name": ["Mira Holt", "Owen Pratt", "Mira Holt"],
    }
    table = make_table("messages", "author_id varchar(12)", "author_name text", "body text")
    assert placed(match({**sources, "text": TEXTS}, table)) == {
        "user": "author_id",
        "user_name": "author_name",
        "text": "body",
    }


def test_two_ways_that_are_as_good_stay_a_question(make_table, match) -> None:
    """Where each of two sources could have either column, nobody knows which."""
    dates = ["2026-01-05", "2026-01-09", "2026-02-11"]
    found = match({"c1": dates, "c2": dates}, make_table("t", "opened_on date", "signed_on date"))
    assert placed(found) == {}


def test_a_key_that_counts_itself_up_gives_way(make_table, match) -> None:
    """The broker's number goes to the broker's number, not to the key that the server counts."""
    table = make_table(
        "trades", "trade_id int8 serial key", "broker_order_id text required", "quantity numeric"
    )
    found = match({"OrderID": ["88120041", "88120042", "88120057"], "Qty": NUMBERS}, table)
    assert placed(found) == {"OrderID": "broker_order_id", "Qty": "quantity"}


def test_codes_are_no_keys_that_count_themselves_up(make_table, match) -> None:
    """An equal name is not enough where not one row could be loaded: the codes have another column."""
    table = make_table("quakes", "id int8 serial key", "usgs_id varchar(16) required", "magnitude numeric")
    assert placed(match({"id": CODES, "mag": NUMBERS}, table)) == {"id": "usgs_id", "mag": "magnitude"}


def test_numbers_still_go_to_the_key_of_their_name(make_table, match) -> None:
    """A table that is loaded again gets its own keys back."""
    table = make_table("quakes", "id int8 serial key", "usgs_id varchar(16)")
    assert placed(match({"id": ["1", "2", "3"]}, table)) == {"id": "id"}


def test_names_of_people_are_no_telephone_numbers(make_table, match) -> None:
    """A pattern's word for the sender's number does not hold for the sender's name."""
    table = make_table("chat_log", "sender_name text", "sender_phone varchar(20)")
    assert placed(match({"Remitente": ["Lucía Romero", "Andrés Gil", "Marta Soler"]}, table)) == {
        "Remitente": "sender_name"
    }


@pytest.mark.parametrize(
    ("source", "target", "values"),
    [
        ("Hora", "sent_time time", ["21:03:10", "21:07:55", "22:15:00"]),
        ("Data", "report_date date", ["15/01/2026", "16/01/2026", "17/01/2026"]),
        ("c4", "phone text", ["(312) 555-0110", "(312) 555-0192", "(708) 555-0143"]),
    ],
)
def test_a_name_that_says_nothing_leaves_it_to_the_values(make_table, match, source, target, values) -> None:
    """Words that mean a time in one language and another thing in the next, and no word at all."""
    found = match({source: values}, make_table("t", target, "note text"))
    assert placed(found) == {source: target.split()[0]}


def test_of_two_days_the_one_that_everybody_has_is_meant(make_table, match) -> None:
    """A column of dates without a name is when people were born, not when they died."""
    table = make_table("patients", "birth_date date", "deceased_on date", "email text")
    found = match({"f_03": ["1954-08-30", "1967-01-12", "1990-11-02"]}, table)
    assert placed(found) == {"f_03": "birth_date"}


def test_a_rival_whose_values_do_not_fit_is_none(make_table, match) -> None:
    """`Meldung` may be what was logged or when: texts are no times."""
    table = make_table("machine_log", "logged_at timestamptz", "message text")
    sources = {"Meldung": TEXTS, "Zeitpunkt": ["2025-01-05 10:00", "2025-01-06 10:00", "2025-01-07 10:00"]}
    assert placed(match(sources, table)) == {"Meldung": "message", "Zeitpunkt": "logged_at"}


def test_words_are_no_addresses_of_machines(make_table, match) -> None:
    """An address travels as text, and still not every text is one."""
    sources = {
        "Quelle": ["Security-Auditing", "Kernel", "Kernel"],
        "Quell-IP": ["10.20.4.117", "10.20.4.9", "::1"],
    }
    found = placed(match(sources, make_table("events", "event_source text", "source_ip inet")))
    assert found.get("Quelle") != "source_ip"


def test_names_that_say_the_same_outdo_what_tables_usually_call_so(make_table, match) -> None:
    """A barcode may number articles, but where the table has one for barcodes, it goes there."""
    sources = {
        "prod_cd": ["4410-01", "4410-02", "4410-07"],
        "ean": ["4006381333931", "4006381333948", "4006381333955"],
    }
    found = placed(match(sources, make_table("product", "gtin varchar(14)", "sku varchar(20)")))
    assert found == {"ean": "gtin", "prod_cd": "sku"}


def test_when_it_happened_is_nearer_than_when_it_was_noted(make_table, match) -> None:
    """`Zeitpunkt` is when it was sent rather than when somebody received it, where the table has both."""
    times = ["2025-01-05 10:00", "2025-01-06 10:00", "2025-01-07 10:00"]
    found = placed(
        match({"Timestamp": times}, make_table("t", "measured_at timestamptz", "ingested_at timestamptz"))
    )
    assert found == {"Timestamp": "measured_at"}
