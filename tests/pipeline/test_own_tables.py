"""Schema `heal`: what heal keeps there is nobody's target, and what is not heal's own stands in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import heal_cli
from heal_cli.errors import UsageError, WriteError
from heal_cli.patterns import TABLES
from heal_cli.write import LEDGER_TABLES


@pytest.fixture(autouse=True)
def _no_schema_heal(retrying: Any) -> Iterator[None]:
    """Each test begins without one."""
    retrying.conn.execute("drop schema if exists heal cascade")
    yield
    retrying.conn.execute("drop schema if exists heal cascade")


@pytest.mark.parametrize("name", ["heal.load_runs", "Heal.Patterns", "heal.migrations"])
@pytest.mark.parametrize("create", [True, False])
def test_no_rows_into_tables_of_heal(retrying: Any, name: str, create: bool) -> None:
    """They are refused by name, there or not, and nothing is made or written."""
    if not create:
        retrying.conn.execute("create table t (id int)")
        retrying.load("id\n1\n")
    ledger = "select to_regclass('heal.load_runs')" if create else "select count(*) from heal.load_runs"
    before = retrying.all(ledger)
    with pytest.raises(UsageError) as refused:
        retrying.load("run,name\n1,x\n", table=name, create=create)
    assert refused.value.message.endswith("is a table of heal's own, where only heal itself writes")
    assert retrying.all(ledger) == before


def test_other_tables_of_such_a_schema_are_the_users(retrying: Any) -> None:
    """A schema of the same name that was there before takes rows, beside the ledger that heal makes in it."""
    retrying.conn.execute("create schema heal; create table heal.patients (id int)")
    assert retrying.load("id\n1\n2\n", table="heal.patients").rows.loaded == 2
    assert retrying.load(None, table="heal.patients").rows.already == 2


def test_a_table_in_the_place_of_the_ledger(retrying: Any) -> None:
    """Somebody else's table of such a name is told as that, and nothing is loaded."""
    retrying.conn.execute("create schema heal; create table heal.load_runs (id int); create table t (id int)")
    with pytest.raises(WriteError) as refused:
        retrying.load("id\n1\n")
    assert str(refused.value) == (
        'Schema heal holds something that heal has not made: relation "load_runs" already exists.'
        " heal keeps its ledger in a schema of that name; rename yours: ALTER SCHEMA heal RENAME TO ..."
    )
    assert retrying.all() == []


@pytest.mark.parametrize("name", ["patterns", "match_trials"])
def test_a_table_in_the_place_of_what_was_learned(retrying: Any, name: str) -> None:
    """It is told as that, with what to type, and left as it is. Previously heal ended with a defect."""
    retrying.conn.execute(f"create schema heal; create table heal.{name} (id int, seam text)")
    retrying.conn.execute(f"create table t (id int); insert into heal.{name} values (1, 'bias')")
    with pytest.raises(WriteError) as refused:
        retrying.load("id\n1\n")
    lacks = "kind" if name == "patterns" else "run"
    assert str(refused.value) == (
        f"heal.{name} is not what heal makes under that name: it has no column {lacks!r}. heal keeps what it learns"
        f" in a schema of that name; rename yours: ALTER TABLE heal.{name} RENAME TO ..."
    )
    with pytest.raises(WriteError, match="is not what heal makes"):
        heal_cli.is_statistically_significant("x", dsn=retrying.dsn)
    assert retrying.all(f"select * from heal.{name}") == [(1, "bias")]
    assert retrying.all() == []
    retrying.conn.execute(f"alter table heal.{name} rename to mine")
    assert retrying.load("id\n1\n").rows.loaded == 1


def test_such_a_table_keeps_nobody_from_looking(retrying: Any) -> None:
    """A plan and a dry run write nothing, and so have nothing to learn. Previously they ended with a defect, too."""
    retrying.conn.execute("create table t (id int)")
    retrying.load("id\n0\n")
    retrying.conn.execute("drop table heal.patterns; create table heal.patterns (id int)")
    path = retrying.folder / "b.csv"
    path.write_text("id\n1\n")
    assert heal_cli.plan(path, table="t", **retrying.options).plan.columns
    assert heal_cli.load(path, table="t", dry_run=True, **retrying.options).rows.loaded == 1


def test_the_names_of_heals_tables(retrying: Any) -> None:
    """No table of heal's is a target, so each that is made has to be known by name."""
    retrying.conn.execute("create table t (id int)")
    retrying.load("id\n1\n")
    made = retrying.all(
        "select relname from pg_class where relkind = 'r' and relnamespace = 'heal'::regnamespace"
    )
    assert {name for (name,) in made} == LEDGER_TABLES | TABLES
