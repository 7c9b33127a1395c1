"""Triggers that refuse, swallow, change and fill."""

from __future__ import annotations

from typing import Any, Final

import pytest

import heal_cli
from heal_cli.errors import PlanError, WriteError

BEFORE: Final = """
    create function act() returns trigger language plpgsql as $$begin {body} return new; end$$;
    create trigger act before insert on t for each row execute function act();
"""


def test_swallowed_rows(lab: Any) -> None:
    """Rows for which a trigger returns NULL are found, and are rejects."""
    lab.conn.execute(
        "create table t (id int primary key);"
        + BEFORE.format(body="if new.id % 50 = 7 then return null; end if;")
    )
    loaded = lab.load({"id": range(1, 201)})
    assert loaded.reasons == dict.fromkeys((7, 57, 107, 157), "trigger_skipped")
    assert len(lab.rows()) == 196


def test_changed_rows(lab: Any) -> None:
    """What a trigger changes is in the table, and a note names the trigger from the catalog."""
    lab.conn.execute(
        "create table t (id int primary key, v text);" + BEFORE.format(body="new.v := upper(new.v);")
    )
    loaded = lab.load({"id": [1], "v": ["a"]})
    assert lab.rows() == [(1, "A")]
    assert "'act'" in " ".join(loaded.report.notes)


def test_disabled_triggers_say_nothing(lab: Any) -> None:
    """A disabled trigger neither fires nor is named; heal disables none."""
    lab.conn.execute(
        "create table t (id int primary key);"
        + BEFORE.format(body="return null;")
        + "alter table t disable trigger act"
    )
    loaded = lab.load({"id": [1]})
    assert lab.rows() == [(1,)]
    assert "act" not in " ".join(loaded.report.notes)


@pytest.mark.parametrize("given", [True, False])
def test_filled_by_a_trigger(lab: Any, given: bool) -> None:
    """A NOT NULL column that a BEFORE trigger fills loads, whether the source leaves out cells or the column."""
    lab.conn.execute(
        "create table t (id int primary key, v text not null);"
        + BEFORE.format(body="new.v := coalesce(new.v, 'filled ' || new.id);")
    )
    lab.load({"id": [1, 2], "v": [None, "own"]} if given else {"id": [1, 2]})
    assert lab.rows() == [(1, "filled 1"), (2, "own" if given else "filled 2")]


def test_a_trigger_that_does_not_fill(lab: Any) -> None:
    """Where no row of the sample succeeds, the column is missing as without the trigger, and nothing is loaded."""
    lab.conn.execute(
        "create table t (id int primary key, v text not null);" + BEFORE.format(body="new.id := new.id + 1;")
    )
    with pytest.raises(PlanError, match="'v'"):
        lab.load({"id": [1, 2]})
    assert lab.rows() == []


def test_plan_leaves_it_open_whether_a_trigger_fills(lab: Any) -> None:
    """A plan tries no row: it covers the table, and a note says what a load finds out first."""
    lab.conn.execute(
        "create table t (id int primary key, v text not null);" + BEFORE.format(body="new.v := 'filled';")
    )
    found = heal_cli.plan(lab.file({"id": [1]}), table="t", dsn=lab.dsn, state_dir=str(lab.folder))
    assert found.exit_code == 0
    assert any("'v'" in note and "whether a trigger fills it" in note for note in found.notes)


def test_after_triggers(lab: Any) -> None:
    """Row and statement triggers after the write fire, and what they refuse is a reject."""
    lab.conn.execute(
        """create table t (id int primary key); create table seen (id int);
        create function note() returns trigger language plpgsql as $$begin
            if new.id = 5 then raise exception 'no'; end if;
            execute format('insert into %I.seen values ($1)', tg_table_schema) using new.id; return null; end$$;
        create trigger note after insert on t for each row execute function note()"""
    )
    loaded = lab.load({"id": range(1, 21)})
    assert loaded.reasons == {5: "raised_by_trigger"}
    assert len(lab.rows("select id from seen")) == 19


@pytest.mark.parametrize("refusal", [
    "raise exception 'no' using errcode = 'ZX001'",
    "raise exception 'no' using errcode = '45000'",
    "raise exception 'no' using errcode = 'undefined_object'",
    "assert false, 'no'",
    "select p.oid into strict found from pg_class p where false",
    "case when false then null; end case",
    "found := (select g from generate_series(1, 2) g)",
])  # fmt: skip
def test_whatever_a_trigger_refuses_with(lab: Any, refusal: str) -> None:
    """A row that the trigger's own code cannot take is a reject under any SQLSTATE, and the others are loaded."""
    lab.conn.execute(
        f"""create table t (id int primary key);
        create function refuse() returns trigger language plpgsql as $$declare found int; begin
            if new.id = 5 then {refusal}; end if; return new; end$$;
        create trigger refuse before insert on t for each row execute function refuse()"""
    )
    loaded = lab.load({"id": range(1, 21)})
    assert loaded.reasons.keys() == {5}
    assert len(lab.rows("select id from t")) == 19


def test_a_broken_trigger_ends_the_run(lab: Any) -> None:
    """A table that the trigger's own code misses is no change of the target: nothing is planned anew for ever."""
    lab.conn.execute(
        """create table t (id int primary key);
        create function broken() returns trigger language plpgsql as $$begin
            if new.id = 15 then execute 'select from nowhere'; end if; return new; end$$;
        create trigger broken before insert on t for each row execute function broken()"""
    )
    with pytest.raises(WriteError, match='relation "nowhere" does not exist'):
        lab.load({"id": range(1, 21)})
