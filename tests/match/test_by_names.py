"""Groups of names hold in tables of their trade, and of one whose words source and table speak."""

from __future__ import annotations

import pytest

WORDS = ["abc", "xyz", "uvw"]
CODES = ["A-7", "B-8", "C-9"]


def placed(found) -> dict[str, str]:
    """Source -> target."""
    return {match.winner.source: match.target for match in found.matches if match.winner.source}


def test_a_trade_is_known_by_its_words_whatever_the_table_is_called(make_table, match) -> None:
    """Four things that a bank's statement and a table name differently make the table one of a bank."""
    table = make_table("t", "narrative text", "related_party text", "mandate_id text", "end_to_end_id text")
    sample = {
        "verwendungszweck": WORDS,
        "name_zahlungsbeteiligter": ["Ann", "Ben", "Cem"],
        "mandatsreferenz": CODES,
        "kundenreferenz": ["K1", "K2", "K3"],
    }
    assert placed(match(sample, table)) == {
        "verwendungszweck": "narrative",
        "name_zahlungsbeteiligter": "related_party",
        "mandatsreferenz": "mandate_id",
        "kundenreferenz": "end_to_end_id",
    }


def test_a_format_is_known_by_its_fields_whatever_the_table_is_called(make_table, match) -> None:
    """Four fields of the measurement protocol say what the other two letters are; three of them do not."""
    table = make_table("t", "page_url text", "language text", "screen_resolution text", "page_title text")
    sample = {
        "dl": ["https://a.com/", "https://a.com/b", "https://a.com/c"],
        "ul": ["de", "en", "fr"],
        "sr": ["8x6", "7x5", "9x7"],
        "dt": ["Home", "Shop", "Cart"],
    }
    expected = {"dl": "page_url", "ul": "language", "sr": "screen_resolution", "dt": "page_title"}
    assert placed(match(sample, table)) == expected
    del sample["dt"]
    assert not placed(match(sample, table)).keys() & {"dl", "ul"}


def test_a_field_is_known_with_its_way_and_its_tag(make_table, match) -> None:
    """What a format calls `code.coding.0.code` is no code, and `MV_LCL` no tag of anybody's system."""
    table = make_table("lab_results", "loinc_code text", "test_name text")
    sample = {
        "code.coding.0.code": ["718-7", "2160-0", "2345-7"],
        "code.coding.0.display": ["Hb", "Crea", "Glu"],
    }
    assert placed(match(sample, table)) == {
        "code.coding.0.code": "loinc_code",
        "code.coding.0.display": "test_name",
    }
    table = make_table("holdings", "market_value_local numeric", "market_value_base numeric")
    sample = {"MV_LCL": ["1000", "2000", "3000"], "MV_BASE": ["1100", "2100", "3100"]}
    assert placed(match(sample, table)) == {"MV_LCL": "market_value_local", "MV_BASE": "market_value_base"}


def test_two_things_of_a_trade_are_too_few(make_table, match) -> None:
    """Names that a trade has for one thing are other things elsewhere."""
    table = make_table("t", "dish text", "waiter text")
    assert not placed(match({"menu_item": WORDS, "cashier": CODES}, table))


@pytest.mark.parametrize("sources", [("dish", "article"), ("article", "dish")])
def test_a_group_that_several_columns_are_in_does_not_choose(make_table, match, sources) -> None:
    """Of two columns that a till may both mean by `menu_item`, neither is taken."""
    found = match(dict(zip(sources, (WORDS, CODES), strict=True)), make_table("pos_checks", "menu_item text"))
    assert not placed(found)


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        ("Pac (W)", "inverter_power", {"Pac (W)": "inverter_power"}),
        ("Pac (W)", "inverter_power_kw", {}),
        ("Pac hours", "inverter_power", {}),
    ],
)
def test_a_unit_behind_a_name_is_left_out(make_table, match, source, target, expected) -> None:
    """Only the target's own or one that is no thing by itself: watts are no kilowatts, and hours no power."""
    numbers = ["2411", "2490", "2080"]
    assert placed(match({source: numbers}, make_table("pv_log", f"{target} numeric"))) == expected
