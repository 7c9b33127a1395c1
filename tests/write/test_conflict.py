"""`--on-conflict`: what becomes of rows whose key is taken, and that every one is accounted for."""

from __future__ import annotations

import pytest

from heal_cli.errors import WriteError
from heal_cli.model import ROW, WriteOptions

IGNORE = WriteOptions(on_conflict="ignore")
UPDATE = WriteOptions(on_conflict="update")


def duplicates(loaded) -> list[tuple[int, str]]:
    """Row and reason of each duplicate."""
    return loaded.written.duplicates.select(ROW, "reason").rows()


def test_ignored_duplicates_are_counted_and_recorded(lab, fallback) -> None:
    """Losers are duplicates, in the books as in the record, and never rejects."""
    lab.conn.execute("create table t (id int primary key, a int check (a > 0)); insert into t values (3, 7)")
    loaded = lab.load({"id": [*range(20), 5, 6], "a": [1, 1, 0, *([1] * 17), 2, -1]}, options=IGNORE)
    assert duplicates(loaded) == [(4, "duplicate_ignored"), (21, "duplicate_ignored")]
    assert set(loaded.rejects) == {3, 22}
    assert [frame.height for frame in loaded.recorded] == [4]
    totals = loaded.totals
    assert (totals.read, totals.loaded, totals.duplicates, totals.rejected) == (22, 18, 2, 2)
    assert (3, 7) in lab.rows()
    assert fallback == []


@pytest.mark.parametrize("key", [(), ("b",), ("c", "id")])
def test_only_the_key_decides_what_is_a_duplicate(lab, key) -> None:
    """A violation of another unique constraint than that of `--key` is a reject."""
    lab.conn.execute(
        "create table t (id int primary key, b int unique, c int, unique (id, c)); insert into t values (1, 10, 1), (2, 20, 2)"
    )
    loaded = lab.load({"id": [1, 7, *range(30, 40)], "b": [55, 20, *range(130, 140)], "c": [4] * 12},
                      options=WriteOptions(on_conflict="ignore", key=key))  # fmt: skip
    expected = {(): ([1], [2]), ("b",): ([2], [1]), ("c", "id"): ([], [1, 2])}[key]
    assert ([row for row, _ in duplicates(loaded)], sorted(loaded.rejects)) == expected


def test_few_duplicates_are_told_without_a_screen(lab) -> None:
    """A handful of rows goes one by one, with the same outcome."""
    lab.conn.execute("create table t (id int primary key); insert into t values (3)")
    loaded = lab.load({"id": [1, 3, 1]}, options=IGNORE)
    assert duplicates(loaded) == [(2, "duplicate_ignored"), (3, "duplicate_ignored")]


def test_duplicates_in_a_partition_are_duplicates(lab) -> None:
    """The server names the index of the partition, at any depth, and the key is that of the table."""
    lab.conn.execute(
        """create table t (id int primary key) partition by range (id);
        create table t1 partition of t for values from (0) to (10) partition by list (id);
        create table t11 partition of t1 for values in (1, 2, 3);
        insert into t values (3)"""
    )
    loaded = lab.load({"id": [1, 3, 1]}, options=IGNORE)
    assert duplicates(loaded) == [(2, "duplicate_ignored"), (3, "duplicate_ignored")]
    assert loaded.rejects == {}


def test_update_takes_the_last_of_each_key(lab, fallback) -> None:
    """Rows in the table are overwritten; within the batch the last row wins and says so."""
    lab.conn.execute(
        "create table t (id int primary key, a int, b text default 'kept'); insert into t values (3, 7, 'old')"
    )
    loaded = lab.load({"id": [1, 2, 3, 1, 4, 1], "a": [10, 20, 30, 40, 50, 60]}, options=UPDATE)
    assert lab.rows() == [(1, 60, "kept"), (2, 20, "kept"), (3, 30, "old"), (4, 50, "kept")]
    assert duplicates(loaded) == [(1, "duplicate_superseded"), (4, "duplicate_superseded")]
    assert loaded.written.duplicates["attempts"][0].to_list() == ["Key (id) = (1) is in row 6 again"]
    assert (loaded.totals.read, loaded.totals.loaded, loaded.totals.duplicates) == (6, 4, 2)
    assert fallback == []


def test_refused_row_supersedes_nothing(lab) -> None:
    """The last row of a key that the table takes wins, also when a later one is refused."""
    lab.conn.execute("create table t (id int primary key, a int check (a > 0))")
    loaded = lab.load({"id": [*range(20), 5, 5], "a": [*([1] * 20), 2, -1]}, options=UPDATE)
    assert (5, 2) in lab.rows()
    assert (duplicates(loaded), set(loaded.rejects)) == ([(6, "duplicate_superseded")], {22})


def test_a_row_that_loses_another_key_supersedes_nothing(lab) -> None:
    """The last row of a key is a reject for a second unique key, so the one before it is written."""
    lab.conn.execute("create table t (id int primary key, e text unique)")
    loaded = lab.load({"id": [1, 2, 3, 3], "e": ["a", "b", "c", "b"]}, options=UPDATE)
    assert lab.rows() == [(1, "a"), (2, "b"), (3, "c")]
    assert (duplicates(loaded), set(loaded.rejects)) == ([], {4})


def test_a_row_without_its_parent_supersedes_nothing(lab) -> None:
    """The last row of a key refers to nothing in its own table, so the one before it is written."""
    lab.conn.execute("create table t (id int primary key, parent int references t)")
    loaded = lab.load({"id": [1, 2, 2], "parent": [None, 1, 77]}, options=UPDATE)
    assert lab.rows() == [(1, None), (2, 1)]
    assert (duplicates(loaded), set(loaded.rejects)) == ([], {3})


@pytest.mark.parametrize("definition", [
    "id int, a int, unique (id)",
    "id int, a int; create unique index on t (id)",
    "id int generated always as identity primary key, a int",
    "id int generated by default as identity primary key, a int",
])  # fmt: skip
def test_update_by_any_unique_key(lab, definition) -> None:
    """A constraint, an index or an identity column will do as key."""
    head, _, then = definition.partition(";")
    lab.conn.execute(f"create table t ({head}); {then}")
    options = WriteOptions(on_conflict="update", key=("id",))
    for a in (1, 2):
        lab.load({"id": range(20), "a": [a] * 20}, options=options)
    assert lab.rows() == [(number, 2) for number in range(20)]


def test_update_with_nothing_but_the_key(lab) -> None:
    """Rows of keys alone are loaded again without change."""
    lab.conn.execute("create table t (id int primary key)")
    for _ in range(2):
        assert lab.load({"id": range(20)}, options=UPDATE).totals.loaded == 20


@pytest.mark.parametrize("options", [UPDATE, WriteOptions(on_conflict="ignore", key=("a",))])
def test_key_without_constraint_is_an_error(lab, options) -> None:
    """No unique constraint tells duplicates: the run stops with the flag to give."""
    lab.conn.execute("create table t (id int, a int)")
    with pytest.raises(WriteError, match="--key"):
        lab.load({"id": range(20), "a": range(20)}, options=options)


def test_deferrable_key_cannot_update(lab) -> None:
    """PostgreSQL takes no such constraint for ON CONFLICT: the run stops before it writes, and says what does."""
    lab.conn.execute("create table t (id int primary key deferrable, a int)")
    with pytest.raises(WriteError) as caught:
        lab.load({"id": range(20), "a": range(20)}, options=UPDATE)
    assert str(caught.value) == (
        f"Constraint 't_pkey' of {lab.schema}.t is deferrable, and ON CONFLICT takes no such constraint to update by."
        " Update by it with --mode upsert --key id"
    )


@pytest.mark.parametrize("refused_by", ["check", "trigger"])
@pytest.mark.parametrize(
    "options",
    [
        UPDATE,
        WriteOptions(mode="upsert", key=("id",)),
        WriteOptions(mode="update", key=("id",)),
    ],
    ids=["on-conflict", "upsert", "update"],
)
@pytest.mark.parametrize("last", [[-1], [3, -1], [-1, -1], [-1, 4]])
def test_a_refusal_far_behind_leaves_the_key_to_the_row_before(lab, options, refused_by, last) -> None:
    """Only the server finds it out, in a later savepoint than that of the row which it would have superseded."""
    lab.conn.execute(
        "create table t (id int primary key, a int); insert into t select n, 0 from generate_series(1, 200) as n"
    )
    if refused_by == "check":
        lab.conn.execute("alter table t add check (a > -1)")
    else:
        lab.conn.execute(
            """create function refuse() returns trigger language plpgsql as $$
            begin if new.a < 0 then raise exception 'refused'; end if; return new; end $$;
            create trigger r before insert or update on t for each row execute function refuse()"""
        )
    loaded = lab.load(
        {"id": [*range(1, 151), *[5] * len(last)], "a": [-1, *[2] * 149, *last]}, options=options
    )
    written = [a for a in (2, *last) if a > 0]
    assert dict(lab.rows())[5] == written[-1]
    assert {1, *([150 + len(last)] if last[-1] < 0 else [])} <= set(loaded.rejects)
    totals = loaded.totals
    assert totals.loaded + totals.duplicates + totals.rejected == 150 + len(last)
