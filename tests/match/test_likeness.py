"""Two names are alike when every word that says something has its partner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.match.carried import CARRIED, COMPLETED
from heal_cli.match.likeness import UNEXPLAINED, Context, context, similarity
from heal_cli.match.names import parse

NAMES = st.text(alphabet="abcdeiostuy_ -.éßØ019AZ", max_size=24)


def alike(a: str, b: str, table: str = "t") -> float:
    """Likeness of two names that stand alone in source and table."""
    one, other = parse(a), parse(b)
    return similarity(one, other, context([one], [other], table)).score


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("cust_nm", "customer_name"),
        ("customername", "cust_name"),
        ("dob", "date_of_birth"),
        ("zipCode", "postal_code"),
        ("created", "created_at"),
        ("last_modified", "updated_at"),
        ("recieved_at", "received_at"),
        ("adress", "address"),
        ("Vorname", "first_name"),
        ("tags", "tag"),
        ("timestamp", "datetime"),
        ("paid_amount", "amount_paid"),
        ("idVisit", "visit_id"),
        ("errorMessage", "err_msg"),
        ("seconds_to_resolve", "resolve_secs"),
        ("Minutes Asleep", "asleep_min"),
        ("minimumDepthInMeters", "depth_min_m"),
        ("NetWeightKg", "net_kg"),
        ("deceasedBoolean", "deceased_flg"),
        ("Blocked By (Dependencies)", "blocked_by"),
        ("tags", "tag_list"),
        ("Best Pace", "pace_best"),
        ("Unique Opens", "opens_unique"),
        ("Hb (g/dL)", "hemoglobin_g_dl"),
        ("Lieferung PLZ", "ship_zip"),
        ("Vertragsende", "contract_end"),
    ],
)
def test_names_that_say_the_same_are_alike(a: str, b: str) -> None:
    """Abbreviations, synonyms, phrases, plurals and slips of the pen are seen through."""
    assert alike(a, b) >= 0.8


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("email_consent", "email"),
        ("amount", "amount_tax"),
        ("total_order_net_amount", "total_order_net_amount_tax"),
        ("id", "user_id"),
        ("name", "first_name"),
        ("billing_zip", "shipping_zip"),
        ("county", "country"),
        ("sender", "gender"),
        ("lat", "lng"),
        ("phone", "phone2"),
        ("address1", "address_line_2"),
        ("created_at", "created_by"),
        ("order_date", "order_time"),
        ("is_deleted", "deleted_at"),
        ("subtotal", "total"),
        ("gross_weight", "weight"),
        ("GrossWeightKg", "net_kg"),
        ("Weight (gross)", "net_weight"),
        ("amount", "amount_eur"),
        ("valid_to", "valid_days"),
        ("billed_amount", "paid_amount"),
        ("requested_date", "confirmed_date"),
        ("field_name", "name"),
        ("team_a", "team"),
        ("", "name"),
        ("--", "__"),
    ],
)
def test_one_word_more_or_another_word_is_another_thing(a: str, b: str) -> None:
    """However many letters agree, a word without a partner keeps names apart."""
    assert alike(a, b) <= UNEXPLAINED


def test_the_tables_own_name_says_little() -> None:
    """`order_total` in `orders` is the total; elsewhere it is not."""
    assert alike("order_status", "status", "orders") > 0.8
    assert alike("order_status", "status", "parcels") <= UNEXPLAINED


def test_words_that_all_columns_start_with_say_little() -> None:
    """A file whose columns all start with `crm_main_` is read without that."""
    sources = [parse(f"crm_main_{name}") for name in ("city", "size", "owner")]
    target = parse("city")
    assert similarity(sources[0], target, context(sources, [target], "t")).score > 0.8


def test_a_word_that_both_sides_write_is_no_misspelling() -> None:
    """`tensor` beside a column `tensor` is no slip for `tenser`."""
    one, other = parse("tenser"), parse("tensor")
    assert similarity(one, other, Context()).score > 0.8
    assert similarity(one, other, Context(taken=frozenset({"tenser"}))).score == 0


@pytest.mark.parametrize(("source", "target"), [("A", "0A"), ("address", "address 2"), ("0A", "A")])
def test_a_figure_or_a_letter_carries_nothing(source: str, target: str) -> None:
    """`address 2` is no longer form of `address`, and one letter says nothing."""
    assert alike(source, target) <= UNEXPLAINED


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("brnd", "brand"),
        ("e-Mail", "email"),
        ("WSpd", "wind_speed"),
        ("visitorUid", "visitor_id"),
        ("Pause (Min.)", "break_minutes"),
        ("Fecha de emisión", "issued_date"),
        ("Date de création", "created_at"),
    ],
)
def test_headers_of_exports_are_understood(source: str, target: str) -> None:
    """Short, foreign and joined words are the words they stand for."""
    assert alike(source, target) >= 0.8


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("prod_id", "producer_id"),
        ("emp_id", "employer_id"),
        ("cust_id", "custodian_id"),
        ("crt_dt", "court_date"),
        ("inv_dt", "invited_at"),
        ("ord_no", "ordinal_number"),
        ("last", "last_name"),
        ("ship name", "shipment_name"),
    ],
)
def test_a_short_word_is_not_taken_for_its_neighbour(source: str, target: str) -> None:
    """A short word that is known stands for its own long one."""
    assert alike(source, target) <= UNEXPLAINED


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("hours", "hours_worked", COMPLETED),
        ("Net", "net_pay", COMPLETED),
        ("speed", "speed_limit", UNEXPLAINED),
        ("net", "net_weight", UNEXPLAINED),
        ("claim", "claim_amount_paid", UNEXPLAINED),
        ("amount", "tax_amount", UNEXPLAINED),
        ("hours", "hours_planned", UNEXPLAINED),
    ],
)
def test_a_target_may_say_in_full_what_the_source_says_in_short(source, target, expected) -> None:
    """Only a participle or nothing stands behind, and what it says is no opposite of anything."""
    assert alike(source, target) == expected or alike(source, target) <= UNEXPLAINED == expected


@given(NAMES, NAMES)
def test_likeness_is_bounded_and_symmetric_but_for_a_carried_word(a: str, b: str) -> None:
    """Which side a name stands on matters only where the longer one narrows the other by a word in front."""
    one, other = parse(a), parse(b)
    around = context([one], [other], "t")
    score, turned = similarity(one, other, around).score, similarity(other, one, around).score
    assert score == pytest.approx(turned) or {CARRIED, COMPLETED} & {score, turned}
    assert 0 <= score <= 1


def test_a_frequent_prefix_of_the_source_says_little() -> None:
    """Most columns begin with a word that the table never says: it tells none of them apart."""
    sources = [parse(name) for name in ("EdgeHost", "EdgeColo", "EdgeStatus", "RayID")]
    target = parse("host")
    alone = similarity(sources[0], target, context(sources[:1], [target], "t")).score
    among = similarity(sources[0], target, context(sources, [target], "t")).score
    assert alone <= UNEXPLAINED < among


def test_an_amount_behind_money_says_no_more() -> None:
    """`credit` is `credit_amount`, `payment` need not be `payment_amount`."""
    assert alike("credit", "credit_amount") > UNEXPLAINED
