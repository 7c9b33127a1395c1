"""Enum labels: to the letter, by case when unique, never by likeness."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from heal_cli.convert import convert, decide_format
from heal_cli.model import Converted, PgType, ValueOptions

MOOD = PgType(1, "mood", "mood", "e", labels=("happy", "sad", "none", "Ok", "OK"))


def _convert(values: Sequence[str | None]) -> Converted:
    texts = pl.Series("c", values, dtype=pl.String)
    return convert(texts, MOOD, decide_format(texts, MOOD, ValueOptions()), allow=frozenset())


def test_labels_are_unchanged() -> None:
    """A label passes to the letter, also one that looks like a null token."""
    made = _convert(["happy", "none", "Ok", "OK", None])
    assert (made.values.to_list(), made.heals, made.failed) == (["happy", "none", "Ok", "OK", None], (), None)


def test_case_and_blanks_are_a_named_heal() -> None:
    """A label is found by case and outer blanks when only one fits."""
    made = _convert(["Happy", " SAD ", "None"])
    assert made.values.to_list() == ["happy", "sad", "none"]
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("enum_label", [True, True, True])]


def test_two_labels_that_differ_by_case_are_not_guessed() -> None:
    """'ok' could be either of two labels and fails."""
    made = _convert(["ok", "happy", "n/a"])
    assert made.values.to_list() == [None, "happy", None]
    assert made.failed is not None
    assert made.failed.to_list() == [True, False, False]


def test_the_nearest_label_is_named_and_not_taken() -> None:
    """A near miss fails and its attempts name the nearest label."""
    made = _convert(["hapy"])
    assert made.values.to_list() == [None]
    assert made.attempts == ("mood: no such label, in any case", "'hapy': nearest label is 'happy' (0.89)")


def test_an_enum_without_labels_fails_everything() -> None:
    """An enum that has no label yet takes nothing and breaks nothing."""
    empty = PgType(1, "void", "void", "e")
    values = pl.Series(["a", None])
    made = convert(values, empty, decide_format(values, empty, ValueOptions()), allow=frozenset())
    assert made.values.to_list() == [None, None]


def test_categoricals_are_texts() -> None:
    """A dictionary column of a typed source goes the same way."""
    values = pl.Series(["happy", "SAD"], dtype=pl.Categorical)
    made = convert(values, MOOD, decide_format(values, MOOD, ValueOptions()), allow=frozenset())
    assert made.values.to_list() == ["happy", "sad"]
