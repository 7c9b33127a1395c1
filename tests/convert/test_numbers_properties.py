"""Numbers against Python's own: the same value, from any dress, once or twice."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import polars as pl
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from heal_cli.convert import RULES, convert, decide_format, fit
from heal_cli.model import ColumnFormat, Converted, PgType, ValueOptions

INT8 = PgType(20, "bigint", "int8", "b")
FLOAT8 = PgType(701, "double precision", "float8", "b")
NUMERIC = PgType(1700, "numeric", "numeric", "b")
NUMERIC_12_4 = PgType(1700, "numeric(12,4)", "numeric", "b", 12, 4)

_DECIMALS = st.decimals(min_value=Decimal("-99999999"), max_value=Decimal("99999999"), places=4)
_CELLS = st.text(alphabet="0123456789.,-+()%$€ eE'_xn/aNI\u00a0\u2212\u0663", max_size=14)


def _convert(values: list[Any], type: PgType, format: ColumnFormat | None = None, *allow: str) -> Converted:
    texts = pl.Series("c", values, dtype=pl.String)
    return convert(texts, type, format or decide_format(texts, type, ValueOptions()), allow=frozenset(allow))


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_integers_come_back(numbers: list[int]) -> None:
    """Clean integers are unchanged and no heal is counted."""
    made = _convert([str(number) for number in numbers], INT8)
    assert (made.values.to_list(), made.heals, made.failed) == (numbers, (), None)


@given(st.lists(_DECIMALS))
def test_decimals_come_back(numbers: list[Decimal]) -> None:
    """Clean decimals are unchanged and no heal is counted."""
    made = _convert([f"{number:f}" for number in numbers], NUMERIC_12_4)
    assert (made.values.to_list(), made.heals, made.failed) == (numbers, (), None)


@given(st.lists(st.floats(allow_nan=False)))
def test_floats_come_back(numbers: list[float]) -> None:
    """Clean floats are unchanged; only integers beyond 2**53 may be said to lose digits."""
    made = _convert([repr(number) for number in numbers], FLOAT8)
    assert (made.values.to_list(), made.heals, made.failed) == (numbers, (), None)


@given(
    st.lists(_DECIMALS, min_size=1),
    st.sampled_from([".", ","]),
    st.sampled_from(["", "$", "€ ", "EUR "]),
    st.booleans(),
)
def test_a_dressed_number_is_the_number(
    numbers: list[Decimal], mark: str, sign: str, accounting: bool
) -> None:
    """Grouping, marks, currencies and accounting parentheses change nothing in the value."""
    texts = []
    for number in numbers:
        text = f"{abs(number):,.4f}".translate(str.maketrans(",.", ".,") if mark == "," else {})
        minus = number < 0
        text = f"({sign}{text})" if minus and accounting else f"{'-' if minus else ''}{sign}{text}"
        texts.append(text)
    made = _convert(
        texts, NUMERIC_12_4, ColumnFormat(decimal=mark, currencies=("USD",) if sign == "$" else ("EUR",))
    )  # type: ignore[arg-type]
    assert (made.values.to_list(), made.failed) == (numbers, None)


@given(st.lists(_DECIMALS, min_size=1), st.sampled_from([".", ","]))
def test_decide_never_picks_the_wrong_mark(numbers: list[Decimal], mark: str) -> None:
    """Whatever the values, the mark that wrote them is found or asked for, never mistaken."""
    texts = [
        f"{number:,.3f}".translate(str.maketrans(",.", ".,") if mark == "," else {}) for number in numbers
    ]
    format = decide_format(pl.Series(texts), NUMERIC_12_4, ValueOptions())
    plain = mark == "," and not any("." in text for text in texts)
    assume(not (mark == "," and format.decimal is None and format.question is None and not plain))
    assert format.decimal in (None, mark)


@given(st.decimals(min_value=-1000, max_value=1000, allow_nan=False, allow_infinity=False, places=9))
def test_rounding_is_half_away_from_zero(number: Decimal) -> None:
    """Allowed rounding agrees with Python's ROUND_HALF_UP, which is PostgreSQL's."""
    made = _convert([f"{number:f}"], NUMERIC_12_4, None, "round")
    assert made.values[0] == number.quantize(Decimal("0.0001"), ROUND_HALF_UP)


@settings(max_examples=150)
@given(st.lists(_CELLS, max_size=8), st.sampled_from([INT8, NUMERIC, NUMERIC_12_4, FLOAT8]))
@example(["1e999"], NUMERIC)
@example(["(", ")", "()", "-", "%", "$"], INT8)
def test_any_cell_converts_or_fails(cells: list[str], type: PgType) -> None:
    """Every cell is a value, a counted NULL or a failure; no rule is without a name; no cell is both."""
    made = _convert(list(cells), type)
    empty = made.values.is_null()
    failed = made.failed if made.failed is not None else pl.Series([False] * len(cells), dtype=pl.Boolean)
    tokens = [heal.mask for heal in made.heals if heal.rule == "null_token"]
    nulls = tokens[0] if tokens else pl.Series([False] * len(cells), dtype=pl.Boolean)
    assert empty.to_list() == (failed | nulls).to_list()
    assert not (failed & nulls).any()
    for heal in made.heals:
        assert heal.rule in RULES
        assert heal.mask.null_count() == 0
        assert not (heal.mask & failed).any()


@settings(max_examples=150)
@given(st.lists(_CELLS, max_size=8), st.sampled_from([INT8, NUMERIC, NUMERIC_12_4, FLOAT8]))
def test_healing_twice_is_healing_once(cells: list[str], type: PgType) -> None:
    """What came out goes in again unchanged and unnamed."""
    first = _convert(list(cells), type)
    again = _convert(first.values.cast(pl.String).to_list(), type)
    assert again.values.equals(first.values)
    assert ([heal.rule for heal in again.heals], again.failed) == ([], None)


@given(st.lists(st.one_of(st.none(), _CELLS), max_size=8))
def test_fit_is_the_share_that_converts(cells: list[str | None]) -> None:
    """Fit counts converted cells against failed ones and stays within 0 and 1."""
    texts = pl.Series("c", cells, dtype=pl.String)
    format = decide_format(texts, NUMERIC, ValueOptions())
    made = convert(texts, NUMERIC, format, allow=frozenset())
    failed = 0 if made.failed is None else made.failed.sum()
    good = len(cells) - made.values.null_count()
    assert fit(texts, NUMERIC, format) == (good / (good + failed) if good + failed else 0.0)
