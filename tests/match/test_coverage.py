"""Whether a matching covers its table."""

from __future__ import annotations

from dataclasses import replace

from heal_cli.match import coverage, left_to_triggers
from heal_cli.model import Trigger


def test_a_table_whose_required_columns_are_placed_is_covered(make_table, match) -> None:
    """Columns that may be null do not matter."""
    table = make_table("t", "id int8 key", "note text")
    assert coverage(match({"id": ["1"]}, table), table) is None


def test_a_required_column_left_open_names_its_nearest_candidate(make_table, match) -> None:
    """The reason, the nearest source column, and the flag that takes it."""
    table = make_table("t", "id int8", "quantity int4 required")
    assert coverage(match({"id": ["1", "2"], "qty": ["one", "two"]}, table), table) == (
        "Column 'quantity' of public.t is NOT NULL and nothing in the source matches it; "
        "nearest by name is 'qty'; accept it with --map qty=quantity"
    )


def test_a_tie_for_a_required_column_is_shown(make_table, match) -> None:
    """Both rivals are named."""
    table = make_table("t", "id int8", "amount numeric(10,2) required")
    matching = match({"id": ["1", "2"], "amt": ["1", "2"], "betrag": ["3", "4"]}, table)
    assert coverage(matching, table) == (
        "Column 'amount' of public.t is NOT NULL and nothing in the source matches it; "
        "nearest is 'amt' (0.95), but 'betrag' as 'amount' is as likely (0.95, margin 0.00 is under 0.10); "
        "accept it with --map amt=amount"
    )


def test_a_refused_default_is_shown(make_table, match) -> None:
    """It says which confidence would take it."""
    table = make_table("t", "id int8", "status text required")
    assert coverage(match({"id": ["1"]}, table), table) == (
        "Column 'status' of public.t is NOT NULL and nothing in the source matches it; "
        "nearest is the default 'active' (0.60), but confidence 0.60 is under 0.70; "
        "accept it with --min-confidence 0.60"
    )


def test_no_column_placed_is_not_covered(make_table, match) -> None:
    """Defaults alone are no load."""
    table = make_table("t", "a text", "created_at timestamptz required")
    assert coverage(match({"zzz": ["1"]}, table), table) == "No source column matches a column of public.t"


def test_few_likely_columns_are_not_covered(make_table, match) -> None:
    """One of three by likeness, no key, no equal name."""
    table = make_table("t", "quantity int4", "b text")
    matching = match({"qty": ["1"], "x1": ["p"], "x2": ["q"]}, table)
    assert coverage(matching, table) == (
        "Only 1 of 3 source columns match a column of public.t, none by its name and none of them a key"
    )


def test_few_columns_with_a_key_or_an_equal_name_are_covered(make_table, match) -> None:
    """One of three is enough when it is sure."""
    keyed = make_table("t", "quantity int4 key", "b text")
    named = make_table("t", "qty int4", "b text")
    sample = {"qty": ["1"], "x1": ["p"], "x2": ["q"]}
    assert coverage(match(sample, keyed), keyed) is None
    assert coverage(match(sample, named), named) is None


def test_a_required_column_that_is_locked_says_so(make_table, match) -> None:
    """The role's rights are the reason, not the source."""
    table = make_table("t", "id int8", "owner text required locked")
    assert coverage(match({"id": ["1"], "owner": ["a"]}, table), table) == (
        "Column 'owner' of public.t is NOT NULL and may not be written by this role"
    )


def test_a_name_with_blanks_is_quoted_for_the_shell(make_table, match) -> None:
    """The flag can be typed as it stands."""
    table = make_table("t", "id int8", "ticket_key text required")
    reason = coverage(match({"id": ["1"], "Picket key": ["A"]}, table), table)
    assert reason is not None
    assert reason.endswith("; accept it with --map 'Picket key=ticket_key'")


def test_a_trigger_may_fill_a_required_column(make_table, match) -> None:
    """With a row trigger before the write a missing column is no gap; it is said what is missing if none fills it."""
    table = make_table("t", "id int8", "stamp text required")
    matching = match({"id": ["1"]}, table)
    filled = replace(table, triggers=(Trigger("fill", "before", row=True, on_insert=True),))
    assert coverage(matching, filled) is None
    assert left_to_triggers(matching, filled) == coverage(matching, table)
    assert left_to_triggers(matching, table) is None
