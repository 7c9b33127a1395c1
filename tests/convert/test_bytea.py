"""Bytes: what says its form is read by it, what does not is a question."""

from __future__ import annotations

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

BYTEA = PgType(17, "bytea", "bytea", "b")


def _convert(values: list[str | None], *allow: str) -> Converted:
    column = pl.Series("c", values, dtype=pl.String)
    return convert(column, BYTEA, decide_format(column, BYTEA, ValueOptions()), allow=frozenset(allow))


@pytest.mark.parametrize(
    ("text", "stored", "rules"),
    [
        ("\\xdeadBEEF", "\\xdeadBEEF", []),
        ("\\001abc", "\\001abc", []),
        ("hello, world", "hello, world", []),
        ("", "", []),
        ("0xDEAD", "\\xDEAD", ["hex_digits"]),
        ("X'dead'", "\\xdead", ["hex_digits"]),
        ("data:image/png;base64,AQI=", "\\x0102", ["data_url"]),
    ],
)
def test_forms_that_say_what_they_are(text: str, stored: str, rules: list[str]) -> None:
    """PostgreSQL's own forms pass as they are; marked hexadecimal digits and data URLs are read."""
    made = _convert([text, None])
    assert (made.values.to_list(), made.faults) == ([stored, None], ())
    assert [heal.rule for heal in made.heals] == rules


@pytest.mark.parametrize("text", ["DEADBEEF", "3q2+7w==", "AQID", "username"])
def test_bare_digits_and_letters_are_a_question(text: str) -> None:
    """Hexadecimal, base64 or a text: nothing tells, so nothing is guessed."""
    made = _convert([text, "\\x00"])
    assert made.values.to_list() == [None, "\\x00"]
    assert made.faults[0].reason == "ambiguous"
    assert made.faults[0].attempts == (
        "bytea: hexadecimal digits (--allow hex_bytes), base64 (--allow base64_bytes)"
        " or the text itself (--allow text_bytes)",
    )


@pytest.mark.parametrize(
    ("allow", "stored"), [("hex_bytes", "\\xABCD"), ("base64_bytes", "\\x001083"), ("text_bytes", "ABCD")]
)
def test_the_answer_is_taken(allow: str, stored: str) -> None:
    """--allow says what bare digits and letters are."""
    made = _convert(["ABCD"], allow)
    assert (made.values.to_list(), [heal.rule for heal in made.heals]) == ([stored], [allow])


def test_what_is_not_what_was_said_stays_a_question() -> None:
    """base64 in a column of hexadecimal digits is no hexadecimal digits."""
    made = _convert(["ABCD", "3q2+7w=="], "hex_bytes")
    assert made.values.to_list() == ["\\xABCD", None]


def test_nulls_beside_doubtful_bytes() -> None:
    """A NULL as databases write it is NULL, whatever stands in the other cells."""
    assert _convert(["\\N", "0xDEAD"]).values.to_list() == [None, "\\xDEAD"]


def test_bytes_reach_the_server(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """What is written is what PostgreSQL stores."""
    stored = _convert(["0xDEAD", "3q2+7w=="], "base64_bytes").values.to_list()
    assert conn.execute("select %s::bytea, %s::bytea", stored).fetchone() == (
        b"\xde\xad",
        b"\xde\xad\xbe\xef",
    )
