"""Views, partitions, inheritance, and every other kind of relation."""

from __future__ import annotations

from typing import Any, Final

import psycopg
import pytest
from psycopg import sql

from heal_cli.errors import SchemaError, WriteError

INSTEAD: Final = """
    create function put() returns trigger language plpgsql as $$begin
        if new.id = 3 then raise exception 'no'; end if;
        if new.id = 4 then return null; end if;
        execute format('insert into %I.base values ($1.id, $1.v)', tg_table_schema) using new; return new; end$$;
    create trigger put instead of insert on t for each row execute function put();
"""


def test_view_with_instead_of_trigger(lab: Any) -> None:
    """Its trigger places the rows; what it refuses or swallows is a reject."""
    lab.conn.execute(
        "create table base (id int, v text); create view t as select id, v from base where false;" + INSTEAD
    )
    loaded = lab.load({"id": range(1, 21), "v": ["a"] * 20})
    assert loaded.reasons == {3: "raised_by_trigger", 4: "trigger_skipped"}
    assert len(lab.rows("select * from base")) == 18


@pytest.mark.parametrize("option", ["", "with local check option", "with cascaded check option"])
def test_updatable_view(lab: Any, option: str) -> None:
    """It takes rows by INSERT; with a check option, rows outside of it are rejects."""
    lab.conn.execute(
        f"""create table base (id int primary key, v text, own int default 7);
        create view t as select id, v from base where id < 10 {option}"""
    )
    loaded = lab.load({"id": [1, 2, 2, 20], "v": ["a", "b", "c", "d"]})
    outside = {4: "with_check_option_violation"} if option else {}
    assert loaded.reasons == {3: "unique_violation", **outside}
    assert len(lab.rows("select * from base where own = 7")) == (2 if option else 3)


def test_view_with_a_computed_column(lab: Any) -> None:
    """A column that the view computes takes no values: the source's is left out with a note."""
    lab.conn.execute(
        "create table base (id int primary key, v int); create view t as select id, v, v * 2 as w from base"
    )
    loaded = lab.load({"id": [1], "v": [2], "w": [9]})
    assert lab.rows() == [(1, 2, 4)]
    assert "'w'" in " ".join(loaded.report.notes)


@pytest.mark.parametrize("kind", ["as identity", "as (v * 2) stored"])
def test_view_of_columns_that_the_server_fills(lab: Any, kind: str) -> None:
    """A view does not show that a column behind it takes no values: nothing is loaded, and the table has the way out."""
    lab.conn.execute(
        f"""create table base (v int, w int generated always {kind});
        create view t as select v, w from base"""
    )
    path = lab.file({"v": [1, 2], "w": [7, 8]})
    with pytest.raises(WriteError, match='non-DEFAULT value into column "w"') as error:
        lab.load(path)
    assert error.value.hint is not None
    assert error.value.hint.startswith("Load into the table behind the view")
    assert lab.rows("select * from base") == []
    assert lab.load(path, table="base").report.rows.loaded == 2


def test_partitions(lab: Any) -> None:
    """Rows go through the parent to their partitions; one without a partition is a reject."""
    lab.conn.execute(
        """create table t (id int, v text, primary key (id)) partition by range (id);
        create table t1 partition of t for values from (0) to (10) partition by list (id);
        create table t11 partition of t1 for values in (1, 2, 3);
        create table t2 partition of t for values from (10) to (100)"""
    )
    loaded = lab.load({"id": [1, 2, 5, 50, 500, 2], "v": list("abcdef")})
    assert loaded.reasons == {3: "check_violation", 5: "check_violation", 6: "unique_violation"}
    assert "partition" in loaded.said(5)
    assert lab.rows("select id from t11 order by 1") == [(1,), (2,)]


@pytest.mark.parametrize("by", ["list (v)", "hash (v)"])
def test_other_partitions(lab: Any, by: str) -> None:
    """List with a default, and hash."""
    bounds = (
        ["in ('a')", None]
        if "list" in by
        else ["with (modulus 2, remainder 0)", "with (modulus 2, remainder 1)"]
    )
    lab.conn.execute(f"create table t (id int, v text) partition by {by}")
    for at, bound in enumerate(bounds):
        lab.conn.execute(f"create table t{at} partition of t {'for values ' + bound if bound else 'default'}")
    assert lab.load({"id": range(20), "v": list("ab") * 10}).report.rows.loaded == 20


def test_one_partition_as_the_target(lab: Any) -> None:
    """A partition takes only the rows of its bound."""
    lab.conn.execute(
        "create table p (id int) partition by list (id); create table t partition of p for values in (1, 2)"
    )
    loaded = lab.load({"id": [1, 9, 2]})
    assert loaded.reasons == {2: "check_violation"}
    assert lab.rows("select id from p order by 1") == [(1,), (2,)]


def test_inheritance(lab: Any) -> None:
    """Rows go into the named table, not its children; a child has its parent's checks."""
    lab.conn.execute(
        "create table p (id int check (id < 100), v text); create table t (own int default 5) inherits (p);"
        "create table c () inherits (t)"
    )
    loaded = lab.load({"id": [1, 200], "v": ["a", "b"]})
    assert loaded.constraints == {2: "p_id_check"}
    assert lab.rows("select * from only t") == [(1, "a", 5)]


def test_unlogged_table(lab: Any) -> None:
    """It loads like any other."""
    lab.conn.execute("create unlogged table t (id int primary key)")
    assert lab.load({"id": [1, 1]}).reasons == {2: "unique_violation"}


def test_foreign_table(lab: Any) -> None:
    """Rows travel to the other server; what it refuses is a reject."""
    lab.extension("postgres_fdw")
    lab.conn.execute("create table base (id int primary key, v text)")
    info = lab.conn.info
    given = sql.SQL("host {}, port {}, dbname {}").format(info.host, str(info.port), info.dbname)
    lab.conn.execute(
        sql.SQL("create server {} foreign data wrapper postgres_fdw options ({})").format(
            sql.Identifier(lab.schema), given
        )
    )
    lab.conn.execute(
        f"""create user mapping for current_user server {lab.schema};
        create foreign table t (id int, v text) server {lab.schema}
            options (schema_name '{lab.schema}', table_name 'base')"""
    )
    try:
        lab.conn.execute("select from t")
    except psycopg.OperationalError as error:
        pytest.skip(f"the server may not log in to itself: {error}")
    loaded = lab.load({"id": [1, 2, 2], "v": ["a", "b", "c"]})
    assert loaded.reasons == {3: "unique_violation"}
    assert lab.rows() == [(1, "a"), (2, "b")]


def test_foreign_table_that_takes_no_rows(lab: Any) -> None:
    """It is refused with that reason."""
    lab.extension("file_fdw")
    lab.conn.execute(
        f"""create server {lab.schema} foreign data wrapper file_fdw;
        create foreign table t (id int) server {lab.schema} options (filename '/dev/null')"""
    )
    with pytest.raises(SchemaError, match="foreign table"):
        lab.load({"id": [1]})


REFUSED: Final = {
    "materialized view": ("create materialized view t as select 1 as id", "materialized view"),
    "grouped view": ("create view t as select count(*) as id", "cannot insert"),
    "no columns": ("create table t ()", "no columns"),
    "sequence": ("create sequence t", "is a sequence"),
    "type": ("create type t as (id int)", "is a composite type"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_relations_that_take_no_rows(lab: Any, name: str) -> None:
    """They are refused with a clear reason, before anything is read into them."""
    ddl, why = REFUSED[name]
    lab.conn.execute(ddl)
    with pytest.raises(SchemaError, match=why) as refused:
        lab.load({"id": [1]})
    assert refused.value.hint


def test_rules(lab: Any) -> None:
    """COPY ignores rules: the rows are written as they are, and a note names the rules."""
    lab.conn.execute(
        """create table t (id int); create table other (id int);
        create rule r as on insert to t do instead insert into other values (new.id)"""
    )
    loaded = lab.load({"id": [1]})
    assert lab.rows() == [(1,)]
    assert "'r'" in " ".join(loaded.report.notes)
