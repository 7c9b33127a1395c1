"""Numbers from text: one spelling, one value, one name for what was changed."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format, wire_dtype
from heal_cli.model import ColumnFormat, Converted, PgType, ValueOptions

INT2 = PgType(21, "smallint", "int2", "b")
INT4 = PgType(23, "integer", "int4", "b")
INT8 = PgType(20, "bigint", "int8", "b")
NUMERIC = PgType(1700, "numeric", "numeric", "b")
FLOAT4 = PgType(700, "real", "float4", "b")
FLOAT8 = PgType(701, "double precision", "float8", "b")
MONEY = PgType(790, "money", "money", "b")


def _numeric(precision: int, scale: int) -> PgType:
    return PgType(1700, f"numeric({precision},{scale})", "numeric", "b", precision, scale)


def _convert(values: Sequence[str | None], type: PgType, **options: Any) -> Converted:
    told = ValueOptions(**options)
    texts = pl.Series("c", values, dtype=pl.String)
    return convert(texts, type, decide_format(texts, type, told), allow=told.allow)


def _one(value: str, type: PgType, **options: Any) -> tuple[Any, list[str]]:
    """The value that one cell becomes and its heals; its reason and attempts where it failed."""
    made = _convert([value], type, **options)
    if made.failed is not None:
        return made.faults[0].reason, list(made.faults[0].attempts)
    return made.values[0], sorted(heal.rule for heal in made.heals)


@pytest.mark.parametrize(
    ("type", "dtype"),
    [
        (INT2, pl.Int16()),
        (INT4, pl.Int32()),
        (INT8, pl.Int64()),
        (FLOAT4, pl.Float32()),
        (FLOAT8, pl.Float64()),
        (MONEY, pl.String()),
        (NUMERIC, pl.String()),
        (_numeric(10, 4), pl.Decimal(10, 4)),
        (_numeric(38, 0), pl.Decimal(38, 0)),
        (_numeric(39, 2), pl.String()),
        (_numeric(3, -2), pl.String()),
        (_numeric(2, 5), pl.String()),
    ],
)
def test_wire_dtype_holds_every_value(type: PgType, dtype: pl.DataType) -> None:
    """Numbers travel in the narrowest exact dtype, as text where polars has too few digits."""
    assert wire_dtype(type) == dtype


INTEGERS = [
    ("0", 0, []),
    ("-7", -7, []),
    ("+5", 5, []),
    (" 5 ", 5, []),
    ("\t5\n", 5, []),
    ("\u00a05", 5, []),
    ("2147483647", 2147483647, []),
    ("-2147483648", -2147483648, []),
    ("1.0", 1, ["integral_decimal"]),
    ("-1.00", -1, ["integral_decimal"]),
    ("1e3", 1000, ["integral_decimal"]),
    ("1.5E+3", 1500, ["integral_decimal"]),
    ("1000e-3", 1, ["integral_decimal"]),
    ("0012", 12, ["leading_zeros"]),
    ("-0012", -12, ["leading_zeros"]),
    ("+007", 7, ["leading_zeros"]),
    ("1,234", 1234, ["thousands_mark"]),
    ("-1,234,567", -1234567, ["thousands_mark"]),
    ("12,34,567", 1234567, ["thousands_mark"]),
    ("1.234.567", 1234567, ["thousands_mark"]),
    ("1 234 567", 1234567, ["thousands_mark"]),
    ("1\u00a0234", 1234, ["thousands_mark"]),
    ("1\u202f234", 1234, ["thousands_mark"]),
    ("1'234", 1234, ["thousands_mark"]),
    ("1\u2019234", 1234, ["thousands_mark"]),
    ("1_000", 1000, ["thousands_mark"]),
    ("$5", 5, ["currency_sign"]),
    ("$ 5", 5, ["currency_sign"]),
    ("-$5", -5, ["currency_sign"]),
    ("$-5", -5, ["currency_sign"]),
    ("5 €", 5, ["currency_sign"]),
    ("EUR 5", 5, ["currency_sign"]),
    ("5 eur", 5, ["currency_sign"]),
    ("US$5", 5, ["currency_sign"]),
    ("Rs.500", 500, ["currency_sign"]),
    ("12 zł", 12, ["currency_sign"]),
    ("(5)", -5, ["accounting_negative"]),
    ("($1,234)", -1234, ["accounting_negative", "currency_sign", "thousands_mark"]),
    ("$(5)", -5, ["accounting_negative", "currency_sign"]),
    ("5-", -5, ["trailing_minus"]),
    ("5- €", -5, ["currency_sign", "trailing_minus"]),
    ("\u22125", -5, ["unicode_digits"]),
    ("\u2212$5", -5, ["currency_sign", "unicode_digits"]),
    ("\u0663\u0664", 34, ["unicode_digits"]),
    ("\uff11\uff12", 12, ["unicode_digits"]),
    ("\u0967,\u0968\u0969\u096a", 1234, ["thousands_mark", "unicode_digits"]),
    ("\u200e5", 5, []),
    ("12%", 12, ["percent"]),
    ("0x1F", 31, ["radix_prefix"]),
    ("-0b101", -5, ["radix_prefix"]),
]


@pytest.mark.parametrize(("text", "value", "rules"), INTEGERS)
def test_integer(text: str, value: int, rules: list[str]) -> None:
    """Every way to write a whole number gives that number, and names what was taken off."""
    assert _one(text, INT4) == (value, rules)


@pytest.mark.parametrize(
    "text",
    [
        "abc", "5kg", "12.0 oz", "3.2k", "1.5M", "1,23", "1,2345", "1,,234", ",123", "1234,567", "0,123", "12,34,56",
        "1,234 567", "1.234,567.8", "--5", "+-5", "-5-", "(5", "5)", "((5))", "(-5)", "-(5)", "$5$", "$5€", "5%%", "%",
        "$", "EUR", "()", ".", ",", "e5", "1e", "1e5000", "1.2.3", "5 5", "٣x", "0x", "0xG", "1__0", "_1", "true", "inf",
        "1/2", "12:30", "2024-01-02", "=5", "'5'", "''5", "5 USD EUR", "1 2 3", "1e1e1", "🙂",
    ],
)  # fmt: skip
def test_what_is_no_integer_fails(text: str) -> None:
    """What is no number, or not surely one, is left to the rejects."""
    made = _convert([text, "7"], INT4)
    assert (made.values.to_list(), made.failed.to_list() if made.failed is not None else None) == (
        [None, 7],
        [True, False],
    )


@pytest.mark.parametrize(
    ("type", "text", "reason"),
    [
        (INT2, "32768", "out_of_range"),
        (INT4, "2147483648", "out_of_range"),
        (INT4, "$2,147,483,648", "out_of_range"),
        (INT4, "1e30", "out_of_range"),
        (INT8, "9223372036854775808", "out_of_range"),
        (INT8, "-9223372036854775809", "out_of_range"),
        (INT8, "1" * 60, "out_of_range"),
        (INT4, "12.5", "would_round"),
        (INT4, "1e-1", "would_round"),
        (_numeric(6, 2), "10000", "out_of_range"),
        (_numeric(6, 2), "$10,000.00", "out_of_range"),
        (_numeric(6, 2), "1.0051", "would_round"),
        (_numeric(6, 2), "$1.0051", "would_round"),
        (_numeric(6, 2), "1e-9", "would_round"),
        (_numeric(6, 2), "Infinity", "out_of_range"),
        (_numeric(40, 2), "1.0051", "would_round"),
        (_numeric(40, 2), "1" * 39, "out_of_range"),
        (_numeric(5, -2), "1250", "would_round"),
        (_numeric(2, 4), "0.00125", "would_round"),
        (_numeric(2, 4), "$1", "out_of_range"),
        (MONEY, "1.0051", "would_round"),
        (FLOAT8, "1e400", "out_of_range"),
        (FLOAT8, "1e-400", "out_of_range"),
        (FLOAT4, "1e39", "out_of_range"),
        (FLOAT4, "1e-60", "out_of_range"),
    ],
)
def test_what_does_not_fit_says_why(type: PgType, text: str, reason: str) -> None:
    """A number that the type cannot hold fails with its own reason, never by a wrong value."""
    assert _one(text, type)[0] == reason


NUMERICS = [
    ("1.2345", "1.2345", []),
    ("1.2300000000", "1.2300", []),
    ("0.00000", "0.0000", []),
    (".5", "0.5000", []),
    ("5.", "5.0000", []),
    ("-.5", "-0.5000", []),
    ("1.5e3", "1500.0000", []),
    ("12345e-4", "1.2345", []),
    (" 1.5 ", "1.5000", []),
    ("007.5", "7.5000", ["leading_zeros"]),
    ("$1,234.5678", "1234.5678", ["currency_sign", "thousands_mark"]),
    ("€ 1.234,56", "1234.5600", ["currency_sign", "decimal_comma", "thousands_mark"]),
    ("1.234,56 €", "1234.5600", ["currency_sign", "decimal_comma", "thousands_mark"]),
    ("1 234,56", "1234.5600", ["decimal_comma", "thousands_mark"]),
    ("1'234.56", "1234.5600", ["thousands_mark"]),
    ("12,34,567.5", None, []),
    ("(1,234.50)", "-1234.5000", ["accounting_negative", "thousands_mark"]),
    ("12,5", "12.5000", ["decimal_comma"]),
    ("\u0661\u066b\u0665", "1.5000", ["unicode_digits"]),
    ("9.99-", "-9.9900", ["trailing_minus"]),
]


@pytest.mark.parametrize(("text", "value", "rules"), NUMERICS)
def test_numeric(text: str, value: str | None, rules: list[str]) -> None:
    """Every way to write a decimal gives it exactly, and names what was taken off."""
    made, named = _one(text, _numeric(10, 4))
    if value is None:
        assert made == "out_of_range"
    else:
        assert (made, named) == (Decimal(value), rules)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.10", "1.10"),
        ("123456789012345678901234567890.123456789012345678901234567890",) * 2,
        ("NaN", "NaN"),
        ("nan ", "NaN"),
        ("-inf", "-Infinity"),
        ("1e-5", "1e-5"),
        ("$1,234.50", "1234.50"),
        ("1.5e500", "1.5e500"),
    ],
)
def test_numeric_without_precision_keeps_every_digit(text: str, value: str) -> None:
    """An unbounded numeric travels as text with all digits that the file has."""
    assert _one(text, NUMERIC)[0] == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.005", "1.01"),
        ("-1.005", "-1.01"),
        ("1.0049999", "1.00"),
        ("0.005", "0.01"),
        ("9999.994", "9999.99"),
        ("$1,234.565", "1234.57"),
        ("5e-3", "0.01"),
        ("4e-3", "0.00"),
    ],
)
def test_rounding_is_postgresqls_and_only_when_allowed(text: str, value: str) -> None:
    """With --allow round, digits beyond the scale are rounded half away from zero and counted as lossy."""
    made = _convert([text], _numeric(6, 2), allow=frozenset({"round"}))
    assert made.values[0] == Decimal(value)
    assert [heal.lossy for heal in made.heals if heal.rule == "round"] == [True]


def test_a_scale_beyond_the_precision_holds_small_fractions() -> None:
    """numeric(2,4) takes what it can hold, however it is written."""
    assert _one("0.0012", _numeric(2, 4)) == ("0.0012", [])
    assert _one("$0.0012", _numeric(2, 4)) == ("0.0012", ["currency_sign"])


def test_rounding_past_the_range_fails() -> None:
    """A value that only fits before rounding is out of range, also at polars' widest."""
    assert _one("9999.995", _numeric(6, 2), allow=frozenset({"round"}))[0] == "out_of_range"
    assert _one("9" * 38 + ".5", _numeric(38, 0), allow=frozenset({"round"}))[0] == "out_of_range"


@pytest.mark.parametrize(
    ("type", "text", "value", "rules"),
    [
        (FLOAT8, "0.1", 0.1, []),
        (FLOAT8, "0.30000000000000004", 0.30000000000000004, []),
        (FLOAT8, "1e5", 1e5, []),
        (FLOAT8, "-Infinity", float("-inf"), []),
        (FLOAT8, "0e-999", 0.0, []),
        (FLOAT8, "0.12345678901234567890", 0.12345678901234568, ["float_precision"]),
        (FLOAT8, "9007199254740993", 9007199254740992.0, ["float_precision"]),
        (FLOAT8, "$1,234.5", 1234.5, ["currency_sign", "thousands_mark"]),
        (FLOAT8, "1.234,5", 1234.5, ["decimal_comma", "thousands_mark"]),
        (FLOAT4, "0.5", 0.5, []),
        (FLOAT4, "16777217", 16777216.0, ["float_precision"]),
    ],
)
def test_float(type: PgType, text: str, value: float, rules: list[str]) -> None:
    """Floats are the nearest ones; digits that none can hold are counted, as PostgreSQL drops them unasked."""
    assert _one(text, type) == (value, rules)


def test_null_tokens_leave_nan_to_the_types_that_have_it() -> None:
    """'nan' is a value of a float and nothing in an integer; '-' and 'n/a' are nothing in both."""
    texts = ["nan", "-", " N/A ", "", "1"]
    assert _convert(texts, INT4).values.to_list() == [None, None, None, None, 1]
    made = _convert(texts, FLOAT8)
    assert made.values.is_nan().to_list() == [True, None, None, None, False]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [
        ("null_token", [False, True, True, True, False])
    ]


def test_long_messy_column_matches_its_cells() -> None:
    """A column of thousands of cells, healthy and not, gives each cell what it would get alone."""
    cells = ["1.5", "$2,000.25", "n/a", "abc", None, "(3)", "$4", "0.00001", "99999999"]
    made = _convert(cells * 500, _numeric(10, 4))
    expected = [Decimal("1.5"), Decimal("2000.25"), None, None, None, Decimal(-3), Decimal(4), None, None]
    assert made.values.to_list() == expected * 500
    assert made.failed is not None
    assert made.failed.to_list() == [False, False, False, True, False, False, False, True, True] * 500
    assert {fault.reason: fault.mask.sum() for fault in made.faults} == {
        "would_round": 500,
        "out_of_range": 500,
        "not_convertible": 500,
    }


def test_empty_and_all_null_columns() -> None:
    """Nothing in, nothing out, in the right dtype."""
    for values in ([], [None, None]):
        made = _convert(values, _numeric(10, 4))
        assert (made.values.dtype, made.values.to_list(), made.failed, made.heals) == (
            pl.Decimal(10, 4),
            values,
            None,
            (),
        )


def test_a_comma_first_met_after_the_format_was_decided_is_not_guessed() -> None:
    """Without evidence for the mark, a later '12,5' fails, so that the column is looked at again."""
    made = convert(pl.Series(["12,5", "7"]), _numeric(10, 4), ColumnFormat(), allow=frozenset())
    assert (made.values.to_list(), made.faults[0].reason) == ([None, Decimal(7)], "ambiguous")


@pytest.mark.parametrize("type", [INT8, _numeric(20, 0), _numeric(40, 0)])
@pytest.mark.parametrize("value", ["1.23E+15", "4.91721E+11", "1E+12", "-9.9e13", "1,5E+11"])
def test_an_exponent_that_hides_digits_is_no_whole_number(value: str, type: PgType) -> None:
    """A spreadsheet's 1.23E+15 was a longer number once: an id is not made up from what is left of it."""
    reason, attempts = _one(value, type, decimal="," if "," in value else ".")
    assert reason == "digits_lost"
    assert attempts[-1].endswith("an exponent hides digits; take them for zeros with --allow exponent")


@pytest.mark.parametrize(
    ("value", "number"),
    [("1.234567890123456E+15", 1234567890123456), ("1e3", 1000), ("1.5E+06", 1500000), ("0E+15", 0)],
)
def test_an_exponent_without_hidden_digits_is_a_whole_number(value: str, number: int) -> None:
    """All digits are there, or the number is short enough that a spreadsheet would have written it out."""
    assert _one(value, INT8) == (number, ["integral_decimal"])


def test_hidden_digits_may_be_zeros() -> None:
    """--allow exponent takes the number at its word, and is lossy."""
    made = _convert(["1.23E+15"], INT8, allow=frozenset({"exponent"}))
    assert made.values.to_list() == [1230000000000000]
    assert [heal.lossy for heal in made.heals if heal.rule == "exponent"] == [True]


@pytest.mark.parametrize(
    ("text", "number"), [("3.000,00+", "3000.00"), ("5,00+ EUR", "5.00"), ("7,50+", "7.50")]
)
def test_a_plus_behind_an_amount(text: str, number: str) -> None:
    """Banks write both signs behind an amount."""
    made = _convert([text, "1.234,56-"], NUMERIC)
    assert made.values.to_list() == [number, "-1234.56"]
    assert "trailing_plus" in {heal.rule for heal in made.heals}


@pytest.mark.parametrize("text", ["18+", "100+", "1.5+", "-5,00+", "+5,00+"])
def test_more_than_a_number_is_no_number(text: str) -> None:
    """18+ says 'at least 18', which no number does."""
    assert _one(text, NUMERIC)[0] == "not_convertible"


def test_a_point_that_may_mark_thousands_is_asked_about() -> None:
    """Rounding 1.234 to 1 would be wrong where it means 1234, and so is taking 1.000 for 1."""
    for text in ("1.234", "1.000"):
        reason, attempts = _one(text, INT4)
        assert reason == "ambiguous"
        assert attempts[-1].startswith(f"Does the point of {text!r} part thousands")
        assert _one(text, INT4, decimal=",") == (int(text.replace(".", "")), ["thousands_mark"])
    assert _one("1.234", INT4, decimal=".")[0] == "would_round"
    assert _one("1.25", INT4)[1][-1] == "integer: not a whole number; round it with --allow round"


@pytest.mark.parametrize("text", ["1,234.56 CR", "500.00DR", "cr 12", "Dr. 5", "$20.00 CR"])
def test_the_side_of_an_account_is_a_question(text: str) -> None:
    """Whose account it is decides the sign, so neither sign is guessed, nor the letters dropped."""
    made = _convert([text, "7"], NUMERIC)
    assert made.values.to_list()[0] is None
    assert made.faults[0].reason == "ambiguous"
    assert made.faults[0].attempts[-1].startswith("CR and DR name the side of an account")


def test_a_cell_with_too_many_digits_far_down_the_column_is_refused_alone() -> None:
    """Where the first cells print as they are written, one that would be cut is found by its print."""
    made = convert(
        pl.Series(["1.25"] * 100 + ["1.999", "2.5"]),
        PgType(0, "numeric(12,2)", "numeric", "b", 12, 2),
        ColumnFormat(decimal="."),
        allow=frozenset(),
    )
    assert made.values[-3:].to_list() == [Decimal("1.25"), None, Decimal("2.50")]
    assert [(fault.reason, fault.mask.arg_true().to_list()) for fault in made.faults] == [
        ("would_round", [100])
    ]
