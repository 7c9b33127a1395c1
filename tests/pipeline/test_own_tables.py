"""Schema `heal`: what heal keeps there is nobody's target, and what is not heal's own stands in nobody's way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from heal_cli.errors import UsageError, WriteError


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
