"""What a column of numbers says about its own marks."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import ColumnFormat, PgType, ValueOptions

INT4 = PgType(23, "integer", "int4", "b")
FLOAT8 = PgType(701, "double precision", "float8", "b")

NOTHING_TOLD = ValueOptions()


def _numeric(precision: int, scale: int) -> PgType:
    return PgType(1700, f"numeric({precision},{scale})", "numeric", "b", precision, scale)


def _decide(values: list[str], type: PgType, options: ValueOptions = NOTHING_TOLD) -> ColumnFormat:
    return decide_format(pl.Series(values, dtype=pl.String), type, options)


def _values(values: list[str], type: PgType, options: ValueOptions = NOTHING_TOLD) -> list[object]:
    made = convert(pl.Series(values), type, _decide(values, type, options), allow=options.allow)
    return made.values.to_list()


@pytest.mark.parametrize(
    ("values", "decimal"),
    [
        (["1.299,99", "5"], ","),
        (["12,5", "1,234"], ","),
        (["0,125"], ","),
        (["1234,567"], ","),
        (["1.234.567", "1.234"], ","),
        (["1 234,567"], ","),
        (["€ 0,5"], ","),
        (["1,299.99", "1,234"], "."),
        (["0.5", "1,234"], "."),
        (["1,234,567", "1,234"], "."),
        (["12,34,567"], "."),
        (["1234.567"], "."),
        (["$0.5"], "."),
        (["1.234", "5.678"], "."),
        (["1", "2"], None),
        ([], None),
    ],
)
def test_one_telling_value_decides_the_mark(values: list[str], decimal: str | None) -> None:
    """A spelling that fits only one reading fixes the decimal mark of the whole column."""
    format = _decide(values, _numeric(12, 4))
    assert (format.decimal, format.question) == (decimal, None)


def test_postgresqls_own_syntax_is_itself() -> None:
    """'1.234' is 1.234 unless something in the column speaks for a decimal comma."""
    assert _values(["1.234", "5"], _numeric(10, 4)) == [Decimal("1.234"), Decimal(5)]
    assert _values(["1.234", "5,5"], _numeric(10, 4)) == [Decimal(1234), Decimal("5.5")]


@pytest.mark.parametrize(
    ("values", "examples"),
    [
        (["1,234", "2,345"], "'1,234'"),
        (["1,234", "1.234"], "'1,234' and '1.234'"),
        (["12,5", "0.5", "1,234"], "'12,5' and '0.5'"),
    ],
)
def test_a_tie_is_a_question(values: list[str], examples: str) -> None:
    """Where both readings hold, or two values contradict each other, the column asks and names the flag."""
    format = _decide(values, _numeric(10, 4))
    assert (
        format.question
        == f"Is the decimal mark of {examples} a comma or a point? Answer with --decimal . or --decimal ,"
    )
    made = convert(pl.Series(["1,234", "7"]), _numeric(10, 4), format, allow=frozenset())
    assert (made.values.to_list(), made.faults[0].reason) == ([None, Decimal(7)], "ambiguous")
    assert made.faults[0].attempts == (format.question,)


def test_of_a_contradicting_column_only_the_doubtful_cells_fail() -> None:
    """A value that fits one reading only is read, whatever its neighbours say."""
    values = ["12,5", "0.5", "1.299,99", "1,299.99", "1.234", "1,234"]
    read = [Decimal(text) for text in ("12.5", "0.5", "1299.99", "1299.99")]
    assert _values(values, _numeric(10, 4)) == [*read, None, None]


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["302.000 €", "266.000 €"], _numeric(12, 2)),
        (["302.000", "266.500"], _numeric(12, 2)),
        (["2.000", "2.300", "7"], INT4),
        (["2.000 €"], INT4),
        (["(1.234)", "€ 12"], FLOAT8),
    ],
)
def test_three_digits_behind_each_point_are_no_cents(values: list[str], type: PgType) -> None:
    """Money, and types with fewer than three fractional digits, do not take '1.000' for 1 without a proof."""
    format = _decide(values, type)
    point = next(value for value in values if "." in value).strip("() €")
    asked = f"Does the point of {point!r} part thousands or is it the decimal mark?"
    assert format.question == f"{asked} Answer with --decimal . or --decimal ,"
    made = convert(pl.Series(values), type, format, allow=frozenset()).values
    assert [text for text, value in zip(values, made.to_list(), strict=True) if "." in text and value] == []


def test_a_point_met_after_the_format_was_decided_is_asked_about() -> None:
    """'1.000' in a whole-number column whose sample had no point waits for a look at the whole file."""
    made = convert(pl.Series(["1.000", "7"]), INT4, _decide(["5"], INT4), allow=frozenset())
    assert (made.values.to_list(), made.faults[0].reason) == ([None, 7], "ambiguous")


@pytest.mark.parametrize(
    ("values", "type"),
    [
        (["$3.459", "$3.199"], _numeric(6, 3)),
        (["302.000 €", "$0.500"], _numeric(12, 2)),
        (["302.000", "1266.500"], _numeric(12, 2)),
        (["2.000", "3.0"], INT4),
        (["1.234", "5.678"], FLOAT8),
        (["1.234%"], _numeric(6, 4)),
    ],
)
def test_three_digits_behind_a_point_may_be_decimals(values: list[str], type: PgType) -> None:
    """A type of three fractional digits, another value of the column, or a measurement says so."""
    format = _decide(values, type)
    assert format.decimal == "."
    assert format.question is None or "--decimal" not in format.question


@pytest.mark.parametrize(("decimal", "value"), [(",", Decimal("1.234")), (".", Decimal(1234))])
def test_the_flag_answers(decimal: str, value: Decimal) -> None:
    """--decimal settles what the values do not."""
    options = ValueOptions(decimal=decimal)  # type: ignore[arg-type]
    assert _values(["1,234"], _numeric(10, 4), options) == [value]


def test_a_whole_number_has_no_decimal_comma() -> None:
    """'1,234' throughout an integer column is grouped; beside '12,5' it is a fraction and fails."""
    assert _values(["1,234", "7"], INT4) == [1234, 7]
    assert _values(["1,234", "12,5", "3,0"], INT4) == [None, None, 3]
    assert _decide(["1,234", "7"], INT4).unproven
    assert not _decide(["1,234", "1,234,567"], INT4).unproven


@pytest.mark.parametrize(
    ("values", "type", "percent"),
    [
        (["12%", "5%"], INT4, "number"),
        (["12.5%"], _numeric(5, 2), "number"),
        (["12,5 %", "3 %"], _numeric(5, 2), "number"),
        (["19%", "7%"], _numeric(5, 4), "fraction"),
        (["12%", "0.5"], FLOAT8, "fraction"),
        (["12%", "15.5"], FLOAT8, "number"),
        (["12%", "0.5", "15"], FLOAT8, None),
        (["12%"], FLOAT8, None),
        (["12%", "5%"], _numeric(10, 4), None),
    ],
)
def test_percent_is_decided_by_type_and_neighbours(
    values: list[str], type: PgType, percent: str | None
) -> None:
    """12% is 12 or 0.12: what fits the type exactly and the bare numbers beside it, else a question."""
    format = _decide(values, type)
    assert format.percent == percent
    assert (format.question is None) == (percent is not None)


def test_percent_is_an_assumption_that_is_counted() -> None:
    """The heal of a percent says that it rests on an assumption."""
    values = pl.Series(["19%"])
    made = convert(values, _numeric(5, 4), _decide(["19%"], _numeric(5, 4)), allow=frozenset())
    assert made.values.to_list() == [Decimal("0.1900")]
    assert [(heal.rule, heal.assumption) for heal in made.heals] == [("percent", True)]


def test_signs_of_two_currencies_are_not_dropped_unasked() -> None:
    """$5 and €5 are not the same amount: the column asks, and the bare numbers still load."""
    values = ["$5", "€5", "5 USD", "7"]
    assert _values(values, _numeric(10, 2)) == [None, None, None, Decimal(7)]
    question = _decide(values, _numeric(10, 2)).question
    assert question == (
        "Which currency is meant? The column holds EUR, USD; drop the signs with --allow mixed_currencies"
    )
    allowed = ValueOptions(allow=frozenset({"mixed_currencies"}))
    assert _values(values, _numeric(10, 2), allowed) == [Decimal(5), Decimal(5), Decimal(5), Decimal(7)]


def test_one_currency_in_many_spellings_is_one() -> None:
    """$, US$ and usd are the same currency."""
    assert _values(["$5", "US$ 6", "7 usd"], INT4) == [5, 6, 7]


def test_an_open_percent_names_its_answers() -> None:
    """The question about '19%' says what to type."""
    assert _decide(["19%", "7%"], _numeric(10, 4)).question == (
        "Does '19%' mean the number before the sign or its hundredth?"
        " Answer with --percent number or --percent fraction"
    )


@pytest.mark.parametrize(
    ("sample", "later", "loads"),
    [
        ("$5", "US$ 6", True),
        ("$5", "-$6", True),
        ("$5", "(6 usd)", True),
        ("$5", "C$6", False),
        ("C$5", "$6", False),
        ("C$5", "6 CAD", True),
        ("5 kr", "6 KRW", False),
        ("Rs. 5", "INR 6", True),
        ("\uff045", "$6", True),
        ("7", "$6", False),
        ("7", "6%", False),
        ("7", "1e3", True),
    ],
)
def test_only_signs_of_the_column_s_currency_are_dropped(sample: str, later: str, loads: bool) -> None:
    """An amount met after the format was decided loads where it is in the same currency, however spelt."""
    format = _decide([sample], FLOAT8)
    for texts in ([later], [later] * 200):
        made = convert(pl.Series(texts), FLOAT8, format, allow=frozenset())
        assert made.values.null_count() == (0 if loads else len(texts))
        assert [fault.reason for fault in made.faults] == ([] if loads else ["ambiguous"])
