"""Booleans: PostgreSQL's own words, and the two words of a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl
import psycopg
import pytest

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

BOOL = PgType(16, "boolean", "bool", "b")


def _convert(values: Sequence[Any], dtype: Any = pl.String) -> Converted:
    column = pl.Series("c", values, dtype=dtype)
    return convert(column, BOOL, decide_format(column, BOOL, ValueOptions()), allow=frozenset())


def test_true_and_false_need_no_heal() -> None:
    """true, false, t and f, in any case, are what they say."""
    made = _convert(["true", "false", "t", "f", "True", "FALSE", None])
    assert made.values.to_list() == [True, False, True, False, True, False, None]
    assert (made.heals, made.failed) == ((), None)


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("yes", "no"), ("Yes", "No"), ("YES", "NO"), (" yes ", "no\t"), ("y", "n"), ("on", "off"), ("1", "0"),
        ("ja", "nein"), ("Ja", "Nee"), ("oui", "non"), ("si", "no"), ("Sí", "No"), ("sim", "não"), ("SIM", "NÃO"),
        ("wahr", "falsch"), ("vrai", "faux"), ("verdadero", "falso"), ("vero", "falso"), ("j", "n"), ("o", "n"),
        ("S", "N"), ("V", "F"), ("1.0", "0.0"), ("✓", "✗"), ("да", "нет"),
    ],
)  # fmt: skip
def test_words_are_a_named_heal(true: str, false: str) -> None:
    """The usual words of a column mean true and false, and each cell is counted."""
    made = _convert([true, false, None, "n/a"])
    assert (made.values.to_list(), made.failed) == ([True, False, None, None], None)
    counted = {heal.rule: heal.mask.sum() for heal in made.heals}
    plain = 1 if false.strip().lower() == "f" else 0
    assert counted == {"null_token": 1, "boolean_word": 2 - plain}


@pytest.mark.parametrize("word", ["maybe", "2", "-1", "x", "j", "s", "0.5", "yess", "10", "unknown", "v"])
def test_a_third_word_fails_alone(word: str) -> None:
    """A word that is neither true nor false fails; its neighbours load."""
    made = _convert(["yes", "no", word])
    assert made.values.to_list() == [True, False, None]
    assert made.failed is not None
    assert made.failed.to_list() == [False, False, True]


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("insured", "uninsured"),
        ("Leased", "not leased"),
        ("geimpft", "nicht geimpft"),
        ("smoker", "non-smoker"),
    ],
)
def test_a_word_and_its_negation_are_a_pair(true: str, false: str) -> None:
    """Any two words will do where one says no to the other and the column has no third."""
    assert _convert([true, false, None]).values.to_list() == [True, False, None]
    assert _convert([true, false, "unknown"]).values.to_list() == [None, None, None]


@pytest.mark.parametrize(
    "words", [["red", "blue"], ["laden", "empty"], ["come", "become"], ["on hold", "hold"]]
)
def test_two_words_without_a_no_are_not_guessed(words: list[str]) -> None:
    """Which of two other words means true is nobody's guess."""
    assert _convert(words).values.to_list() == [None, None]


def test_a_tick_alone_is_true_and_its_blanks_stay_null() -> None:
    """A column of nothing but 'x' ticks is true where ticked; a blank is not called false."""
    assert _convert(["x", None, "X"]).values.to_list() == [True, None, True]
    assert _convert(["checked", None]).values.to_list() == [True, None]


def test_the_partner_of_a_word_counts_too() -> None:
    """A format decided from 'ja' alone also reads the 'nein' of a later batch."""
    format = decide_format(pl.Series(["ja"]), BOOL, ValueOptions())
    assert convert(pl.Series(["nein"]), BOOL, format, allow=frozenset()).values.to_list() == [False]


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([True, None, False], pl.Boolean, [True, None, False]),
        ([1, 0, 2, None], pl.Int64, [True, False, None, None]),
        ([1.0, 0.0, 0.5], pl.Float64, [True, False, None]),
        ([[True]], pl.List(pl.Boolean), [None]),
    ],
)
def test_typed_values(values: list[Any], dtype: Any, expected: list[bool | None]) -> None:
    """Typed booleans pass, 0 and 1 are healed, all else fails."""
    assert _convert(values, dtype).values.to_list() == expected


def test_the_server_agrees(conn: psycopg.Connection[tuple[object, ...]]) -> None:
    """Every spelling that PostgreSQL takes is read to the same truth."""
    words = [
        "tr",
        "tru",
        "true",
        "t",
        "y",
        "ye",
        "yes",
        "on",
        "1",
        "f",
        "fa",
        "fals",
        "n",
        "no",
        "of",
        "off",
        "0",
        " TRUE ",
    ]
    theirs = [row[0] for row in conn.execute("select v::bool from unnest(%s::text[]) v", [words])]
    assert _convert(words).values.to_list() == theirs


@pytest.mark.parametrize(
    "words",
    [("active", "inactive"), ("Enabled", "DISABLED"), ("pass", "fail"), ("paid", "unpaid"), ("-1", "0")],
)
def test_opposites_are_words_only_among_themselves(words: tuple[str, str]) -> None:
    """Two opposites mean yes and no where the column has both and no third word."""
    assert _convert(words).values.to_list() == [True, False]
    assert _convert([words[0], "maybe"]).values.to_list() == [None, None]
