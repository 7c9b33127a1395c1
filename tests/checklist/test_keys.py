"""Unique keys of every kind, exclusion constraints, and what --on-conflict makes of a duplicate."""

from __future__ import annotations

from typing import Any, Final

import pytest

from heal_cli.errors import WriteError

N: Final = 20

KEYS: Final = {
    "primary key": ("id int primary key, v text", "", {1}),
    "unique": ("id int, v text unique", "", {2, 3}),
    "composite": ("id int, v text, unique (id, v)", "", set()),
    "partial": ("id int, v text", "create unique index u on t (v) where id <> 3", {2}),
    "expression": ("id int, v text", "create unique index u on t (lower(v))", {2, 3, 4}),
    "nulls are distinct": ("id int, v text, unique (v)", "", {2, 3}),
    "nulls not distinct": ("id int, v text, unique nulls not distinct (v)", "", {2, 3, 6}),
    "citext": ("id int, v public.citext unique", "", {2, 3, 4}),
    "deferrable": ("id int, v text unique deferrable initially deferred", "", {2, 3}),
    "exclusion": ("id int, v text, exclude using btree (v with =)", "", {2, 3}),
    "range exclusion": ("id int, v int4range, exclude using gist (v with &&)", "", {2}),
    "without overlaps": ("id int, v int4range, unique (id, v without overlaps)", "", {1}),
}
"""Columns, more DDL, the places of the rows that are refused."""


@pytest.mark.parametrize("name", KEYS)
def test_first_row_of_each_key_wins(lab: Any, name: str) -> None:
    """The row that comes first has the key, in the table or in the file; the later ones are rejects."""
    columns, ddl, refused = KEYS[name]
    since = {"without overlaps": 180000, "nulls not distinct": 150000}.get(name, 0)
    if lab.conn.info.server_version < since:
        pytest.skip(f"not before PostgreSQL {since // 10000}")
    for extension in ("citext", "btree_gist"):
        lab.extension(extension)
    lab.conn.execute(f"create table t ({columns}); {ddl}")
    values = ["a", "b", "b", "a", "A", None, None, *map(str, range(N))]
    ids = list(range(len(values)))
    if "range" in columns:
        values = ["[1,5)", "[7,9)", "[4,6)", *(f"[{at},{at + 1})" for at in range(20, 40))]
        ids = [0] + [0] * (len(values) - 1) if "without" in name else list(range(len(values)))
        values = [values[0], values[2], values[1], *values[3:]] if "without" in name else values
    if name == "primary key":
        ids[1] = 0
    loaded = lab.load({"id": ids, "v": values})
    assert {row - 1 for row in loaded.reasons} == refused


def test_where_the_winner_is(lab: Any) -> None:
    """A duplicate of the same batch, of an earlier batch of the run, and of the table before are told apart."""
    lab.conn.execute("create table t (id int primary key, v text); insert into t values (900, 'old')")
    ids = [*range(400), 5, 900]
    ids[390] = 3
    path = lab.file({"id": ids, "v": ["x" * 40] * len(ids)})
    loaded = lab.load(path, batch_bytes="8KiB", ordered=True)
    assert loaded.reasons == dict.fromkeys((391, 401, 402), "unique_violation")
    assert "earlier in this run" in loaded.said(401)
    assert "in the table before" in loaded.said(402)
    again = lab.load({"id": [*range(1000, 1020), 1003], "v": ["y"] * 21})
    assert "is in row 4" in again.said(21)


@pytest.mark.parametrize("key", [[], ["id"]])
def test_ignored_duplicates(lab: Any, key: list[str]) -> None:
    """With `ignore` the row that is there stands, and losers are recorded as duplicates."""
    lab.conn.execute("create table t (id int primary key, v text); insert into t values (1, 'old')")
    loaded = lab.load({"id": [1, 2, 2], "v": ["new", "a", "b"]}, on_conflict="ignore", key=key)
    assert lab.rows() == [(1, "old"), (2, "a")]
    assert loaded.reasons == dict.fromkeys((1, 3), "duplicate_ignored")
    assert loaded.report.rows.duplicates == 2
    assert loaded.report.rejects_path is not None, "they are in a file, so the report has to say in which"


@pytest.mark.parametrize("key", [[], ["id"], ["v", "w"]])
def test_updated_duplicates(lab: Any, key: list[str]) -> None:
    """With `update` the last row of each key stands, those before it are superseded."""
    lab.conn.execute("create table t (id int primary key, v text, w int, unique (v, w))")
    lab.conn.execute("insert into t values (1, 'a', 1)")
    loaded = lab.load({"id": [1, 2, 2], "v": ["a", "b", "b"], "w": [1, 2, 2]}, on_conflict="update", key=key)
    assert lab.rows() == [(1, "a", 1), (2, "b", 2)]
    assert loaded.reasons == {2: "duplicate_superseded"}


@pytest.mark.parametrize(
    "ddl",
    ["create unique index on t (lower(v))", "alter table t add exclude using btree (v with =)"],
)
def test_no_key_to_update_by(lab: Any, ddl: str) -> None:
    """An expression and an exclusion constraint are no keys that a row could be updated by: it is said."""
    lab.conn.execute(f"create table t (id int, v text); {ddl}")
    with pytest.raises(WriteError, match="--key"):
        lab.load({"id": [1], "v": ["a"]}, on_conflict="update", key=["v"])


def test_deferrable_key_is_no_arbiter(lab: Any) -> None:
    """ON CONFLICT takes no deferrable constraint; the message says so in place of the server's."""
    lab.conn.execute("create table t (id int primary key deferrable, v text)")
    with pytest.raises(WriteError, match="deferrable"):
        lab.load({"id": [1], "v": ["a"]}, on_conflict="update")
