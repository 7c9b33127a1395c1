"""Row security and rights: what a role may not do is said once, what a policy refuses is a reject."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from heal_cli.errors import HealError

COLUMNS = "id int generated always as identity primary key, v text, n int default 7"


@pytest.fixture
def role(lab: Any) -> Iterator[str]:
    """A role that may use the lab's schema and nothing else; the lab loads as it."""
    name = f"r_{lab.schema}"
    lab.conn.execute(f"create role {name}; grant usage on schema {lab.schema} to {name}")
    lab.dsn = make_conninfo(lab.dsn, options=f"-c search_path={lab.schema},public -c role={name}")
    yield name
    lab.conn.execute(f"drop owned by {name}; drop role {name}")


def test_row_security(lab: Any, role: str) -> None:
    """Rows go by INSERT, and those that a policy refuses are rejects; identity obeys the same flag."""
    lab.conn.execute(
        f"""create table t ({COLUMNS}); alter table t enable row level security;
        create policy w on t for insert with check (v <> 'no'); create policy r on t for select using (true);
        grant select, insert on t to {role}"""
    )
    loaded = lab.load({"id": [5, 6, 7], "v": ["a", "no", "b"]})
    assert loaded.reasons == {2: "row_security_violation"}
    assert [v for _, v, _ in lab.rows()] == ["a", "b"]
    lab.load({"id": [50, 60], "v": ["c", "d"]}, override_identity=True)
    assert [row[0] for row in lab.rows()][-2:] == [50, 60]


@pytest.mark.parametrize("reads", ["select (id)", ""])
def test_column_rights(lab: Any, role: str, reads: str) -> None:
    """INSERT on the columns that are loaded is enough; a source column without the right is left out with a note."""
    lab.conn.execute(f"create table t (id int, v text, n int); grant insert (id, v) on t to {role}")
    if reads:
        lab.conn.execute(f"grant {reads} on t to {role}")
    loaded = lab.load({"id": [1, 2], "v": ["a", "b"], "n": [1, 2]})
    assert lab.rows() == [(1, "a", None), (2, "b", None)]
    assert "'n'" in " ".join(loaded.report.notes)


@pytest.mark.parametrize(
    ("ddl", "said"),
    [
        ("create table t (id int); grant select on t to {role}", "may not insert"),
        (
            "create table t (id int); grant insert on t to {role}; revoke usage on schema {schema} from {role}",
            "schema",
        ),
        ("create table t (id serial, v text); grant insert on t to {role}", "t_id_seq"),
        (
            "create table t (id int primary key, v text); grant insert, select on t to {role}",
            "may not update",
        ),
    ],
)
def test_missing_rights_end_the_run(lab: Any, role: str, ddl: str, said: str) -> None:
    """A right that the table, schema or sequence wants is no row's fault: it is named, and nothing is rejected."""
    lab.conn.execute(ddl.format(role=role, schema=lab.schema))
    update = {"on_conflict": "update"} if "update" in said else {}
    columns = {"v": ["a"]} if "seq" in said else {"id": [1]}
    with pytest.raises(HealError, match=said):
        lab.load(columns, table=f"{lab.schema}.t", **update)
    assert lab.rows("select * from t") == []


def test_no_schema_for_the_ledger(lab: Any, role: str) -> None:
    """Without schema heal loading works, and one note says what is lost."""
    lab.conn.execute(f"create table t (id int); grant insert on t to {role}")
    loaded = lab.load({"id": [1]})
    assert lab.rows() == [(1,)]
    assert sum("cannot be resumed" in note for note in loaded.report.notes) == 1
