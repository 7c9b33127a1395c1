"""Foreign keys, deferred constraints, and tables that refer to themselves."""

from __future__ import annotations

from typing import Any, Final

import pytest

P: Final = "create table p (a int, b int, primary key (a, b)); insert into p values (1, 1), (2, 2);"

ORPHANS: Final = {
    "simple": ("foreign key (a, b) references p", {4}),
    "match full": ("foreign key (a, b) references p match full", {3, 4}),
    "deferrable": ("foreign key (a, b) references p deferrable", {4}),
    "initially deferred": ("foreign key (a, b) references p deferrable initially deferred", {4}),
    "not valid": ("", {4}),
}
"""Constraint, rows refused of: whole, none, part, orphan."""


@pytest.mark.parametrize("name", ORPHANS)
def test_orphans(lab: Any, name: str) -> None:
    """A row without its parent is a reject that names constraint and key, deferred or not."""
    constraint, refused = ORPHANS[name]
    lab.conn.execute(P + f"create table t (id int, a int, b int{', ' + constraint if constraint else ''})")
    if not constraint:
        lab.conn.execute("alter table t add foreign key (a, b) references p not valid")
    loaded = lab.load(
        {"id": range(1, 21), "a": [1, None, 1, 1] + [2] * 16, "b": [1, None, None, 2] + [2] * 16}
    )
    assert loaded.reasons == dict.fromkeys(refused, "foreign_key_violation")
    assert set(loaded.constraints.values()) == {"t_a_b_fkey"}
    assert len(lab.rows()) == 20 - len(refused)


def test_constraint_trigger(lab: Any) -> None:
    """A deferred constraint trigger costs the rows it refuses, not the commit of their batch."""
    lab.conn.execute(
        """create table t (id int primary key);
        create function no() returns trigger language plpgsql as $$begin
            if new.id % 10 = 3 then raise exception 'no %', new.id; end if; return null; end$$;
        create constraint trigger no after insert on t deferrable initially deferred
            for each row execute function no()"""
    )
    loaded = lab.load({"id": range(1, 31)})
    assert loaded.reasons == dict.fromkeys((3, 13, 23), "raised_by_trigger")
    assert len(lab.rows()) == 27


def test_children_before_their_parents(lab: Any) -> None:
    """In one batch the order of rows is no matter; only a child of nobody is a reject, with its own children."""
    lab.conn.execute("create table t (id int primary key, parent int references t)")
    parents = [2, 3, 4, 5, None, 99, 6, *range(1, 20)]
    loaded = lab.load({"id": range(1, len(parents) + 1), "parent": parents})
    assert loaded.reasons == dict.fromkeys((6, 7, 13, 14, 20, 21), "foreign_key_violation")


@pytest.mark.parametrize("options", [{}, {"atomic": True}, {"jobs": 1}, {"ordered": True}, {"dry_run": True}])
def test_parents_in_a_later_batch(lab: Any, options: dict[str, Any]) -> None:
    """Rows refused for a reference to their own table are tried again after the last batch."""
    lab.conn.execute("create table t (id int primary key, parent int references t, v text)")
    count = 300
    parents = [at + 1 for at in range(1, count)] + [None]
    parents[9] = 1000
    path = lab.file({"id": range(1, count + 1), "parent": parents, "v": ["x" * 100] * count})
    loaded = lab.load(path, batch_bytes="4KiB", **options)
    assert loaded.reasons == dict.fromkeys(range(1, 11), "foreign_key_violation")
    assert loaded.report.rows.loaded == count - 10
    assert loaded.report.exit_code == 3
    if "dry_run" not in options:
        assert len(lab.rows()) == count - 10
        assert lab.load(path, batch_bytes="4KiB", **options).report.rows.loaded == 0
