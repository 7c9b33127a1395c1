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


def test_an_object_without_a_known_key_is_a_reject(make_batch, make_plan, column) -> None:
    """It would be a row of defaults; a null is a value that the source gives, and so is an empty cell of CSV."""
    cells = {"id": ["1", None, None, None], "v": ["x", None, None, None], "foo": [None, None, "7", "8"]}
    lacks = {
        "id": [False, True, True, False],
        "v": [False, True, True, True],
        "foo": [True, True, False, False],
    }
    columns = [(column("id", "int4"), ["id"]), (column("v", "text", default="'z'"), ["v"])]
    batch = make_batch(cells, absent=lacks)
    healed = heal_batch(batch, make_plan(batch, *columns))
    assert healed.rejects.select(ROW, "reason", "value").rows() == [
        (2, "no_known_key", None),
        (3, "no_known_key", '{"foo":"7"}'),
    ]
    assert sorted(row for part in healed.parts for row in part[ROW]) == [1, 4]
    text = make_batch(cells)
    assert not heal_batch(text, make_plan(text, *columns)).rejects.height


def test_what_a_rescue_column_takes_is_a_row(make_batch, make_plan, column) -> None:
    """An object of unknown keys has its place there; an empty one has none."""
    batch = make_batch(
        {"id": ["1", None, None], "foo": [None, "7", None]},
        absent={"id": [False, True, True], "foo": [True, False, True]},
    )
    plan = make_plan(batch, (column("id", "int4"), ["id"]), (column("_rescued", "jsonb"), ["id"]))
    plan = replace(plan, columns=plan.columns[:1], rescue="_rescued")
    healed = heal_batch(batch, plan)
    assert healed.rejects.select(ROW, "reason").rows() == [(3, "no_known_key")]
    assert healed.parts[0]["_rescued"].to_list() == [None, '{"foo":"7"}']


def test_a_batch_of_empty_objects_is_rejects(make_batch, make_plan, column) -> None:
    """Also where no record of the batch has any key."""
    plan = make_plan(make_batch({"id": ["1"]}, absent={}), (column("id", "int4"), ["id"]))
    empty = make_batch({"id": [None, None]}, absent={"id": [True, True]})
    nothing = replace(empty, frame=empty.frame.drop("id"), absent={}, kinds={})
    for batch in (empty, nothing):
        assert heal_batch(batch, plan).rejects["reason"].to_list() == ["no_known_key"] * 2
