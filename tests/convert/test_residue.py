"""The frame of all families: strict first, then only what failed, scattered back."""

from __future__ import annotations

import polars as pl

from heal_cli.convert.residue import Attempt, Healer, Refusal, heal_residue, open_cells
from heal_cli.model import HealMask


def _strict(values: pl.Series) -> pl.Series:
    return values.cast(pl.Int64, strict=False)


def _refusing(texts: pl.Series) -> Attempt:
    nothing = pl.Series([None] * len(texts), dtype=pl.Int64)
    return Attempt(nothing, (), (Refusal("too_odd", texts == "odd", "odd is odd"),))


def _doubling(texts: pl.Series) -> Attempt:
    values = texts.str.strip_suffix("x2").cast(pl.Int64, strict=False) * 2
    return Attempt(values, (HealMask("doubled", texts.str.ends_with("x2")),))


def test_a_clean_column_meets_no_healer() -> None:
    """Where the strict cast took everything, no healer runs."""

    def never(texts: pl.Series) -> Attempt:
        raise AssertionError

    values = pl.Series("c", ["1", None, "2"])
    made = heal_residue(values, _strict(values), [Healer("never", never)])
    assert (made.values.to_list(), made.heals, made.failed) == ([1, None, 2], (), None)


def test_each_healer_sees_only_what_is_open() -> None:
    """Healed, refused and null cells leave the residue; masks are as high as the column."""
    values = pl.Series("c", ["1", "3x2", "odd", "n/a", "bad", None])
    seen: list[list[str]] = []

    def spy(texts: pl.Series) -> Attempt:
        seen.append(texts.to_list())
        return Attempt(pl.Series([None] * len(texts), dtype=pl.Int64))

    healers = [Healer("", _refusing), Healer("doubled numbers", _doubling), Healer("spy", spy)]
    made = heal_residue(values, _strict(values), healers, nulls=("n/a",))
    assert made.values.to_list() == [1, 6, None, None, None, None]
    assert seen == [["bad"]]
    assert {heal.rule: heal.mask.arg_true().to_list() for heal in made.heals} == {
        "null_token": [3],
        "doubled": [1],
    }
    assert made.failed is not None
    assert made.failed.arg_true().to_list() == [2, 4]
    assert [(fault.reason, fault.mask.arg_true().to_list(), fault.attempts) for fault in made.faults] == [
        ("too_odd", [2], ("odd is odd",)),
        ("not_convertible", [4], ("doubled numbers", "spy")),
    ]


def test_a_healer_may_give_the_reason() -> None:
    """What a healer refuses fails for the healer's reason."""
    values = pl.Series(["odd", "1"])
    assert heal_residue(values, _strict(values), [Healer("", _refusing)]).faults[0].reason == "too_odd"


def test_the_strict_series_is_not_written_to() -> None:
    """Scattering back leaves the caller's series as it was."""
    values = pl.Series(["1", "3x2"])
    typed = _strict(values)
    heal_residue(values, typed, [Healer("", _doubling)])
    assert typed.to_list() == [1, None]


def test_heals_of_the_strict_cast_join_those_of_the_healers() -> None:
    """One rule is one mask, whoever applied it."""
    values = pl.Series(["1", "3x2"])
    heals = (HealMask("doubled", pl.Series([True, False])),)
    made = heal_residue(values, _strict(values), [Healer("", _doubling)], heals=heals)
    assert [(heal.rule, heal.mask.to_list()) for heal in made.heals] == [("doubled", [True, True])]


def test_open_cells_are_those_that_were_something() -> None:
    """A null of the source is not open."""
    assert open_cells(pl.Series(["1", None, "x"]), pl.Series([1, None, None])).to_list() == [2]


def test_texts_that_repeat_are_read_once() -> None:
    """What becomes of each cell is the same as in a column without repeats, and each healer sees a text once."""
    seen: list[int] = []

    def doubling(texts: pl.Series) -> Attempt:
        seen.append(len(texts))
        return _doubling(texts)

    healers = [Healer("", _refusing), Healer("twice", doubling)]
    cells = ["1", "3x2", "odd", "n/a", "bad", None, "4x2"]
    single, many = (
        heal_residue(values, _strict(values), healers, nulls=("n/a",))
        for values in (pl.Series("c", cells), pl.Series("c", cells * 500))
    )
    assert seen == [3, 3]
    assert many.values.to_list() == single.values.to_list() * 500
    assert [(heal.rule, heal.mask.to_list()) for heal in many.heals] == [
        (heal.rule, heal.mask.to_list() * 500) for heal in single.heals
    ]
    assert [(fault.reason, fault.mask.to_list(), fault.attempts) for fault in many.faults] == [
        (fault.reason, fault.mask.to_list() * 500, fault.attempts) for fault in single.faults
    ]


def test_texts_that_repeat_are_read_as_single_ones() -> None:
    """Few texts again and again, tokens among them, have the values, heals and faults of each."""
    once = pl.Series("c", ["1", "3x2", "odd", "n/a", "bad", None, " N/A"])
    healers = [Healer("", _refusing), Healer("doubled numbers", _doubling)]
    times = 300
    single, many = (
        heal_residue(values, _strict(values), healers, nulls=("n/a",))
        for values in (once, pl.concat([once] * times))
    )
    assert many.values.to_list() == single.values.to_list() * times
    assert [(heal.rule, heal.mask.to_list()) for heal in many.heals] == [
        (heal.rule, heal.mask.to_list() * times) for heal in single.heals
    ]
    assert [(fault.reason, fault.mask.to_list(), fault.attempts) for fault in many.faults] == [
        (fault.reason, fault.mask.to_list() * times, fault.attempts) for fault in single.faults
    ]
