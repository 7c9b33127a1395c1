"""Enum labels: to the letter, by their spelling when unique, by likeness only for a rare slip."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

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
    assert made.faults[0].attempts == (
        "mood: no such label, in any case",
        "'hapy': nearest label is 'happy' (0.89)",
    )


STATUS = PgType(2, "status", "status", "e", labels=("in_progress", "cancelled", "On-Hold", "completed"))


def _status(values: Sequence[str | None]) -> Converted:
    texts = pl.Series("c", values, dtype=pl.String)
    return convert(texts, STATUS, decide_format(texts, STATUS, ValueOptions()), allow=frozenset())


def test_separators_and_other_spellings_are_a_named_heal() -> None:
    """Blanks, hyphens, underscores and camel case separate the same words; canceled is cancelled."""
    made = _status(["in progress", "In-Progress", "inProgress", "canceled", "ON HOLD", "Cancelled"])
    assert made.values.to_list() == [*["in_progress"] * 3, "cancelled", "On-Hold", "cancelled"]
    assert [heal.rule for heal in made.heals] == ["enum_label"]


def test_an_alias_of_two_labels_is_not_guessed() -> None:
    """M is male only where nothing else claims it."""
    sexes = PgType(3, "sex", "sex", "e", labels=("male", "female", "M"))
    texts = pl.Series(["m", "f"])
    made = convert(texts, sexes, decide_format(texts, sexes, ValueOptions()), allow=frozenset())
    assert made.values.to_list() == ["M", "female"]


@pytest.mark.parametrize("slip", ["complted", "completeed", "compelted"])
def test_a_rare_slip_of_a_common_label_is_an_assumption(slip: str) -> None:
    """One letter left out, doubled or changed over, once among many of its label."""
    made = _status(["completed"] * 40 + [slip])
    assert made.values[-1] == "completed"
    assert [(heal.rule, heal.assumption, heal.mask.sum()) for heal in made.heals] == [
        ("enum_near_miss", True, 1)
    ]


@pytest.mark.parametrize(
    "values",
    [
        ["completed", "complted"],  # too few of the label to call it a slip
        ["completed"] * 40 + ["complated"],  # another letter makes another word
        ["completed"] * 40 + ["ompleted"],
        ["cancelled"] * 40 + ["complted"],  # the label itself is not there
    ],
)
def test_any_other_likeness_fails(values: list[str]) -> None:
    """Without the evidence of the column a near miss is a reject that names the label."""
    made = _status(values)
    assert made.values[-1] is None
    assert "nearest label is 'completed'" in made.faults[-1].attempts[-1]


def test_each_unknown_text_has_its_own_nearest_label() -> None:
    """A reject names the label nearest to its own value."""
    made = _convert(["hapy", "sat", "hapy"])
    assert [(fault.mask.to_list(), fault.attempts[-1]) for fault in made.faults] == [
        ([True, False, True], "'hapy': nearest label is 'happy' (0.89)"),
        ([False, True, False], "'sat': nearest label is 'sad' (0.67)"),
    ]


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
