"""Where COPY is refused, or a row's fate is not the query's to tell, the same rows load."""

from __future__ import annotations

import pytest

from heal_cli.model import WriteOptions

N = 40


@pytest.fixture
def as_role(lab):
    """Log in as a plain role that holds `grants` on table t; `temp` says whether it may make temporary tables."""
    made = []

    def logged_in(grants: str, *, temp: bool = True) -> None:
        name = f"r_{lab.schema}"
        made.append(name)
        database = lab.conn.info.dbname
        lab.conn.execute(f"create role {name} login password 'secret'")
        lab.conn.execute(f"grant usage on schema {lab.schema}, heal to {name}; grant {grants} on t to {name}")
        lab.conn.execute(f"grant all on all tables in schema heal to {name}")
        if not temp:
            lab.conn.execute(f"revoke temp on database {database} from public")
        lab.log_in(name)

    yield logged_in
    for name in made:
        lab.conn.execute(f"grant temp on database {lab.conn.info.dbname} to public")
        lab.conn.execute(f"drop owned by {name}; drop role {name}")


ROWS = {
    "id": list(range(N)),
    "s": ["abc"] * N,
    "p": ["1.5"] * N,
    "i": ["10.0.0.1"] * N,
    "a": ["{1,NULL}"] * N,
    "j": ['{"k": [1]}'] * N,
}
COLUMNS = "id int primary key, s varchar(3), p numeric(6,2), i inet, a int[], j jsonb"


@pytest.mark.parametrize("temp", [True, False])
def test_row_security_rejects_rows(lab, as_role, temp) -> None:
    """With policies the rows go by INSERT, and a row that a policy refuses is a reject."""
    lab.conn.execute(
        f"create table t ({COLUMNS}); alter table t enable row level security;"
        "create policy reads on t for select using (true);"
        "create policy writes on t for insert with check (id % 20 <> 3)"
    )
    as_role("select, insert", temp=temp)
    loaded = lab.load({**ROWS, "id": [*range(N - 1), 5]})
    assert loaded.rejects == {
        4: ("row_security_violation", "42501", None),
        24: ("row_security_violation", "42501", None),
        N: ("unique_violation", "23505", "t_pkey"),
    }
    assert lab.rows("count(*), min(a::text), min(j::text)") == [(N - 3, "{1,NULL}", '{"k": [1]}')]


@pytest.mark.parametrize("temp", [True, False])
def test_plain_view_takes_rows(lab, as_role, temp) -> None:
    """An updatable view takes INSERT, and its check option rejects rows."""
    lab.conn.execute(
        f"create table base ({COLUMNS}); create view t as select * from base where id <> 7 with check option"
    )
    as_role("select, insert", temp=temp)
    loaded = lab.load({**ROWS, "s": ["abc"] * (N - 1) + ["toolong"]})
    assert {row: code for row, (_, code, _) in loaded.rejects.items()} == {8: "44000", N: "22001"}
    assert len(lab.rows(table="base")) == N - 2


def test_view_with_a_trigger_takes_rows(lab) -> None:
    """INSTEAD OF INSERT triggers see the rows; what they refuse or swallow is a reject."""
    lab.conn.execute(
        f"""create table base (id int); create view t as select * from base;
        create function put() returns trigger language plpgsql as 'begin
        if new.id = 7 then raise exception ''no''; end if; if new.id = 9 then return null; end if; insert into {lab.schema}.base values (new.id); return new; end';
        create trigger put instead of insert on t for each row execute function put()"""
    )
    loaded = lab.load({"id": range(N)})
    assert loaded.rejects == {8: ("raised_by_trigger", "P0001", None), 10: ("trigger_skipped", None, None)}
    assert len(lab.rows(table="base")) == N - 2


def test_column_rights_are_enough(lab, as_role) -> None:
    """INSERT on the columns that are loaded is enough."""
    lab.conn.execute("create table t (id int, secret int)")
    as_role("select (id), insert (id)")
    assert lab.load({"id": range(N)}).totals.loaded == N


@pytest.mark.parametrize("temp", [True, False])
def test_update_without_temporary_tables(lab, as_role, temp) -> None:
    """Every row is accounted for, and the last of each key stands."""
    lab.conn.execute(f"create table t ({COLUMNS})")
    as_role("select, insert, update", temp=temp)
    loaded = lab.load(
        {**ROWS, "id": [*range(N - 1), 5], "s": ["a"] * (N - 1) + ["z"]},
        options=WriteOptions(on_conflict="update"),
    )
    assert lab.rows("s", order="id")[5] == ("z",)
    totals = loaded.totals
    assert totals.loaded + totals.duplicates == totals.read == N


def test_no_right_to_make_temporary_tables(lab, as_role, fallback) -> None:
    """Without the TEMP right bad rows are isolated as before."""
    lab.conn.execute(f"create table t ({COLUMNS})")
    as_role("select, insert", temp=False)
    assert set(lab.load({**ROWS, "id": [*range(N - 1), 5]}).rejects) == {N}
    assert fallback


FILL = """
    create function fill() returns trigger language plpgsql as 'begin
        if new.a is null then new.a := new.id; end if;
        if new.s = ''drop'' then return null; end if;
        return new; end';
    create trigger fill before insert on t for each row execute function fill()
"""


def test_trigger_that_mends_rows(lab, fallback) -> None:
    """A row that a BEFORE trigger makes whole loads; one that it does not is refused by the server's word."""
    lab.conn.execute("create table t (id int primary key, a int not null check (a <> 9), s text); " + FILL)
    loaded = lab.load(
        {"id": [*range(N - 1), 5], "a": [None] * N, "s": [None] * 3 + ["drop"] + [None] * (N - 4)}
    )
    assert loaded.rejects == {
        4: ("trigger_skipped", None, None),
        10: ("check_violation", "23514", "t_a_check"),
        N: ("unique_violation", "23505", "t_pkey"),
    }
    assert lab.rows("count(*), sum(a - id)") == [(N - 3, 0)]


def test_trigger_and_many_suspects(lab, fallback) -> None:
    """Suspects are found by queries and tried apart from the rest, so that hundreds of them are no matter."""
    lab.conn.execute("create table p (id int primary key); insert into p select generate_series(0, 999)")
    lab.conn.execute("create table t (id int references p, a int not null, s text); " + FILL)
    ids = [number if number % 10 else -number - 1 for number in range(1000)]
    loaded = lab.load({"id": ids, "a": [1] * 1000, "s": [None] * 1000})
    assert len(loaded.rejects) == 100
    assert {code for _, code, _ in loaded.rejects.values()} == {"23503"}
    assert lab.rows("id") == [(number,) for number in range(1000) if number % 10]
    assert fallback == []


def test_given_identity_is_written_either_way(lab) -> None:
    """COPY writes given values of GENERATED ALWAYS columns; so does INSERT."""
    lab.conn.execute("create table t (id int generated always as identity primary key, a int)")
    lab.load({"id": range(100, 120), "a": [1] * 20})
    lab.load({"id": range(200, 220), "a": [1] * 20}, options=WriteOptions(on_conflict="update"))
    assert [row[0] for row in lab.rows("id")] == [*range(100, 120), *range(200, 220)]


@pytest.mark.parametrize(
    "options", [WriteOptions(on_conflict="update"), WriteOptions(mode="upsert", key=("id",))]
)
def test_1600_columns_are_changed(lab, options) -> None:
    """No column of heal's own stands beside them where rows are staged."""
    names = [f"c{at}" for at in range(1599)]
    lab.conn.execute(f"create table t (id int primary key, {', '.join(f'{name} int' for name in names)})")
    lab.conn.execute("insert into t values (3, 1)")
    loaded = lab.load({"id": range(11), **dict.fromkeys(names, [6] * 11)}, options=options)
    assert loaded.totals.loaded == 11
    assert lab.rows("count(*), sum(c0)") == [(11, 66)]
