"""oid and its like: numbers that the server would take for others in silence."""

from __future__ import annotations

import polars as pl
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions


def _convert(base: str, *values: object) -> Converted:
    type = PgType(26, base, base, "b")
    series = pl.Series("c", [*values, None])
    return convert(series, type, decide_format(series, type, ValueOptions()), allow=frozenset())


@pytest.mark.parametrize(
    ("base", "text", "reason", "attempt"),
    [
        ("oid", "-1", "out_of_range", "oid: out of range, where PostgreSQL may take another number"),
        ("oid", "4294967296", "out_of_range", "oid: out of range, where PostgreSQL may take another number"),
        ("xid8", "9" * 30, "out_of_range", "xid8: out of range, where PostgreSQL may take another number"),
        ("xid", "0012", "not_convertible", "xid: leading zeros, by which PostgreSQL may read it as octal"),
        ("oid", "pg_class", "not_convertible", "a whole number from 0 to 4294967295"),
        ("oid", "0x100000000", "not_convertible", "a whole number from 0 to 4294967295"),
    ],
)
def test_what_the_server_would_bend_is_refused(base: str, text: str, reason: str, attempt: str) -> None:
    """A number below 0, too large or with leading zeros is a reject with its reason."""
    (fault,) = _convert(base, text, "7").faults
    assert (fault.reason, fault.mask.to_list(), fault.attempts) == (reason, [True, False, False], (attempt,))


def test_what_it_takes_passes() -> None:
    """Digits, hex and null tokens go on; typed numbers by their digits."""
    made = _convert("oid", "0", "+12", "4294967295", "0xff", "n/a")
    assert made.values.to_list() == ["0", "+12", "4294967295", "0xff", None, None]
    assert not made.faults
    typed = _convert("oid", 5, -5)
    assert typed.values.to_list() == ["5", None, None]
    assert typed.faults[0].mask.to_list() == [False, True, False]


def test_blanks_around_a_number_stay_here() -> None:
    """A no-break space before it made an xid 0 on PostgreSQL 15, in silence; what is taken off is a counted heal."""
    made = _convert("xid", "42", "\u00a042", " 0xff ")
    assert made.values.to_list() == ["42", "42", "0xff", None]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [
        ("outer_blanks", [False, True, True, False])
    ]
