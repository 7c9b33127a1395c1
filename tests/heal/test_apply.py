"""A batch through its plan: each reject speaks for its own row."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from heal_cli.heal import heal_batch
from heal_cli.model import ROW


def test_each_reject_has_its_own_reason(make_batch, make_plan, column) -> None:
    """Cells of one column that fail differently say so: an open question is not hidden by a broken date."""
    batch = make_batch({"d": ["2024-02-30", "03/04/2024", "never", "2024-01-31", "2024-01-31 10:00"]})
    healed = heal_batch(batch, make_plan(batch, (column("d", "date"), ["d"])))
    assert healed.rejects.select(ROW, "reason", "value").rows() == [
        (1, "not_convertible", "2024-02-30"),
        (2, "ambiguous", "03/04/2024"),
        (3, "not_convertible", "never"),
        (5, "would_drop_time", "2024-01-31 10:00"),
    ]


def test_each_reject_has_its_own_attempts(make_batch, make_plan, column) -> None:
    """The question stands with the row it is about, and with no other."""
    batch = make_batch({"d": ["2024-02-30", "03/04/2024"]})
    broken, open_ = heal_batch(batch, make_plan(batch, (column("d", "date"), ["d"]))).rejects["attempts"]
    assert broken.to_list() == ["ISO 8601 date: no such day in the calendar"]
    assert open_.to_list()[-1].startswith("all dates such as '03/04/2024' fit day-month and month-day order")


def test_a_row_that_fails_twice_is_one_reject(make_batch, make_plan, column) -> None:
    """The first fault of a row gives its reason, both columns stand in the attempts."""
    batch = make_batch({"a": ["x", "1"], "b": ["maybe", "2"]})
    plan = make_plan(batch, (column("a", "int4"), ["a"]), (column("b", "bool"), ["b"]))
    rejects = heal_batch(batch, plan).rejects
    assert rejects.select(ROW, "column", "value").rows() == [(1, "a", "x"), (2, "b", "2")]
    assert [attempt.split(":")[0] for attempt in rejects["attempts"][0]] == ["a", "b"]


def test_a_text_that_the_source_tells_from_a_null_stays(make_batch, make_plan, column) -> None:
    r"""COPY writes the characters \N as \\N: they are no null, and nothing is counted as healed."""
    batch = make_batch({"note": ["\\N", None, "x"]})
    told = replace(batch, quoted={"note": pl.Series([True, False, False])})
    plan = make_plan(batch, (column("note", "text"), ["note"]))
    healed, guessed = heal_batch(told, plan), heal_batch(batch, plan)
    assert [part["note"].to_list() for part in healed.parts] == [["\\N", None, "x"]]
    assert [part["note"].to_list() for part in guessed.parts] == [[None, None, "x"]]
    assert (len(healed.heals), len(guessed.heals)) == (0, 1)
