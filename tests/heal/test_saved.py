"""A plan as a file: what it says is what is planned, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from corpus import TUNING, read_pairs

from heal_cli.errors import HealError, PlanError, UsageError
from heal_cli.heal import PlanOptions, make_plan, parse_plan, plan_text
from heal_cli.model import ROW, Batch, Chunk, MatchOptions, Plan, ValueOptions
from heal_cli.patterns import load_catalogue

CATALOGUE = load_catalogue()
PAIR = next(pair for pair in read_pairs(TUNING) if pair.name == "a German invoice list: net, tax, gross")
OPTIONS = PlanOptions(
    MatchOptions(),
    ValueOptions(decimal=",", allow=frozenset({"round"})),
    "drop",
    datetime(2026, 1, 5, tzinfo=UTC),
)


def planned(options: PlanOptions = OPTIONS, **changes: Any) -> Plan:
    """The plan of the invoices; `changes` are made to the table."""
    frame = PAIR.sample.with_row_index(ROW, offset=1).cast({ROW: pl.Int64})
    chunk = Chunk(0, 0, 0, 1, 1, "", frame.height, 0, None)
    batch = Batch(chunk, frame, frame.clear(), lambda rows: pl.DataFrame())
    return make_plan(batch, replace(PAIR.table, **{"version": "v", **changes}), CATALOGUE, options=options)


def test_a_saved_plan_says_all_of_the_plan() -> None:
    """Mapping, formats, values and the rest come back as they were, whatever the flags say now."""
    plan = planned()
    saved = parse_plan(plan_text(plan), "p.toml")
    other = replace(OPTIONS, values=ValueOptions(), unknown_columns="rescue", saved=saved)
    again = planned(other)
    assert [(c.column, c.source, c.format) for c in again.columns] == [
        (c.column, c.source, c.format) for c in plan.columns
    ]
    assert (again.values, again.unknown_columns) == (plan.values, plan.unknown_columns)
    assert (again.unmatched_source, again.unmatched_target) == (plan.unmatched_source, plan.unmatched_target)
    assert plan_text(again).count("[[column]]") == len(plan.columns)


def test_an_edited_plan_is_followed() -> None:
    """A column taken out of the file stays out of the load."""
    text = plan_text(planned()).replace('source = "MwSt"', 'source = "Nettobetrag"')
    text = text.replace('[[column]]\ntarget = "net_amount"', '[[column]]\ntarget = "gross_amount"', 1)
    with pytest.raises(UsageError, match="stands there twice"):
        parse_plan(text, "p.toml")
    only = parse_plan(text[: text.index("\n# ", text.index("heal_plan"))], "p.toml")
    assert planned(replace(OPTIONS, saved=only)).columns == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('table = "public.invoices"', 'table = "public.bills"', "Plan 'p.toml' is for public.bills, not for public.invoices"),
        ('schema_version = "v"', 'schema_version = "u"', "Plan 'p.toml' is for schema version u of public.invoices; the table is at v now"),
        ('source = "MwSt"', 'source = "MwSteuer"', "Plan 'p.toml': the source has no column 'MwSteuer'"),
        ('target = "paid"', 'target = "payd"', "Plan 'p.toml': the table has no column 'payd'"),
        ("heal_plan = 1", "heal_plan = 2", "Plan 'p.toml': Invalid enum value 2 - at `$.heal_plan`"),
        ('source = "MwSt"', 'default = "0"\nsource = "MwSt"', "Plan 'p.toml': column 'vat_amount' needs either a source or a default"),
        ("heal_plan = 1", "heal_plan == 1", "Plan 'p.toml' is not TOML"),
        ('decimal = ","', 'decimall = ","', "Plan 'p.toml': [values] knows no key 'decimall'"),
        ('[column.format]\n', '[column.format]\ndate_ordre = "DMY"\n', "Plan 'p.toml': [column.format] of 'invoice_number' knows no key 'date_ordre'"),
    ],
)  # fmt: skip
def test_a_plan_that_does_not_fit_is_refused(old: str, new: str, message: str) -> None:
    """Another table, another version, unknown columns, broken files: named, and nothing is guessed."""
    text = plan_text(planned())
    assert old in text
    with pytest.raises(HealError) as caught:
        planned(replace(OPTIONS, saved=parse_plan(text.replace(old, new), "p.toml")))
    assert caught.value.message.startswith(message)
    assert isinstance(caught.value, PlanError | UsageError)


@pytest.mark.parametrize(
    ("values", "renames", "told"),
    [
        (OPTIONS.values, (), None),
        (ValueOptions(), (("MwSt", "vat_amount"),), None),
        (ValueOptions(decimal=".", nulls=("x",)), (("MwSt", "paid"),), "--map, --null, --decimal changed nothing"),
        (ValueOptions(allow=frozenset({"truncate"})), (), "--allow changed nothing"),
    ],
)  # fmt: skip
def test_flags_that_say_otherwise_are_named(
    values: ValueOptions, renames: tuple[tuple[str, str], ...], told: str | None
) -> None:
    """A saved plan is followed whatever the flags say, and a note says which of them had no effect."""
    saved = parse_plan(plan_text(planned()), "p.toml")
    plan = planned(replace(OPTIONS, match=MatchOptions(renames=renames), values=values, saved=saved))
    notes = [note for note in plan.notes if note.startswith("Plan ")]
    assert notes == ([f"Plan 'p.toml' is followed exactly: {told}"] if told else [])
