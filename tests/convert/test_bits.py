"""Bits: zeros and ones, in the spelling of any system."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import PgType, ValueOptions


def _convert(values: pl.Series, base: str, length: int | None) -> pl.Series:
    type = PgType(1560, base, base, "b", length=length)
    made = convert(values, type, decide_format(values, type, ValueOptions()), allow=frozenset())
    assert not made.faults
    return made.values


@pytest.mark.parametrize(
    ("base", "length", "text", "bits"),
    [
        ("bit", 3, "101", "101"),
        ("bit", 3, "B'101'", "101"),
        ("varbit", None, "0b10101", "10101"),
        ("varbit", 8, "X'1F'", "00011111"),
        ("varbit", 8, "0x1f", "00011111"),
        ("bit", 1, "True", "1"),
        ("bit", 1, "FALSE", "0"),
        ("bit", 4, "True", "True"),
        ("varbit", 8, "12", "12"),
        ("varbit", 8, "n/a", None),
        ("varbit", 8, "", ""),
    ],
)
def test_spellings_of_bits(base: str, length: int | None, text: str, bits: str | None) -> None:
    """Literals and truth values of one bit are read; what is none is left for the server to refuse."""
    assert _convert(pl.Series("c", [text, None]), base, length).to_list() == [bits, None]


def test_typed_truth_is_a_bit(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """A Parquet boolean goes into bit(1)."""
    made = _convert(pl.Series("c", [True, False, None]), "bit", 1)
    assert made.to_list() == ["1", "0", None]
    assert conn.execute("select %s::bit(1) = B'1'", [made[0]]).fetchone() == (True,)
