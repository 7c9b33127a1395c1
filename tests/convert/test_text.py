"""Texts stay texts, exactly; what would be cut or cannot be stored is never cut unasked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heal_cli.convert import convert, decide_format
from heal_cli.model import ColumnFormat, Converted, PgType, ValueOptions


def _type(base: str, length: int | None = None) -> PgType:
    return PgType(0, base, base, "b", length=length)


def _convert(
    values: Sequence[Any] | pl.Series, type: PgType, *allow: str, nulls: tuple[str, ...] = ()
) -> Converted:
    column = values if isinstance(values, pl.Series) else pl.Series("c", values, dtype=pl.String)
    options = ValueOptions(nulls=nulls, allow=frozenset(allow))
    return convert(column, type, decide_format(column, type, options), allow=options.allow)


@given(
    st.lists(
        st.one_of(
            st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
        ).filter(lambda text: text is None or not (text == "\\N" or text.startswith(("'", '="'))))
    )
)
def test_text_is_never_touched(texts: list[str | None]) -> None:
    """Whatever a text says, blanks and 'null' and all, it arrives to the letter and without a heal."""
    made = _convert(texts, _type("text"))
    assert (made.values.to_list(), made.heals, made.failed) == (texts, (), None)


def test_only_the_users_tokens_are_null_in_a_text() -> None:
    """--null tokens mean NULL in a text column when they match to the letter; the known tokens do not."""
    made = _convert(["NULL", "null", " NULL", "n/a", ""], _type("text"), nulls=("NULL",))
    assert made.values.to_list() == [None, "null", " NULL", "n/a", ""]
    assert [(heal.rule, heal.mask.sum()) for heal in made.heals] == [("null_token", 1)]


def test_the_null_of_databases_is_null_in_a_text() -> None:
    """COPY and MySQL write \\N for NULL, and no text is that by itself."""
    made = _convert(["\\N", "\\n", " \\N", "C:\\New"], _type("text"))
    assert made.values.to_list() == [None, "\\n", " \\N", "C:\\New"]
    assert [(heal.rule, heal.mask.sum()) for heal in made.heals] == [("null_token", 1)]


def test_null_tokens_of_types_that_the_server_judges() -> None:
    """'' and 'n/a' are no network address; in bytea every text is a value."""
    assert _convert(["10.0.0.1", "n/a", ""], _type("inet")).values.to_list() == ["10.0.0.1", None, None]
    assert _convert(["", "n/a"], _type("bytea")).values.to_list() == ["", "n/a"]


@pytest.mark.parametrize("base", ["varchar", "bpchar"])
def test_what_is_too_long_fails_unless_cutting_is_allowed(base: str) -> None:
    """Characters count, not bytes; blanks are cut only with trim_blanks, texts only with truncate."""
    texts = ["abc", "äöü", "abcd", "ab  ", "a b  "]
    made = _convert(texts, _type(base, 3))
    assert (made.values.to_list(), made.faults[0].reason) == (["abc", "äöü", None, None, None], "too_long")
    assert [(fault.mask.to_list(), *fault.attempts) for fault in made.faults] == [
        (
            [False, False, False, True, True],
            f"{base}: longer than it holds by blanks alone; cut those with --allow trim_blanks",
        ),
        ([False, False, True, False, False], f"{base}: longer than it holds; cut it with --allow truncate"),
    ]
    trimmed = _convert(texts, _type(base, 3), "trim_blanks")
    assert trimmed.values.to_list() == ["abc", "äöü", None, "ab ", "a b"]
    assert [(heal.rule, heal.mask.to_list(), heal.lossy) for heal in trimmed.heals] == [
        ("trim_blanks", [False, False, False, True, True], True)
    ]
    cut = _convert(texts, _type(base, 3), "truncate")
    assert cut.values.to_list() == ["abc", "äöü", "abc", "ab ", "a b"]
    assert [(heal.rule, heal.lossy) for heal in cut.heals] == [("truncate", True)]


def test_names_are_cut_at_whole_characters() -> None:
    """A name holds 63 bytes, which PostgreSQL would cut silently; here it takes --allow truncate."""
    long = "a" + "ä" * 40
    assert _convert([long], _type("name")).faults[0].reason == "too_long"
    assert _convert([long, "b"], _type("name"), "truncate").values.to_list() == ["a" + "ä" * 31, "b"]
    assert _convert(["é", "a", "\\101", "ab"], _type("char")).values.to_list() == [None, "a", "\\101", None]


def test_nul_is_taken_out_only_when_allowed() -> None:
    """A NUL fails its cell alone; with remove_nul it goes, counted as lossy."""
    made = _convert(["a\0b", "c"], _type("text"))
    assert (made.values.to_list(), made.faults[0].reason) == ([None, "c"], "nul_byte")
    allowed = _convert(["a\0b", "c"], _type("text"), "remove_nul")
    assert allowed.values.to_list() == ["ab", "c"]
    assert [(heal.rule, heal.lossy) for heal in allowed.heals] == [("remove_nul", True)]
    assert _convert(["a\0\0"], _type("varchar", 1), "remove_nul").values.to_list() == ["a"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pl.Series([1, -2, None]), ["1", "-2", None]),
        (pl.Series([2**64 - 1], dtype=pl.UInt64), ["18446744073709551615"]),
        (pl.Series([0.1, 1e22, float("inf"), float("nan")]), ["0.1", "1e+22", "Infinity", "NaN"]),
        (pl.Series([0.1], dtype=pl.Float32), ["0.1"]),
        (pl.Series([Decimal("1.10")]), ["1.10"]),
        (pl.Series([True, False]), ["true", "false"]),
        (pl.Series([dt.date(2024, 1, 2)]), ["2024-01-02"]),
        (pl.Series([dt.time(1, 2, 3, 4)]), ["01:02:03.000004"]),
        (pl.Series(["a"], dtype=pl.Categorical), ["a"]),
        (pl.Series([b"ab", b"\xff", None]), ["ab", None, None]),
        (pl.Series([[1, 2]]), ["[1,2]"]),
        (pl.Series([None, None]), [None, None]),
    ],
)
def test_typed_values_as_text(values: pl.Series, expected: list[str | None]) -> None:
    """A typed value becomes its usual text with nothing lost, or fails."""
    assert _convert(values, _type("text")).values.to_list() == expected


@pytest.mark.parametrize(("unit", "text"), [("ms", "00.123"), ("us", "00.123456"), ("ns", "00.123456789")])
def test_times_keep_every_digit_and_their_offset(unit: Any, text: str) -> None:
    """A timestamp of any unit is written in ISO 8601 with all its digits, and its offset if it has one."""
    nanos = pl.Series([123456789]).cast(pl.Datetime("ns")).cast(pl.Datetime(unit))
    made = convert(nanos, _type("text"), ColumnFormat(), allow=frozenset())
    assert made.values.to_list() == [f"1970-01-01T00:00:{text}"]
    zoned = convert(nanos.dt.replace_time_zone("UTC"), _type("text"), ColumnFormat(), allow=frozenset())
    assert zoned.values.to_list() in ([f"1970-01-01T00:00:{text}+00:00"], [f"1970-01-01T00:00:{text}Z"])


def test_bytes_for_bytea_are_hex(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Raw bytes reach bytea as they are."""
    made = _convert(pl.Series([b"\x00\xff", b"", None]), _type("bytea"))
    assert made.values.to_list() == ["\\x00ff", "\\x", None]
    assert conn.execute("select %s::bytea", [made.values[0]]).fetchone() == (b"\x00\xff",)


def test_what_fits_here_fits_the_server(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Texts that pass are stored by the server to the letter, and those refused are refused there or would be cut."""
    texts = ["abc", "äöü", "🙂🙂🙂", "ab ", "  ", "", "abcd", "🙂🙂🙂🙂"]
    made = _convert(texts, _type("varchar", 3))
    conn.execute("create table t (v varchar(3))")
    for text, passed in zip(texts, made.values.is_not_null().to_list(), strict=True):
        if passed:
            conn.execute("insert into t values (%s)", [text])
        else:
            with pytest.raises(psycopg.errors.StringDataRightTruncation):
                conn.execute("insert into t values (%s)", [text])
    assert [row[0] for row in conn.execute("select v from t")] == made.values.drop_nulls().to_list()


@pytest.mark.parametrize(
    ("texts", "values", "marked"),
    [
        (['="00123"', "x", None, '="=1"'], ["00123", "x", None, "=1"], 2),
        (["'02134", None, "'=1+1", "'-5"], ["02134", None, "=1+1", "-5"], 3),
        (["'02134", "02134"], ["'02134", "02134"], 0),
        (["'90s music", "'68 Mustang", "rock 'n' roll"], ["'90s music", "'68 Mustang", "rock 'n' roll"], 0),
        (["'90s music", "'68 Mustang"], ["'90s music", "'68 Mustang"], 0),
        (["'02134"], ["'02134"], 0),
        (["'1'", "'2'"], ["'1'", "'2'"], 0),
        (['="a"&"b"', "=1"], ['="a"&"b"', "=1"], 0),
    ],
)
def test_what_marks_a_text_for_a_spreadsheet_is_taken_off(
    texts: list[str | None], values: list[str | None], marked: int
) -> None:
    """A formula of nothing but a text, and the apostrophe that all values have; counted, else untouched."""
    made = _convert(texts, _type("text"))
    assert made.values.to_list() == values
    assert sum(int(heal.mask.sum()) for heal in made.heals if heal.rule == "sheet_text") == marked


@pytest.mark.parametrize("base", ["inet", "cidr", "pg_lsn"])
def test_blanks_around_what_the_server_judges_are_taken_off(base: str) -> None:
    """Where the server would refuse them; counted."""
    made = _convert([" x ", "y\u00a0", "z", None], _type(base))
    assert made.values.to_list() == ["x", "y", "z", None]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [
        ("outer_blanks", [True, True, False, False])
    ]
